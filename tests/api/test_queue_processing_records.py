"""How queues stand and how their last hours went, through HTTP."""

from typing import Any

import pytest

from stand_in import Client, Start

STATUS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
DAYS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveLastDaysProcessingRecords"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    """Two queues: in the first an item waits, one is in progress and one went wrong."""
    client = start_stand_in("empty").client(folder="Shared")
    for name in ("Docs", "Other"):
        client.ok(
            "POST", "/odata/QueueDefinitions", 201,
            json={"Name": name, "Description": f"about {name}", "MaxNumberOfRetries": 5},
        )  # fmt: skip
    add, start = "/odata/Queues/UiPathODataSvc.AddQueueItem", {"transactionData": {"Name": "Docs"}}
    for _ in range(3):
        client.ok("POST", add, 201, json={"itemData": {"Name": "Docs"}})
    item = client.ok("POST", "/odata/Queues/UiPathODataSvc.StartTransaction", json=start)
    client.ok(
        "POST", f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult",
        json={"transactionResult": {"ProcessingException": {"Type": "BusinessException"}}},
    )  # fmt: skip
    client.ok("POST", "/odata/Queues/UiPathODataSvc.StartTransaction", json=start)
    return client


def test_how_a_queue_stands(client: Client) -> None:
    answer = client.ok("GET", f"{STATUS}?$filter=QueueDefinitionName eq 'docs'")
    assert answer["@odata.context"].endswith(
        "$metadata#Collection(UiPath.Core.Model.Queues.QueueProcessingStatus)"
    )
    assert answer["@odata.count"] == 1
    (status,) = answer["value"]
    expected: dict[str, Any] = {
        "ItemsToProcess": 1, "ItemsInProgress": 1, "BusinessExceptionsNo": 1,
        "ApplicationExceptionsNo": 0, "SuccessfulTransactionsNo": 0,
        "SuccessfulTransactionsProcessingTime": 0, "TotalNumberOfTransactions": 1,
        "QueueDefinitionName": "Docs", "QueueDefinitionMaxNumberOfRetries": 5,
        "QueueDefinitionAcceptAutomaticallyRetry": False, "ReleaseName": None,
    }  # fmt: skip
    assert {name: status[name] for name in expected} == expected
    assert status["ProcessingMeanTime"] == status["BusinessExceptionsProcessingTime"] > 0
    assert status["LastProcessed"]


def test_all_queues_are_told(client: Client) -> None:
    rows = client.rows(f"{STATUS}?$orderby=QueueDefinitionName desc")
    assert [row["QueueDefinitionName"] for row in rows] == ["Other", "Docs"]
    assert rows[0]["TotalNumberOfTransactions"] == 0
    assert rows[0]["LastProcessed"] is None


def test_it_is_filtered_by_name_or_description_only(client: Client) -> None:
    rows = client.rows(f"{STATUS}?$filter=contains(QueueDefinitionDescription,'other')")
    assert len(rows) == 1
    for name in ("QueueDefinitionId", "Id", "ItemsToProcess", "QueueDefinitionKey"):
        refused = client.ok("GET", f"{STATUS}?$filter={name} ne null", 400)
        assert refused["errorCode"] == 1000


def test_the_last_days(client: Client) -> None:
    id_ = client.rows(STATUS)[0]["QueueDefinitionId"]
    (hour,) = client.rows(f"{DAYS}(daysNo=1,queueDefinitionId={id_})")
    assert (hour["ReportType"], hour["NumberOfBusinessExceptions"]) == ("Hour", 1)
    client.ok("GET", f"{DAYS}(daysNo=-1,queueDefinitionId={id_})", 400)
    client.ok("GET", f"{DAYS}(daysNo=999999999,queueDefinitionId={id_})", 400)
