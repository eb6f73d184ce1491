"""What can be asked of a queue by its name: add items, start a transaction, say how it went."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from concertmaster.domain import clock, transactions
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidArgument, InvalidRequest
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import (
    CommitType,
    NewItem,
    Refused,
    add_item,
    add_items,
    find_queue,
)
from concertmaster.domain.transactions import Failure, ReferenceFilter, Result
from concertmaster.entities import ProcessingExceptionType, QueueItem, QueueItemPriority
from concertmaster.odata.inserting import new_entity
from concertmaster.odata.operations import Nothing, Payload, action
from concertmaster.odata.service import Complex

FAILED_ITEMS = "UiPath.Application.Dto.BulkOperationResponseDto_1OfFailedQueueItemDto"

#: ISO 8601 with any offset, as it is kept.
When = Annotated[str, AfterValidator(clock.parse)]
OperationId = Annotated[str, Field(max_length=128)]


class QueueItemData(Payload):
    """An item to be added (QueueItemDataDto)."""

    name: str | None = None
    priority: QueueItemPriority | None = None
    specific_content: dict[str, Any] | None = None
    defer_date: When | None = None
    due_date: When | None = None
    risk_sla_date: When | None = None
    reference: str | None = None
    progress: str | None = None
    source: Annotated[str, Field(max_length=20)] | None = None
    parent_operation_id: OperationId | None = None

    def item(self, job_key: str | None) -> NewItem:
        return NewItem(
            creator_job_key=job_key,
            content=self.specific_content,
            priority=QueueItemPriority.Normal if self.priority is None else self.priority,
            reference=self.reference,
            defer_date=self.defer_date,
            due_date=self.due_date,
            risk_sla_date=self.risk_sla_date,
            progress=self.progress,
            parent_operation_id=self.parent_operation_id,
        )


class TransactionData(Payload):
    """Which item to start (TransactionDataDto); with content, one that is added first."""

    name: str | None = None
    robot_identifier: str | None = None
    specific_content: dict[str, Any] | None = None
    defer_date: When | None = None
    due_date: When | None = None
    reference: str | None = None
    reference_filter_option: ReferenceFilter | None = None
    parent_operation_id: OperationId | None = None

    def item(self, job_key: str | None) -> NewItem:
        return NewItem(
            creator_job_key=job_key,
            content=self.specific_content,
            reference=self.reference,
            defer_date=self.defer_date,
            due_date=self.due_date,
            parent_operation_id=self.parent_operation_id,
        )


class ProcessingException(Payload):
    """Why an item failed (ProcessingExceptionDto)."""

    reason: str | None = None
    details: str | None = None
    type: ProcessingExceptionType | None = None
    associated_image_file_path: str | None = None

    def failure(self) -> Failure:
        kind = ProcessingExceptionType.ApplicationException if self.type is None else self.type
        return Failure(self.reason, self.details, kind, self.associated_image_file_path)


class TransactionResult(Payload):
    """How a transaction went (TransactionResultDto)."""

    is_successful: bool | None = None
    processing_exception: ProcessingException | None = None
    defer_date: When | None = None
    due_date: When | None = None
    output: dict[str, Any] | None = None
    analytics: dict[str, Any] | None = None
    progress: str | None = None
    operation_id: OperationId | None = None

    def result(self) -> Result:
        exception = self.processing_exception
        return Result(
            successful=bool(self.is_successful),
            failure=exception.failure() if exception else None,
            output=self.output,
            analytics=self.analytics,
            progress=self.progress,
            defer_date=self.defer_date,
            due_date=self.due_date,
            operation_id=self.operation_id,
        )


@action(
    "Queues", "UiPathODataSvc.AddQueueItem", status=201, scope="OR.Queues", folder="required",
    permission="Queues.View and Transactions.Create",
)  # fmt: skip
def add_queue_item(call: Call, item_data: QueueItemData) -> QueueItem:
    """Add an item to a queue of the folder."""
    queue = find_queue(call.session, call.folder, _named(item_data.name))
    by = Actor.of(call.caller)
    added = add_item(call.session, queue, item_data.item(call.job_key), by=by, now=call.now)
    return new_entity(QueueItem, {"id": added})  # by which it is answered


@action(
    "Queues", "UiPathODataSvc.BulkAddQueueItems", scope="OR.Queues", folder="required",
    permission="Queues.View and Transactions.Create",
)  # fmt: skip
def bulk_add_queue_items(
    call: Call,
    queue_name: str,
    commit_type: CommitType = CommitType.ProcessAllIndependently,
    queue_items: list[QueueItemData] | None = None,
) -> Complex:
    """Add many items; the answer lists those that could not be added."""
    queue = find_queue(call.session, call.folder, _named(queue_name))
    items = [data.item(call.job_key) for data in queue_items or ()]
    by = Actor.of(call.caller)
    added = add_items(call.session, queue, items, commit_type, by=by, now=call.now)
    members = {
        "Success": not added.refused,
        "Message": "Some items have not been inserted." if added.refused else None,
        "FailedItems": [_failed_item(refused) for refused in added.refused],
    }
    return Complex(FAILED_ITEMS, members)


@action(
    "Queues", "UiPathODataSvc.StartTransaction", scope="OR.Queues", folder="required",
    permission="Queues.View and Transactions.View and Transactions.Create and Transactions.Edit",
)  # fmt: skip
def start_transaction(call: Call, transaction_data: TransactionData) -> QueueItem | None:
    """Take the next item of a queue, or add one and take it; 204 when there is none."""
    queue = find_queue(call.session, call.folder, _named(transaction_data.name))
    robot_id = _robot_of(call, transaction_data.robot_identifier)
    if robot_id is None and call.settings.transactions_by_robots_only:
        return None
    by = Actor.of(call.caller)
    if transaction_data.specific_content is not None:
        new = transaction_data.item(call.job_key)
        return transactions.start_new(
            call.session, queue, new, robot_id=robot_id, by=by, now=call.now
        )
    return transactions.take(
        call.session, queue.id, robot_id=robot_id, by=by, now=call.now, job_key=call.job_key,
        reference=transaction_data.reference,
        match=transaction_data.reference_filter_option or ReferenceFilter.Equals,
    )  # fmt: skip


@action(
    "Queues", "UiPathODataSvc.SetTransactionResult", key=True, scope="OR.Queues",
    folder="required", permission="Queues.View and Transactions.Edit",
)  # fmt: skip
def set_transaction_result(call: Call, key: str, transaction_result: TransactionResult) -> Nothing:
    """Say how a transaction went; the key is the item's id, or the GUID that its tries share."""
    item = transactions.find_item(call.session, call.folder, _item_key(key))
    by = Actor.of(call.caller)
    transactions.complete(call.session, item, transaction_result.result(), by=by, now=call.now)
    return Nothing()


def _named(name: str | None) -> str:
    if not name or not name.strip():
        raise InvalidArgument("The Name field is required.")
    return name


def _robot_of(call: Call, identifier: str | None) -> int | None:
    """Who works on the item: the robot that calls, or the one that the call is made for."""
    named = transactions.find_robot(call.session, identifier) if identifier else None
    return call.caller.robot_id if named is None else named


def _item_key(text: str) -> int | str:
    """`5`, `Id=5`, or a GUID: official clients send the item's key where the id belongs."""
    value = text.partition("=")[2] if "=" in text else text
    value = value.strip().strip("'")
    if value.isascii() and value.isdecimal() and int(value) < 2**63:
        return int(value)
    if len(value) == 36 and value.count("-") == 4:
        return value.lower()
    raise InvalidRequest(f"The key value '{text[:100]}' is not valid for a queue item.")


def _failed_item(refused: Refused) -> dict[str, Any]:
    return {
        "Ordinal": refused.ordinal,
        "ErrorCode": refused.error.code,
        "ErrorMessage": refused.error.message,
    }
