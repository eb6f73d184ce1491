"""What can be asked of queue items beyond reading: progress, review, deletion, other tries."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from concertmaster.domain import queue_schemas, review, transactions
from concertmaster.domain.call import Call
from concertmaster.domain.deadlines import next_deadline
from concertmaster.domain.errors import ItemNotFound, OptimisticConcurrency
from concertmaster.domain.queue_content import as_data, check_progress, flat
from concertmaster.domain.queue_history import ITEMS, OPEN, Actor, change_items
from concertmaster.domain.queues import item_in_folder, items_in
from concertmaster.domain.review import Seen
from concertmaster.entities import (
    QueueDefinition,
    QueueItem,
    QueueItemEventAction,
    QueueItemReviewStatus,
    User,
)
from concertmaster.odata.operations import Nothing, Payload, action, function
from concertmaster.odata.service import Complex, Selection, select
from concertmaster.odata.values import read_row_version
from concertmaster.odata.write import Change, hook

SIMPLE_USERS = "Collection(UiPath.Server.Configuration.OData.SimpleUserDto)"
IDS = "UiPath.Application.Dto.BulkOperationResponseDto_1OfInt64"

VIEW = "Queues.View and Transactions.View"
EDIT = "Queues.View and Transactions.Edit"

Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
Version = Annotated[
    int, BeforeValidator(lambda text: text if text is None else read_row_version(str(text)))
]


class VersionedItem(Payload):
    """An item and the version of it that the client has read (LongVersionedEntity)."""

    id: Id
    row_version: Version | None = None

    def seen(self) -> Seen:
        return Seen(self.id, self.row_version)


Items = Annotated[list[VersionedItem], Field(max_length=10_000)]


# --- operations on one item -----------------------------------------------------------------


@action("QueueItems", "UiPathODataSvc.SetTransactionProgress", key=True, permission=EDIT)
def set_transaction_progress(call: Call, key: int | str, progress: str | None = None) -> Nothing:
    """Note how far the work on an item in progress has come."""
    item = transactions.find_item(call.session, call.folder, key)
    by = Actor.of(call.caller)
    transactions.set_progress(call.session, item, progress, by=by, now=call.now)
    return Nothing()


@function("QueueItems", "GetItemLastRetry", key=True, permission=VIEW)
def get_item_last_retry(call: Call, key: int | str) -> QueueItem:
    """The newest try of an item."""
    return _last_try(call, _by_key(call, key).key)


@function("QueueItems", "UiPathODataSvc.GetItemLastRetryByKey", permission=VIEW)
def get_item_last_retry_by_key(call: Call, key: str) -> QueueItem:
    """The newest try of the item that has this unique key."""
    unique = QueueItem.unique_key == key.strip("{}").lower()
    found = call.session.query(QueueItem).filter(unique, items_in(call.folder)).first()
    if found is None:
        raise ItemNotFound(entity="QueueItem")
    return _last_try(call, found.key)


@function("QueueItems", "UiPathODataSvc.GetItemProcessingHistory", key=True, permission=VIEW)
def get_item_processing_history(call: Call, key: int | str) -> Selection:
    """All tries of an item."""
    return select(QueueItem, QueueItem.key == _by_key(call, key).key)


# --- operations on many ---------------------------------------------------------------------


@action("QueueItems", "UiPathODataSvc.SetItemReviewer", permission=EDIT)
def set_item_reviewer(call: Call, queue_items: Items, user_id: Id) -> Complex:
    """Give failed items to a reviewer."""
    seen, by = [item.seen() for item in queue_items], Actor.of(call.caller)
    return _answer(
        review.set_reviewer(call.session, call.folder, seen, user_id, by=by, now=call.now)
    )


@action("QueueItems", "UiPathODataSvc.UnsetItemReviewer", permission=EDIT)
def unset_item_reviewer(call: Call, queue_items: Items) -> Complex:
    """Take items back from their reviewers."""
    seen, by = [item.seen() for item in queue_items], Actor.of(call.caller)
    return _answer(review.set_reviewer(call.session, call.folder, seen, None, by=by, now=call.now))


@action("QueueItems", "UiPathODataSvc.SetItemReviewStatus", permission=EDIT)
def set_item_review_status(
    call: Call, queue_items: Items, status: QueueItemReviewStatus
) -> Complex:
    """Note a decision on failed items; Retried sends them round again."""
    seen, by = [item.seen() for item in queue_items], Actor.of(call.caller)
    return _answer(
        review.set_review_status(call.session, call.folder, seen, status, by=by, now=call.now)
    )


@action(
    "QueueItems", "UiPathODataSvc.DeleteBulk",
    permission="Queues.View and Transactions.Delete",
)  # fmt: skip
def delete_bulk(call: Call, queue_items: Items) -> Complex:
    """Mark items as deleted."""
    seen, by = [item.seen() for item in queue_items], Actor.of(call.caller)
    return _answer(review.delete(call.session, call.folder, seen, by=by, now=call.now))


@function("QueueItems", "GetReviewers", permission=EDIT)
def get_reviewers(call: Call) -> Selection:
    """The people who may review items of the folder."""
    line = call.caller.tree.ancestry(call.folder)
    ids = review.reviewers(call.session, line)
    return select(User, User.id.in_(ids), context=SIMPLE_USERS)


def _answer(failed: list[int]) -> Complex:
    message = "Some items could not be changed: they are not as they were read." if failed else None
    return Complex(IDS, {"Success": not failed, "Message": message, "FailedItems": failed})


def _by_key(call: Call, key: int | str) -> QueueItem:
    if isinstance(key, int):
        return item_in_folder(call.session, call.folder, key)
    return _last_try(call, key)


def _last_try(call: Call, key: str) -> QueueItem:
    tries = call.session.query(QueueItem).filter(QueueItem.key == key, items_in(call.folder))
    found = tries.order_by(QueueItem.id.desc()).first()
    if found is None:
        raise ItemNotFound(entity="QueueItem")
    return found


# --- around the engine's own writes -----------------------------------------------------------


@hook("before_update", QueueItem)
def _before_update(call: Call, item: QueueItem, change: Change) -> None:
    """Hold the item, and keep what an item may hold to its rules."""
    seen = item.row_version
    call.session.refresh(item, with_for_update=True)
    if item.row_version != seen:
        raise OptimisticConcurrency(entity="QueueItem")
    check_progress(change.values.get("progress"))
    if change.values.get("specific_content") is None:
        change.values["specific_content"] = item.specific_content
    content = change.values["specific_content"] = flat(change.values["specific_content"])
    queue = call.session.get_one(QueueDefinition, item.queue_definition_id)
    if content != item.specific_content:
        queue_schemas.check(queue, "SpecificContent", content)
    if item.status in OPEN:
        risk, due = (change.values.get(name) for name in ("risk_sla_date", "due_date"))
        item.next_deadline = next_deadline(queue, risk, due, after=call.now)
    item.specific_data = as_data(content or {})


@hook("after_update", QueueItem)
def _after_update(call: Call, item: QueueItem, change: Change) -> None:
    change_items(
        call.session, ITEMS.c.id == item.id, values={}, action=QueueItemEventAction.Edit,
        by=Actor.of(call.caller), now=call.now,
    )  # fmt: skip
    call.session.expire(item)


@hook("before_delete", QueueItem)
def _before_delete(call: Call, item: QueueItem) -> None:
    """An item that is deleted stays to be seen, with that status."""
    by = Actor.of(call.caller)
    review.delete(call.session, item.organization_unit_id, [Seen(item.id)], by=by, now=call.now)
    call.session.expunge(item)
