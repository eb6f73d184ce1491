"""The switch `strict`: what nobody declared is refused, where it is ignored by default."""

import pytest

from stand_in import Client, StandIn, Start


@pytest.fixture(scope="module")
def strict(start_stand_in: Start) -> Client:
    stand_in: StandIn = start_stand_in("empty", strict=True)
    return stand_in.client(folder="Shared")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/odata/QueueDefinitions", {"Name": "a", "Colour": "red"}),
        ("GET", "/odata/QueueDefinitions?colour=red", None),
        ("POST", "/odata/Queues/UiPathODataSvc.AddQueueItem", {"itemData": {"Name": "a"}, "x": 1}),
    ],
)
def test_the_unknown(strict: Client, client: Client, method: str, path: str, body: object) -> None:
    answer = strict.request(method, path, json=body)
    assert answer.status_code == 400
    lenient = client.request(method, path, json=body)
    assert lenient.status_code in (200, 201) or lenient.json()["errorCode"] == 1002


def test_annotations_are_no_members(strict: Client) -> None:
    body = {"@odata.type": "#x", "Name": "b", "Name@odata.type": "#String"}
    strict.ok("POST", "/odata/QueueDefinitions", 201, json=body)
