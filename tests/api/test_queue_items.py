"""Queue items through HTTP: reading by queue, review with row versions, deletion, other tries."""

from base64 import b64decode
from typing import Any

import pytest

from stand_in import Client, Start

SVC = "/odata/QueueItems/UiPathODataSvc"
IDS = "#UiPath.Application.Dto.BulkOperationResponseDto_1OfInt64"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    client = start_stand_in("empty").client(folder="Shared")
    client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Docs"})
    return client


def failed(client: Client) -> dict[str, Any]:
    """An item that went wrong."""
    start = {"transactionData": {"Name": "Docs", "SpecificContent": {"a": 1}}}
    item = client.ok("POST", "/odata/Queues/UiPathODataSvc.StartTransaction", json=start)
    client.ok(
        "POST",
        f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult",
        json={"transactionResult": {"IsSuccessful": False}},
    )
    return read(client, item["Id"])


def read(client: Client, id_: int) -> dict[str, Any]:
    found: dict[str, Any] = client.ok("GET", f"/odata/QueueItems({id_})")
    return found


def seen(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Id": item["Id"], "RowVersion": item["RowVersion"]} for item in items]


def test_the_python_sdk_filters_by_the_queues_name(client: Client) -> None:
    item = failed(client)
    rows = client.rows("/odata/QueueItems?$filter=QueueDefinitionName eq 'docs'")
    assert item["Id"] in {row["Id"] for row in rows}


def test_review(client: Client) -> None:
    item = failed(client)
    done = client.ok("POST", f"{SVC}.SetItemReviewer", json={"queueItems": seen(item), "userId": 1})
    assert done.pop("@odata.context").endswith(IDS)
    assert done == {"Success": True, "Message": None, "FailedItems": []}
    stale = client.ok("POST", f"{SVC}.UnsetItemReviewer", json={"queueItems": seen(item)})
    assert (stale["Success"], stale["FailedItems"]) == (False, [item["Id"]])
    now = read(client, item["Id"])
    assert now["ReviewerUserId"] == 1
    assert now["RowVersion"] > item["RowVersion"]
    decided = {"queueItems": seen(now), "status": "Verified"}
    assert client.ok("POST", f"{SVC}.SetItemReviewStatus", json=decided)["Success"]
    query = f"/odata/QueueItems?$filter=ReviewStatus eq 'Verified' and Id eq {item['Id']}&$top=2"
    assert len(client.rows(query)) == 1


def test_items_are_sent_round_again_by_hand(client: Client) -> None:
    old = failed(client)
    body = {"queueItems": seen(old), "status": "Retried"}
    assert client.ok("POST", f"{SVC}.SetItemReviewStatus", json=body)["Success"]
    last = client.ok("GET", f"/odata/QueueItems({old['Id']})/GetItemLastRetry")
    assert (last["Status"], last["ManualAncestorId"]) == ("New", old["Id"])
    by_key = client.ok("GET", f"{SVC}.GetItemLastRetryByKey(key={old['UniqueKey']})")
    assert by_key["Id"] == last["Id"]
    tries = client.rows(f"/odata/QueueItems({last['Id']})/UiPathODataSvc.GetItemProcessingHistory")
    assert {one["Id"] for one in tries} == {old["Id"], last["Id"]}


def test_deleted_items_stay_to_be_seen(client: Client) -> None:
    first, second = failed(client), failed(client)
    assert client.delete(f"/odata/QueueItems({first['Id']})").status_code == 204
    assert read(client, first["Id"])["Status"] == "Deleted"
    done = client.ok("POST", f"{SVC}.DeleteBulk", json={"queueItems": seen(second, first)})
    assert done["FailedItems"] == [first["Id"]]
    assert read(client, second["Id"])["Status"] == "Deleted"


def test_an_item_is_changed(client: Client) -> None:
    item = failed(client)
    path = f"/odata/QueueItems({item['Id']})"
    change = {"Priority": "Low", "SpecificContent": {"b": 2, "b@odata.type": "#Int64"}}
    assert client.ok("PUT", path, json=change) == {}
    after = read(client, item["Id"])
    assert (after["Priority"], after["SpecificContent"]) == ("Low", {"b": 2})
    assert after["SpecificData"] == '{"DynamicProperties":{"b":2}}'
    assert b64decode(after["RowVersion"]) > b64decode(item["RowVersion"])
    client.ok("PUT", path, 400, json={"SpecificContent": {"b": {"c": 1}}})


def test_reviewers(client: Client) -> None:
    path = "/odata/QueueItems/UiPath.Server.Configuration.OData.GetReviewers()"
    assert "admin" in {user["UserName"] for user in client.rows(f"{path}?$filter=Id eq 1")}


@pytest.mark.parametrize(
    "body",
    [
        {"userId": 1},
        {"queueItems": [{"Id": 1}]},
        {"queueItems": [{"Id": 10**30}], "userId": 1},
        {"queueItems": [{"Id": 1, "RowVersion": "not base64"}], "userId": 1},
        {"queueItems": "1", "userId": 1},
        {"queueItems": [{"Id": 1}] * 10_001, "userId": 1},
    ],
)
def test_what_is_no_request(client: Client, body: Any) -> None:
    client.ok("POST", f"{SVC}.SetItemReviewer", 400, json=body)
