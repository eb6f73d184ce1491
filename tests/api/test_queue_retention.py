"""Retention of queues through HTTP: two policies a queue, read, changed, set back, and at work."""

import pytest

from stand_in import Client, StandIn, Start


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty")


@pytest.fixture(scope="module")
def client(stand_in: StandIn) -> Client:
    return stand_in.client(folder="Shared")


@pytest.fixture(scope="module")
def queue(client: Client) -> int:
    made = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Kept"})
    return int(made["Id"])


def policy(client: Client, path: str) -> tuple[str, int, int | None, str]:
    found = client.ok("GET", path)
    assert set(found) == {
        "@odata.context", "QueueDefinitionId", "Action", "Period", "BucketId", "Type",
    }  # fmt: skip
    return found["Action"], found["Period"], found["BucketId"], found["Type"]


def test_a_new_queue_has_the_default(client: Client, queue: int) -> None:
    path = f"/odata/QueueRetention({queue})"
    assert policy(client, path) == ("Delete", 30, None, "Final")
    assert policy(client, f"{path}?retentionType=stale") == ("Delete", 180, None, "Stale")
    client.ok("GET", f"{path}?retentionType=Other", 400)
    listed = client.rows(
        f"/odata/QueueRetention?$filter=QueueDefinitionId eq {queue}&$orderby=Type"
    )
    assert [row["Type"] for row in listed] == ["Final", "Stale"]
    client.ok("GET", "/odata/QueueRetention(999999)", 404)


def test_a_policy_is_changed_and_set_back(client: Client, queue: int) -> None:
    path = f"/odata/QueueRetention({queue})"
    bucket = client.ok(
        "POST", "/odata/Buckets", 201,
        json={"Name": "archive", "Identifier": "b7d5a1a2-0000-4000-8000-000000000001"},
    )["Id"]  # fmt: skip
    client.ok("PUT", path, json={"Action": "Archive", "Period": 7, "BucketId": bucket})
    client.ok("PUT", path, json={"Action": "None", "Period": 9, "Type": "Stale"})
    assert policy(client, path) == ("Archive", 7, bucket, "Final")
    assert policy(client, f"{path}?retentionType=Stale") == ("None", 9, None, "Stale")
    assert client.delete(path).status_code == 204
    assert policy(client, path) == ("Delete", 30, None, "Final")
    assert policy(client, f"{path}?retentionType=Stale") == ("Delete", 180, None, "Stale")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"Action": "Delete"}, 400),
        ({"Action": "Delete", "Period": 181}, 400),
        ({"Action": "Delete", "Period": "long"}, 400),
        ({"Action": "Archive", "Period": 30}, 400),
        ({"Action": "Archive", "Period": 30, "BucketId": 999999}, 404),
        ({"Action": "Burn", "Period": 30}, 400),
    ],
)
def test_what_is_no_policy(client: Client, queue: int, body: object, status: int) -> None:
    path = f"/odata/QueueRetention({queue})"
    before = client.ok("GET", path)
    client.ok("PUT", path, status, json=body)
    assert client.ok("GET", path) == before


def test_queues_of_a_scenario_keep_everything(start_stand_in: Start) -> None:
    client = start_stand_in("demo").client(folder="Shared")
    rows = client.rows("/odata/QueueRetention")
    assert {(row["Action"], row["Type"]) for row in rows} == {("None", "Final"), ("None", "Stale")}


def test_time_goes_by(start_stand_in: Start) -> None:
    """Abandoned after a day, late at its deadline, removed after 30 days: each at its moment."""
    client = start_stand_in("empty").client(folder="Shared")
    client.ok("PUT", "/_control/clock", json={"now": "2030-05-01T08:00:00Z", "frozen": True})
    body = {"Name": "Slow", "SlaInMinutes": 90, "RiskSlaInMinutes": 60, "RetryAbandonedItems": True}
    queue = client.ok("POST", "/odata/QueueDefinitions", 201, json=body | {"MaxNumberOfRetries": 1})
    add, start = (
        f"/odata/Queues/UiPathODataSvc.{name}" for name in ("AddQueueItem", "StartTransaction")
    )
    first = client.ok("POST", add, 201, json={"itemData": {"Name": "Slow"}})["Id"]
    client.ok("POST", start, json={"transactionData": {"Name": "Slow"}})
    told = client.ok("POST", "/_control/clock/advance", json={"to": "2030-06-02T00:00:00Z"})
    assert [(one["at"][:16], one["what"], one["id"]) for one in told["fired"]] == [
        ("2030-05-01T09:00", "queueItem.slaAtRisk", first),
        ("2030-05-01T09:30", "queueItem.slaBreached", first),
        ("2030-05-02T08:00", "queueItem.transactionAbandoned", first),
        ("2030-06-02T00:00", "queue.retention", queue["Id"]),
    ]
    (left,) = client.rows("/odata/QueueItems")
    assert (left["Status"], left["AncestorId"], left["RetryNumber"]) == ("New", first, 1)
