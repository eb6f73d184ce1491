"""Adding items, starting transactions and telling their results, through HTTP."""

from typing import Any

import pytest

from concertmaster.domain import clock
from concertmaster.entities import Robot, RobotType
from stand_in import Client, StandIn, Start

ADD = "/odata/Queues/UiPathODataSvc.AddQueueItem"
BULK = "/odata/Queues/UiPathODataSvc.BulkAddQueueItems"
START = "/odata/Queues/UiPathODataSvc.StartTransaction"


def queue(client: Client, name: str, **members: object) -> int:
    made = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name, **members})
    return int(made["Id"])


@pytest.fixture(scope="module")
def client(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    queue(client, "Docs", AcceptAutomaticallyRetry=True, MaxNumberOfRetries=1)
    queue(client, "Unique", EnforceUniqueReference=True)
    return client


def test_an_item_is_added(client: Client) -> None:
    data = {
        "Priority": "High", "DueDate": "2018-03-25T13:42:27.654Z", "Name": "dOCS",
        "DeferDate": "2018-03-21T15:42:27.654+02:00", "Reference": "r1",
        "SpecificContent": {"Email": "o@x", "Name": "O'Brian", "Name@odata.type": "#String"},
    }  # fmt: skip
    item = client.ok("POST", ADD, 201, json={"itemData": data})
    assert item["@odata.context"].endswith("$metadata#QueueItems/$entity")
    assert item["SpecificContent"] == {"Email": "o@x", "Name": "O'Brian"}
    assert item["SpecificData"] == '{"DynamicProperties":{"Email":"o@x","Name":"O\'Brian"}}'
    assert item["DeferDate"] == "2018-03-21T13:42:27.654Z"
    assert (item["Status"], item["Priority"], item["Output"]) == ("New", "High", None)
    assert client.ok("GET", f"/odata/QueueItems({item['Id']})") | {"@odata.context": ""} == item | {
        "@odata.context": ""
    }


@pytest.mark.parametrize(
    ("data", "status", "number"),
    [
        ({"Name": "none"}, 404, 1002),
        ({}, 400, 1009),
        ({"Name": "Docs", "SpecificContent": {"a": {"b": 1}}}, 400, 1009),
        ({"Name": "Docs", "SpecificContent": {"a": [1]}}, 400, 1009),
        ({"Name": "Docs", "SpecificContent": "text"}, 400, 1009),
        ({"Name": "Docs", "Priority": "Highest"}, 400, 1009),
        ({"Name": "Docs", "DueDate": "tomorrow"}, 400, 1009),
        ({"Name": "Docs", "Reference": "x" * 129}, 400, 1009),
        ({"Name": "Docs", "Progress": "x" * 104_858}, 400, 0),
        ({"Name": "Unique"}, 409, 0),
    ],
)
def test_what_cannot_be_added(client: Client, data: Any, status: int, number: int) -> None:
    assert client.ok("POST", ADD, status, json={"itemData": data})["errorCode"] == number


def test_a_reference_is_taken_once(client: Client) -> None:
    body = {"itemData": {"Name": "Unique", "Reference": "only"}}
    client.ok("POST", ADD, 201, json=body)
    refused = client.ok("POST", ADD, 409, json=body)
    assert refused["errorCode"] == 1016
    assert refused["message"] == "Error creating Transaction. Duplicate Reference."


def test_a_batch(client: Client) -> None:
    items = [{"Name": "x", "SpecificContent": {"a": n}, "Reference": f"b{n}"} for n in range(3)]
    body = {"queueName": "unique", "commitType": "AllOrNothing", "queueItems": items}
    done = client.ok("POST", BULK, json=body)
    assert done.pop("@odata.context").endswith(
        "#UiPath.Application.Dto.BulkOperationResponseDto_1OfFailedQueueItemDto"
    )
    assert done == {"Success": True, "Message": None, "FailedItems": []}


def test_a_batch_without_references_names_the_first_as_the_guide_does(client: Client) -> None:
    items = [{"Priority": "High"} for _ in range(3)]
    body = {"queueName": "Unique", "commitType": "AllOrNothing", "queueItems": items}
    done = client.ok("POST", BULK, json=body)
    assert (done["Success"], done["Message"]) == (False, "Some items have not been inserted.")
    assert done["FailedItems"] == [
        {
            "Ordinal": 1,
            "ErrorCode": "TransactionReferenceRequired",
            "ErrorMessage": "Error creating Transaction. Reference is required for Unique "
            "Reference Queues.",
        }
    ]
    every = client.ok("POST", BULK, json={"queueName": "Unique", "queueItems": items})
    assert [one["Ordinal"] for one in every["FailedItems"]] == [1, 2, 3]


def test_a_batch_for_no_queue(client: Client) -> None:
    body = {"queueName": "none", "commitType": "AllOrNothing", "queueItems": []}
    assert client.ok("POST", BULK, 404, json=body)["message"] == "none does not exist."
    client.ok("POST", BULK, 400, json={**body, "queueName": "Docs", "commitType": "Perhaps"})


def test_a_transaction_by_key_as_the_python_sdk_does_it(client: Client) -> None:
    queue(client, "Sdk")
    client.ok("POST", ADD, 201, json={"itemData": {"Name": "Sdk"}})
    start = {"transactionData": {"Name": "Sdk", "RobotIdentifier": clock.new_guid()}}
    item = client.ok("POST", START, json=start)
    assert item["Status"] == "InProgress"
    key = item["Key"]
    progress = f"/odata/QueueItems({key})/UiPathODataSvc.SetTransactionProgress"
    assert client.ok("POST", progress, json={"progress": "50%"}) == {}
    result = {"transactionResult": {"IsSuccessful": True, "Output": {"x": 1}}}
    path = f"/odata/Queues({key})/UiPathODataSvc.SetTransactionResult"
    assert client.ok("POST", path, json=result) == {}
    after = client.ok("GET", f"/odata/QueueItems({item['Id']})")
    assert (after["Status"], after["Output"], after["Progress"]) == ("Successful", {"x": 1}, "50%")
    assert client.ok("POST", path, 409, json=result)["errorCode"] == 0
    client.ok("POST", progress, 409, json={"progress": "60%"})
    empty = client.post(START, json=start)
    assert (empty.status_code, empty.content) == (204, b"")


def test_a_failure_is_told_with_its_reason(client: Client) -> None:
    start = {"transactionData": {"Name": "Docs", "SpecificContent": {"a": 1}, "Reference": "f"}}
    item = client.ok("POST", START, json=start)
    exception = {"Reason": "broken", "Type": "ApplicationException"}
    client.ok(
        "POST",
        f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult",
        json={"transactionResult": {"isSuccessful": False, "processingException": exception}},
    )
    tries = client.rows("/odata/QueueItems?$filter=Reference eq 'f'&$orderby=Id")
    assert [one["Status"] for one in tries] == ["Retried", "New"]
    assert tries[0]["ProcessingException"]["Reason"] == "broken"
    assert tries[0]["ProcessingExceptionType"] == "ApplicationException"
    assert tries[1]["AncestorId"] == item["Id"]


def test_items_tell_which_jobs_made_and_took_them(client: Client) -> None:
    queue(client, "Jobs")
    maker, taker = clock.new_guid(), clock.new_guid()
    body = {"itemData": {"Name": "Jobs"}}
    made = client.ok("POST", ADD, 201, json=body, headers={"x-uipath-jobkey": maker.upper()})
    assert (made["CreatorJobKey"], made["ExecutorJobKey"]) == (maker, None)
    start, by = {"transactionData": {"Name": "Jobs"}}, {"x-uipath-jobkey": taker}
    taken = client.ok("POST", START, json=start, headers=by)
    assert (taken["CreatorJobKey"], taken["ExecutorJobKey"]) == (maker, taker)
    plain = client.ok("POST", ADD, 201, json=body, headers={"x-uipath-jobkey": "none"})
    assert plain["CreatorJobKey"] is None


@pytest.mark.parametrize("key", ["0", "99999999999", "00000000-0000-0000-0000-000000000000"])
def test_results_of_nothing(client: Client, key: str) -> None:
    path = f"/odata/Queues({key})/UiPathODataSvc.SetTransactionResult"
    missing = client.ok("POST", path, 404, json={"transactionResult": {"IsSuccessful": True}})
    assert missing["message"] == "QueueItem does not exist."


@pytest.mark.parametrize("key", ["abc", "99999999999999999999", "''"])
def test_keys_that_are_none(client: Client, key: str) -> None:
    path = f"/odata/Queues({key})/UiPathODataSvc.SetTransactionResult"
    client.ok("POST", path, 400, json={"transactionResult": {"IsSuccessful": True}})


def test_robots_only(start_stand_in: Start) -> None:
    stand_in = start_stand_in("empty", transactions_by_robots_only=True)
    user, key = stand_in.client(folder="Shared"), clock.new_guid()
    with stand_in.tenant.session() as session:
        robot = Robot(name="r", type=RobotType.Unattended, robot_key=key, organization_unit_id=1)
        session.add(robot)
        session.commit()
    queue(user, "Docs")
    user.ok("POST", ADD, 201, json={"itemData": {"Name": "Docs"}})
    user.ok("POST", ADD, 201, json={"itemData": {"Name": "Docs"}})
    start = {"transactionData": {"Name": "Docs"}}
    assert user.post(START, json=start).status_code == 204
    named = {"transactionData": {"Name": "Docs", "RobotIdentifier": key}}
    assert user.ok("POST", START, json=named)["RobotId"] == robot.id
    robots_own = Client(stand_in, {"authorization": f"UiRobot {key}"})
    assert robots_own.ok("POST", START, json=start)["RobotId"] == robot.id
