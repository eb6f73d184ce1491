"""The history of a queue item through HTTP."""

import pytest

from stand_in import Client, Start

ADD = "/odata/Queues/UiPathODataSvc.AddQueueItem"
HISTORY = "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    client = start_stand_in("empty").client(folder="Shared")
    client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Docs"})
    return client


def test_everything_that_happens_is_told(client: Client) -> None:
    item = client.ok("POST", ADD, 201, json={"itemData": {"Name": "Docs"}})
    client.ok(
        "POST", "/odata/Queues/UiPathODataSvc.StartTransaction",
        json={"transactionData": {"Name": "Docs"}},
    )  # fmt: skip
    client.ok(
        "POST", f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult",
        json={"transactionResult": {"IsSuccessful": False}},
    )  # fmt: skip
    told = client.ok("GET", f"{HISTORY}(queueItemId={item['Id']})?$orderby=Timestamp,Id&$top=10")
    assert told["@odata.context"].endswith("$metadata#QueueItemEvents")
    assert told["@odata.count"] == 3
    assert [(event["Action"], event["Status"]) for event in told["value"]] == [
        ("Create", "New"), ("Status", "InProgress"), ("Edit", "Failed"),
    ]  # fmt: skip
    assert {event["UserName"] for event in told["value"]} == {"admin"}
    assert {event["ReviewStatus"] for event in told["value"]} == {"None"}


def test_nothing_happened_to_an_item_that_is_not(client: Client) -> None:
    assert client.rows(f"{HISTORY}(queueItemId=999999)") == []
    client.ok("GET", f"{HISTORY}(queueItemId=x)", 400)
    client.ok("GET", f"{HISTORY}(queueItemId={10**25})", 400)
