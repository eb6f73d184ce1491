"""The requests of the API guide's page on transactions, answered as it shows."""

from typing import Any

import pytest

from guide_examples import CLOUD, QUEUES, SERVER, agrees, collection
from stand_in import Client

ODATA = f"{CLOUD}/odata"
ITEMS = f"{ODATA}/QueueItems"


def item(
    item_id: int, key: str, version: str, created: str, started: str, ended: str | None, text: str
) -> dict[str, Any]:
    """An item as the page shows it: failed if it has ended, else in progress."""
    failed = ended is not None
    return {
        "QueueDefinitionId": 188,
        "OutputData": None,
        "Status": "Failed" if failed else "InProgress",
        "ReviewStatus": "InReview" if failed else "None",
        "ReviewerUserId": 583 if failed else None,
        "Key": key,
        "Reference": "ActivityDescription",
        "ProcessingExceptionType": "BusinessException" if failed else None,
        "DueDate": None,
        "Priority": "High",
        "DeferDate": None,
        "StartProcessing": started,
        "EndProcessing": ended,
        "SecondsInPreviousAttempts": 2 if failed else 0,
        "AncestorId": None,
        "RetryNumber": 0,
        "SpecificData": f'{{"DynamicProperties":{{"Description":"{text}"}}}}',
        "CreationTime": created,
        "Progress": None,
        "RowVersion": version,
        "Id": item_id,
        "ProcessingException": {
            "Reason": "authentication",
            "Details": None,
            "Type": "BusinessException",
            "AssociatedImageFilePath": None,
            "CreationTime": ended,
        }
        if failed
        else None,
        "SpecificContent": {"Description": text},
        "Output": None,
    }


def test_the_history_of_an_item(reader: Client) -> None:
    history = f"{SERVER}.GetQueueItemEventsHistory(queueItemId=1050203)"
    path = f"{ODATA}/QueueItemEvents/{history}?$orderby=Timestamp&$top=10"
    rows = [
        {
            "QueueItemId": 1050203,
            "Timestamp": time,
            "Action": action,
            "Data": None,
            "UserId": user,
            "UserName": {910: "DocBot", 583: "admin"}[user],
            "Status": status,
            "ReviewStatus": "None",
            "ReviewerUserId": reviewer,
            "ReviewerUserName": "admin" if reviewer else None,
            "Id": event,
        }
        for event, time, action, status, user, reviewer in (
            (18276, "2018-03-07T16:02:59.09Z", "Create", "New", 910, None),
            (20333, "2018-03-07T18:15:04.46Z", "Status", "InProgress", 910, None),
            (20334, "2018-03-07T18:15:05.07Z", "Edit", "InProgress", 910, None),
            (20335, "2018-03-07T18:15:05.507Z", "Edit", "Failed", 910, None),
            (21240, "2018-03-08T10:47:40.463Z", "Edit", "Failed", 583, 583),
        )
    ]
    assert collection(reader.ok("GET", path), context="QueueItemEvents", count=5, rows=rows)


def test_how_a_queue_stands(reader: Client) -> None:
    call = f"QueueProcessingRecords/{QUEUES}.RetrieveQueuesProcessingStatus"
    answer = reader.ok("GET", f"{ODATA}/{call}?$filter=QueueDefinitionName eq 'DocQueue'")
    documented = {
        "ItemsToProcess": 682,
        "ItemsInProgress": 0,
        "QueueDefinitionId": 188,
        "QueueDefinitionName": "DocQueue",
        "QueueDefinitionDescription": None,
        "QueueDefinitionAcceptAutomaticallyRetry": True,
        "QueueDefinitionMaxNumberOfRetries": 5,
        "QueueDefinitionEnforceUniqueReference": False,
        "ProcessingMeanTime": pytest.approx(2.15, abs=1e-6),
        "SuccessfulTransactionsNo": 0,
        "ApplicationExceptionsNo": 0,
        "BusinessExceptionsNo": 883,
        "SuccessfulTransactionsProcessingTime": 0,
        "ApplicationExceptionsProcessingTime": 0,
        "BusinessExceptionsProcessingTime": pytest.approx(2.15, abs=1e-6),
        "TotalNumberOfTransactions": 883,
        "LastProcessed": "2018-03-07T18:20:29.3833333Z",
    }
    context = "Collection(UiPath.Core.Model.Queues.QueueProcessingStatus)"
    assert collection(answer, context=context, count=1, rows=[documented])


def test_an_item_gets_a_reviewer(writer: Client) -> None:
    body = {"queueItems": [{"Id": 1050200, "RowVersion": "AAAAAABDIK8="}], "userId": 583}
    answer = writer.ok("POST", f"{ITEMS}/{QUEUES}.SetItemReviewer", json=body)
    context = "#UiPath.Application.Dto.BulkOperationResponseDto_1OfInt64"
    assert answer.pop("@odata.context").endswith(context)
    assert answer == {"Success": True, "Message": None, "FailedItems": []}
    changed = writer.ok("GET", f"{ITEMS}(1050200)")
    assert changed["ReviewerUserId"] == 583
    assert changed["RowVersion"] != "AAAAAABDIK8="


def test_items_in_review(reader: Client) -> None:
    rows = [
        item(
            1050199, "e4760d27-a76d-4469-b7e6-fbda2f732b10", "AAAAAABDFiU=",
            "2018-03-07T16:02:57.547Z", "2018-03-07T18:14:56.633Z", "2018-03-07T18:14:58.723Z",
            "Gets a specified credential by using a provided AssetName, "
            "and returns a username and a secure password.",
        ),
        item(
            1050198, "e90e8067-50fc-407a-9678-eede311f815a", "AAAAAABDFiY=",
            "2018-03-07T16:02:57.287Z", "2018-03-07T18:14:54.85Z", "2018-03-07T18:14:57.103Z",
            "Gets a specified asset by using a provided AssetName. If the asset is not global, "
            "it must be assigned to the local robot in order to be retrieved.",
        ),
    ]  # fmt: skip
    answer = reader.ok("GET", f"{ITEMS}?$filter=ReviewStatus eq 'InReview'&$top=2")
    assert collection(answer, context="QueueItems", count=3, rows=rows)
    assert len(answer["value"]) == 2


def test_items_in_progress_on_a_robot(reader: Client) -> None:
    robot = {
        "LicenseKey": None, "MachineName": "MBOBOC", "Name": "DocBot",
        "Username": "UIPATH\\MADALINA.BOBOC", "Description": None, "Type": "NonProduction",
        # The page shows no environments here; the page on robots shows these.
        "Password": None, "RobotEnvironments": "doc_env,WR_env,Group1", "Id": 749,
        "ExecutionSettings": None,
    }  # fmt: skip
    rows = [
        {**shown, "Robot": robot}
        for shown in (
            item(
                1048065, "1c632cc1-44ab-4624-bace-6fbb5fd1c0cd", "AAAAAABC3aA=",
                "2018-03-05T18:39:16.06Z", "2018-03-07T15:05:05.113Z", None,
                "Checks if Stop was triggered in UiPath Orchestrator.",
            ),
            item(
                1048064, "7dfa834b-8398-476e-bd18-b0fa51d4ddf6", "AAAAAABC3Z8=",
                "2018-03-05T18:39:15.627Z", "2018-03-07T15:05:04.503Z", None,
                "Sets the status of a transaction item to Failed or Successful.",
            ),
        )
    ]  # fmt: skip
    query = "$top=10&$expand=Robot&$filter=Status eq 'InProgress' and Robot/Id eq 749"
    answer = reader.ok("GET", f"{ITEMS}?{query}")
    assert collection(answer, context="QueueItems", count=1752, rows=rows)
    assert len(answer["value"]) == 10


def test_an_item_is_added(writer: Client) -> None:
    data = {
        "Priority": "High",
        "DeferDate": "2018-03-21T13:42:27.654Z",
        "DueDate": "2018-03-25T13:42:27.654Z",
        "Name": "DocQueue",
        "SpecificContent": {"Email": "obrian@uipath.com", "Name": "O'Brian"},
    }
    answer = writer.post(f"{ODATA}/Queues/{QUEUES}.AddQueueItem", {"itemData": data})
    # The page shows 200; the API description has 201, and what is made is answered so.
    assert answer.status_code == 201, answer.text
    documented = {
        "QueueDefinitionId": 188,
        "OutputData": None,
        "Status": "New",
        "ReviewStatus": "None",
        "ReviewerUserId": None,
        "Reference": None,
        "ProcessingExceptionType": None,
        "DueDate": data["DueDate"],
        "Priority": "High",
        "DeferDate": data["DeferDate"],
        "StartProcessing": None,
        "EndProcessing": None,
        "SecondsInPreviousAttempts": 0,
        "AncestorId": None,
        "RetryNumber": 0,
        "SpecificData": '{"DynamicProperties":{"Email":"obrian@uipath.com","Name":"O\'Brian"}}',
        "Progress": None,
        "Id": 1050947,
        "ProcessingException": None,
        "SpecificContent": data["SpecificContent"],
        "Output": None,
    }
    assert agrees(documented, answer.json())


BULK = f"{ODATA}/Queues/{QUEUES}.BulkAddQueueItems"
BULK_CONTEXT = "#UiPath.Application.Dto.BulkOperationResponseDto_1OfFailedQueueItemDto"
NAMES = ("rêvé", "même", "Žao")


def test_items_with_unique_references_are_added(writer: Client) -> None:
    dates = dict.fromkeys(("DeferDate", "DueDate"), "2019-03-14T12:20:13.290Z")
    items = [
        {
            "Priority": "High",
            "SpecificContent": {"Name": name, "Name@odata.type": "#String"},
            **dates,
            "Reference": f"ref{number}",
        }
        for number, name in enumerate(NAMES, 4)
    ]
    body = {"queueName": "DocTest", "commitType": "AllOrNothing", "queueItems": items}
    answer = writer.ok("POST", BULK, json=body)
    assert answer.pop("@odata.context").endswith(BULK_CONTEXT)
    assert answer == {"Success": True, "Message": None, "FailedItems": []}
    query = "$filter=QueueDefinition/Name eq 'DocTest' and Status eq 'New'&$orderby=Id"
    added = [(row["Reference"], row["SpecificContent"]) for row in writer.rows(f"{ITEMS}?{query}")]
    assert added == [(f"ref{n}", {"Name": name}) for n, name in enumerate(NAMES, 4)]


def test_items_without_references_are_refused(writer: Client) -> None:
    # A comma too many after each DueDate: the page has it so.
    content = ['{"Name": "' + name + '", "Name@odata.type": "#String"}' for name in NAMES]
    date = '"2019-03-14T12:20:13.290Z"'
    items = ",".join(
        f'{{"Priority": "High", "SpecificContent": {one},'
        f' "DeferDate": {date}, "DueDate": {date},\n}}'
        for one in content
    )
    body = f'{{"queueName": "DocTest", "commitType": "AllOrNothing", "queueItems": [{items}]}}'
    sent = {"content": body.encode(), "headers": {"content-type": "application/json"}}
    answer = writer.ok("POST", BULK, **sent)
    assert answer["@odata.context"].endswith(BULK_CONTEXT)
    refused = {
        "Ordinal": 1,
        "ErrorCode": "TransactionReferenceRequired",
        "ErrorMessage": "Error creating Transaction. "
        "Reference is required for Unique Reference Queues.",
    }
    message = "Some items have not been inserted."
    assert agrees({"Success": False, "Message": message, "FailedItems": [refused]}, answer)
    assert writer.ok("GET", f"{ITEMS}?$filter=QueueDefinitionId eq 189")["@odata.count"] == 1


def test_the_comments_on_an_item(reader: Client) -> None:
    history = f"{SERVER}.GetQueueItemCommentsHistory(queueItemId=1050204)"
    path = f"{ODATA}/QueueItemComments/{history}?$orderby=CreationTime%20desc"
    rows = [
        {
            "Text": text, "QueueItemId": 1050204, "CreationTime": created, "UserId": user,
            "UserName": name, "Id": comment,
        }
        for comment, text, created, user, name in (
            (321, "fixed. excel hiccup.", "2018-03-08T13:46:48.613Z", 901, "dragomirmir"),
            (320, "needs review asap", "2018-03-08T13:41:49.167Z", 583, "admin"),
        )
    ]  # fmt: skip
    # The page lists the older one first; the request asks for the newer one.
    answer = reader.ok("GET", path)
    assert collection(answer, context="QueueItemComments", count=2, rows=rows)
