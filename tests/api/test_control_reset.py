"""`/_control/reset`: back to the beginning, whatever was done, and whoever is at it."""

import threading
from typing import Any

import pytest

from stand_in import Client, StandIn, Start

RESET = "/_control/reset"


@pytest.fixture
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty")


@pytest.fixture
def admin(stand_in: StandIn) -> Client:
    return stand_in.client(folder="Shared")


def queues(client: Client) -> list[str]:
    return [row["Name"] for row in client.rows("/odata/QueueDefinitions?$orderby=Name")]


def add_queue(client: Client, name: str) -> None:
    client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name})


def test_everything_is_as_in_the_beginning(stand_in: StandIn, admin: Client) -> None:
    add_queue(admin, "Gone")
    bucket = {"Name": "Files", "Identifier": "11111111-1111-1111-1111-111111111111"}
    bucket_id = admin.ok("POST", "/odata/Buckets", 201, json=bucket)["Id"]
    written = admin.ok(
        "GET", f"/odata/Buckets({bucket_id})/UiPath.Server.Configuration.OData.GetWriteUri"
        "?path=a.txt&expiryInMinutes=5",
    )  # fmt: skip
    stand_in.http.put(written["Uri"], content=b"blob")
    before = stand_in.tenant
    assert [path for path in before.blobs.rglob("*") if path.is_file()]
    admin.ok("PUT", "/_control/clock", json={"now": "2001-01-01T00:00:00Z", "frozen": True})

    admin.ok("POST", RESET, 204)

    assert queues(admin) == []
    assert admin.rows("/odata/Buckets") == []
    clock = admin.ok("GET", "/_control/clock")
    assert (clock["frozen"], clock["scale"], clock["now"] > "2020") == (False, 1, True)
    assert not [path for path in stand_in.tenant.blobs.rglob("*") if path.is_file()]
    assert not before.blobs.exists()
    assert stand_in.tenant.key == before.key


def test_tokens_stay_good(stand_in: StandIn, admin: Client) -> None:
    personal = admin.ok("POST", "/_control/tokens", 201, json={"name": "ci"})["token"]
    admin.ok("POST", RESET, 204, json={})
    for token in (personal, stand_in.token()):
        answer = stand_in.http.get("/odata/Folders", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def test_whoever_lost_a_right_has_it_again(stand_in: StandIn, admin: Client) -> None:
    """What is remembered of callers goes with the data that it was made of."""
    user = {"UserName": "guest", "Name": "G", "Surname": "U", "RolesList": []}
    made = admin.ok("POST", "/odata/Users", 201, json=user)
    assert admin.get(f"/odata/Users({made['Id']})").status_code == 200
    admin.ok("POST", RESET, 204)
    assert admin.get(f"/odata/Users({made['Id']})").status_code == 404


def test_another_scenario_and_back(admin: Client) -> None:
    told = {"include": "empty", "QueueDefinitions": [{"Name": "Told", "Folder": "Shared"}]}
    admin.ok("POST", RESET, 204, json={"scenario": told})
    assert queues(admin) == ["Told"]
    admin.ok("POST", RESET, 204, json={"scenario": "demo"})
    assert "Told" not in queues(admin)
    assert queues(admin)
    admin.ok("POST", RESET, 204)
    assert queues(admin) == []


def test_faults_and_the_journal_go_too(admin: Client) -> None:
    admin.ok("POST", "/_control/faults", 201, json={"entitySet": "Assets", "status": 503})
    assert admin.get("/odata/Assets").status_code == 503
    assert admin.ok("GET", "/_control/journal/count")["count"] > 0
    admin.ok("POST", RESET, 204)
    assert admin.ok("GET", "/_control/journal/count?path=/odata/Assets")["count"] == 0
    assert admin.get("/odata/Assets").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"scenario": "nonsense"},
        {"scenario": "/etc/passwd"},
        {"scenario": "include: empty\nQueueDefinitions: [{Nonsense: 1}]"},
        {"scenario": "demo", "snapshot": "x"},
        {"nonsense": 1},
        [],
        "demo",
    ],
)
def test_what_cannot_be_changes_nothing(admin: Client, body: Any) -> None:
    add_queue(admin, "Kept")
    assert admin.post(RESET, body).status_code == 400
    assert queues(admin) == ["Kept"]


def test_it_is_for_administrators(stand_in: StandIn) -> None:
    assert stand_in.http.post(RESET).status_code == 401


def test_requests_under_way_end_well(stand_in: StandIn, admin: Client) -> None:
    """Readers and writers at full speed, resets in between: nobody sees half of anything."""
    wrong: list[str] = []
    stop = threading.Event()

    def work(number: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            made = admin.post("/odata/QueueDefinitions", {"Name": f"q{number}-{count}"})
            read = admin.get("/odata/QueueDefinitions?$orderby=Name")
            wrong.extend(a.text for a in (made, read) if a.status_code not in (200, 201))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        admin.ok("POST", RESET, 204)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    admin.ok("POST", RESET, 204)
    assert queues(admin) == []
    registry = stand_in.registry
    assert len(list((registry.folder / "blobs").iterdir())) == 1


def test_two_at_once(admin: Client) -> None:
    threads = [threading.Thread(target=admin.ok, args=("POST", RESET, 204)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert queues(admin) == []
