"""Comments on queue items through HTTP."""

import pytest

from concertmaster.entities import QueueItemComment
from stand_in import Client, Start

COMMENTS = "/odata/QueueItemComments"
HISTORY = f"{COMMENTS}/UiPath.Server.Configuration.OData.GetQueueItemCommentsHistory"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    client = start_stand_in("empty").client(folder="Shared")
    client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Docs"})
    return client


@pytest.fixture
def item_id(client: Client) -> int:
    add = "/odata/Queues/UiPathODataSvc.AddQueueItem"
    return int(client.ok("POST", add, 201, json={"itemData": {"Name": "Docs"}})["Id"])


def test_a_comment_has_an_author_and_a_time(client: Client, item_id: int) -> None:
    made = client.ok("POST", COMMENTS, 201, json={"Text": "look", "QueueItemId": item_id})
    assert (made["UserName"], made["UserId"]) == ("admin", 1)
    assert made["CreationTime"]
    assert [one["Text"] for one in client.rows(f"{HISTORY}(queueItemId={item_id})")] == ["look"]


def test_its_author_changes_and_deletes_it(client: Client, item_id: int) -> None:
    made = client.ok("POST", COMMENTS, 201, json={"Text": "look", "QueueItemId": item_id})
    path = f"{COMMENTS}({made['Id']})"
    client.ok("PUT", path, json={"Text": "seen"})
    assert client.ok("GET", path)["Text"] == "seen"
    assert client.delete(path).status_code == 204
    assert client.rows(f"{HISTORY}(queueItemId={item_id})") == []


def test_nobody_else_does(client: Client, item_id: int) -> None:
    with client.stand_in.tenant.session() as session:
        comment = QueueItemComment(
            text="mine", queue_item_id=item_id, user_id=77, user_name="ann",
            creation_time="2024-01-01T00:00:00.0000000Z", organization_unit_id=1,
        )  # fmt: skip
        session.add(comment)
        session.commit()
    path = f"{COMMENTS}({comment.id})"
    assert client.ok("PUT", path, 409, json={"Text": "x"})["errorCode"] == 1007
    assert client.ok("DELETE", path, 409)["errorCode"] == 1007


def test_a_comment_needs_an_item_and_a_text(client: Client, item_id: int) -> None:
    missing = client.ok("POST", COMMENTS, 404, json={"Text": "x", "QueueItemId": 999_999})
    assert missing["message"] == "QueueItem does not exist."
    client.ok("POST", COMMENTS, 400, json={"QueueItemId": item_id})
    client.ok("POST", COMMENTS, 400, json={"Text": "x" * 513, "QueueItemId": item_id})
