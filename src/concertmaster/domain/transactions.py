"""The life of a queue item: taken by one, worked on, ended, and perhaps tried again.

New ──→ InProgress ──→ Successful
 ↑          │  ├─────→ Failed
 ├─postpone─┘  ├─────→ Retried   (and a new item, New, takes its place)
 │             └─────→ Abandoned
Deleted ←── from everywhere but itself
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, deadlines, queue_figures
from concertmaster.domain.errors import (
    ExceptionSizeExceeded,
    FinalTransaction,
    ItemNotFound,
    OrchestratorError,
    ProgressNotInProgress,
    SchemaViolation,
    TransactionNotStarted,
)
from concertmaster.domain.queue_content import as_data, check_progress, structured
from concertmaster.domain.queue_history import ITEMS, Actor, change_items, insert_items, known
from concertmaster.domain.queue_schemas import check
from concertmaster.domain.queues import NewItem, add_item, items_in
from concertmaster.entities import (
    ProcessingExceptionType,
    QueueDefinition,
    QueueItem,
    QueueItemEventAction,
    QueueItemReviewStatus,
    QueueItemStatus,
    Robot,
)
from concertmaster.entities.queue_items import folded

EXCEPTION_LENGTH = 102_400

#: What a result brings: its name on the wire → the attribute of the item.
PARTS: Mapping[str, str] = {"Output": "output", "Analytics": "analytics"}

_CANDIDATE = ITEMS.alias("candidate")

#: What waits in a queue.
_WAITING = (
    _CANDIDATE.c.queue_definition_id == sa.bindparam("queue_id"),
    _CANDIDATE.c.status == QueueItemStatus.New,
    sa.or_(_CANDIDATE.c.defer_date.is_(None), _CANDIDATE.c.defer_date <= sa.bindparam("at")),
)

#: Who is next: items with a due date first, most urgent first; then the others, oldest first.
#: Two looks, so that each walks an index to its first row and stops.
_TURNS: tuple[sa.Select[int], ...] = (
    sa.select(_CANDIDATE.c.id)
    .where(*_WAITING, _CANDIDATE.c.due_date.is_not(None))
    .order_by(_CANDIDATE.c.priority, _CANDIDATE.c.due_date, _CANDIDATE.c.id),
    sa.select(_CANDIDATE.c.id)
    .where(*_WAITING, _CANDIDATE.c.due_date.is_(None))
    .order_by(_CANDIDATE.c.priority, _CANDIDATE.c.id),
)


def _first(turn: sa.Select[int]) -> sa.ColumnElement[bool]:
    """The condition that an item is the first of a turn, and that nobody else is taking it."""
    chosen = turn.limit(1).with_for_update(skip_locked=True).scalar_subquery()
    return ITEMS.c.id == chosen


_FIRST = tuple(_first(turn) for turn in _TURNS)
_IS_NEW = ITEMS.c.status == QueueItemStatus.New
_IS_IN_PROGRESS = ITEMS.c.status == QueueItemStatus.InProgress
_IS_IT = ITEMS.c.id == sa.bindparam("item_id")

#: What a new try takes over from the one before.
_INHERITED = (
    "queue_definition_id", "organization_unit_id", "organization_unit_fully_qualified_name",
    "encrypted", "key", "reference", "priority", "risk_sla_date", "specific_content",
    "specific_data", "creator_job_key", "parent_operation_id", "retry_number",
    "manual_retry_number", "seconds_in_previous_attempts",
)  # fmt: skip


class ReferenceFilter(IntEnum):
    """How a reference picks items."""

    Equals = 0
    StartsWith = 1


@dataclass(frozen=True)
class Failure:
    """Why an item failed, as a robot tells it."""

    reason: str | None = None
    details: str | None = None
    type: ProcessingExceptionType = ProcessingExceptionType.ApplicationException
    image_path: str | None = None

    def members(self, now: str) -> dict[str, Any]:
        """As the item shows it, under the names of the wire."""
        return {
            "Reason": self.reason,
            "Details": self.details,
            "Type": self.type.name,
            "AssociatedImageFilePath": self.image_path,
            "CreationTime": clock.short(now),
        }


@dataclass(frozen=True)
class Result:
    """How a transaction went, as a robot tells it."""

    successful: bool = False
    failure: Failure | None = None
    output: Mapping[str, Any] | None = None
    analytics: Mapping[str, Any] | None = None
    progress: str | None = None
    defer_date: str | None = None
    due_date: str | None = None
    operation_id: str | None = None

    @property
    def postpones(self) -> bool:
        """Neither success nor failure, but dates: the item is wanted again later."""
        given = self.defer_date is not None or self.due_date is not None
        return given and not self.successful and self.failure is None

    @cached_property
    def told(self) -> dict[str, Any]:
        """What it says whichever way it went, by attribute of the item; each within its size."""
        told: dict[str, Any] = {}
        for part, attribute in PARTS.items():
            members = structured(part, getattr(self, attribute))
            if members is not None:
                told[attribute] = members
                told[f"{attribute}_data"] = as_data(members)
        if self.progress is not None:
            check_progress(self.progress)
            told["progress"] = self.progress
        return told


# --- starting -----------------------------------------------------------------------------


def find_robot(session: Session, robot_key: str) -> int | None:
    """The robot that a key belongs to."""
    named = sa.select(Robot.id).where(Robot.robot_key == robot_key.strip("{}").lower())
    return session.execute(named).scalar()


def take(
    session: Session,
    queue_id: int,
    *,
    robot_id: int | None,
    by: Actor,
    now: str,
    job_key: str | None = None,
    reference: str | None = None,
    match: ReferenceFilter = ReferenceFilter.Equals,
) -> QueueItem | None:
    """The next item of a queue, in progress from here on, and nobody else's; None if there is none.

    The row is chosen and changed in one statement. On PostgreSQL rows that another is just taking
    are passed over; on SQLite one writer comes after the other.
    """
    firsts = _FIRST
    if reference:
        matches = _matches(reference, match)
        firsts = tuple(_first(turn.where(matches)) for turn in _TURNS)
    for first in firsts:
        taken = _start(session, first, robot_id, job_key, by, now, queue_id=queue_id, at=now)
        if taken is not None:
            return taken
    return None


def start_new(
    session: Session,
    queue: QueueDefinition,
    item: NewItem,
    *,
    robot_id: int | None,
    by: Actor,
    now: str,
) -> QueueItem | None:
    """Add an item and start it at once."""
    added = add_item(session, queue, item, by=by, now=now)
    return _start(session, _IS_IT, robot_id, item.creator_job_key, by, now, item_id=added)


def _start(
    session: Session,
    which: sa.ColumnElement[bool],
    robot_id: int | None,
    job_key: str | None,
    by: Actor,
    now: str,
    **named: Any,
) -> QueueItem | None:
    started = change_items(
        session,
        which,
        _IS_NEW,
        values={
            "status": QueueItemStatus.InProgress,
            "start_processing": now,
            "robot_id": robot_id,
            "executor_job_key": job_key,
        },
        action=QueueItemEventAction.Status,
        by=by,
        now=now,
        **named,
    )
    return known(session, started[0]) if started else None


def _matches(reference: str, match: ReferenceFilter) -> sa.ColumnElement[bool]:
    column, wanted = _CANDIDATE.c.reference_folded, folded(reference)
    if match == ReferenceFilter.StartsWith:
        return column.startswith(wanted, autoescape=True)
    return column == wanted


# --- while it is worked on ----------------------------------------------------------------


def _locked(named: sa.ColumnElement[bool]) -> sa.Select[QueueItem]:
    """The current try of an item, kept from others until the end."""
    return (
        sa.select(QueueItem)
        .where(named, items_in(sa.bindparam("folder_id")))
        .order_by((QueueItem.status == QueueItemStatus.InProgress).desc(), QueueItem.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


_OF_ID = _locked(QueueItem.id == sa.bindparam("named"))
_OF_KEY = _locked(QueueItem.key == sa.bindparam("named"))


def find_item(session: Session, folder_id: int, key: int | str) -> QueueItem:
    """The item of an id, or the current try of an item of that key; locked until the end."""
    locked = _OF_ID if isinstance(key, int) else _OF_KEY
    item = session.scalars(locked, {"named": key, "folder_id": folder_id}).first()
    if item is None:
        raise ItemNotFound(entity="QueueItem")
    return item


def set_progress(
    session: Session, item: QueueItem, progress: str | None, *, by: Actor, now: str
) -> None:
    """Note how far the work on an item has come."""
    check_progress(progress)
    if item.status != QueueItemStatus.InProgress:
        raise ProgressNotInProgress
    _change(session, item, {"progress": progress}, QueueItemEventAction.Edit, by, now)


def complete(session: Session, item: QueueItem, result: Result, *, by: Actor, now: str) -> None:
    """End a transaction: success, failure (and perhaps another try), or later."""
    if item.status != QueueItemStatus.InProgress:
        raise _not_in_progress(item)
    queue = session.get_one(QueueDefinition, item.queue_definition_id)
    if result.postpones:
        _postpone(session, queue, item, result, by, now)
        return
    result = _held_to_schemas(queue, result)
    if result.successful:
        _succeed(session, item, result, by, now)
    else:
        _fail(session, queue, item, result, by, now)


def _held_to_schemas(queue: QueueDefinition, result: Result) -> Result:
    """A success whose output or analytics don't fit the queue's schemas is a business exception."""
    if not result.successful:
        return result
    try:
        for part, attribute in PARTS.items():
            check(queue, part, result.told.get(attribute))
    except SchemaViolation as violation:
        failure = Failure(violation.message, None, ProcessingExceptionType.BusinessException)
        return replace(result, successful=False, failure=failure)
    return result


def _not_in_progress(item: QueueItem) -> OrchestratorError:
    if item.status == QueueItemStatus.New:
        return TransactionNotStarted()
    return FinalTransaction(status=item.status.name)


def _postpone(
    session: Session, queue: QueueDefinition, item: QueueItem, result: Result, by: Actor, now: str
) -> None:
    values: dict[str, Any] = {
        "status": QueueItemStatus.New,
        "start_processing": None,
        "robot_id": None,
        "executor_job_key": None,
        "defer_date": result.defer_date,
    }
    if result.due_date is not None:
        risk, due = item.risk_sla_date, result.due_date
        values["due_date"] = due
        values["next_deadline"] = deadlines.next_deadline(queue, risk, due, after=now)
    _change(session, item, {**result.told, **values}, QueueItemEventAction.Status, by, now)


def _succeed(session: Session, item: QueueItem, result: Result, by: Actor, now: str) -> None:
    values = {
        **result.told,
        "status": QueueItemStatus.Successful,
        "end_processing": now,
        "operation_id": result.operation_id,
    }
    _count(session, item, None, now)
    _change(session, item, values, QueueItemEventAction.Edit, by, now)


def _fail(
    session: Session, queue: QueueDefinition, item: QueueItem, result: Result, by: Actor, now: str
) -> None:
    failure = result.failure or Failure()
    _check_failure(failure)
    again = (
        failure.type == ProcessingExceptionType.ApplicationException
        and queue.accept_automatically_retry
        and item.retry_number < queue.max_number_of_retries
    )
    values = {
        **result.told,
        "status": QueueItemStatus.Retried if again else QueueItemStatus.Failed,
        "end_processing": now,
        "processing_exception_type": failure.type,
        "processing_exception": failure.members(now),
        "seconds_in_previous_attempts": item.seconds_in_previous_attempts
        + int(_seconds(item, now)),
        "operation_id": result.operation_id,
    }
    _count(session, item, failure.type, now, retried=again)
    action = QueueItemEventAction.Retry if again else QueueItemEventAction.Edit
    _change(session, item, values, action, by, now)
    if again:
        session.refresh(item)
        retry_automatically(session, queue, item, by=by, now=now, result=result)


def _check_failure(failure: Failure) -> None:
    for text in (failure.reason, failure.details):
        if text is not None and len(text) > EXCEPTION_LENGTH:
            raise ExceptionSizeExceeded(limit=EXCEPTION_LENGTH)


def _change(
    session: Session,
    item: QueueItem,
    values: Mapping[str, Any],
    action: QueueItemEventAction,
    by: Actor,
    now: str,
) -> None:
    """A step from InProgress; TransactionNotStarted if somebody else was quicker."""
    changed = change_items(
        session, _IS_IT, _IS_IN_PROGRESS, values=values, action=action, by=by, now=now,
        item_id=item.id,
    )  # fmt: skip
    if not changed:
        raise TransactionNotStarted
    session.expire(item)


def _seconds(item: QueueItem, now: str) -> float:
    return max(0.0, clock.between(item.start_processing, now)) if item.start_processing else 0.0


def _count(
    session: Session,
    item: QueueItem,
    failure: ProcessingExceptionType | None,
    now: str,
    *,
    retried: bool = False,
) -> None:
    ended = queue_figures.Ended(
        item.queue_definition_id, item.organization_unit_id, _seconds(item, now), failure, retried
    )
    queue_figures.count(session, ended, now=now)


# --- trying again -------------------------------------------------------------------------


def retry_automatically(
    session: Session,
    queue: QueueDefinition,
    item: QueueItem,
    *,
    by: Actor,
    now: str,
    result: Result | None = None,
) -> int:
    """Put a new item in the place of one that came to nothing; its id."""
    due = (result and result.due_date) or item.due_date
    row = {
        **inherited(queue, item, now, due=due),
        "defer_date": result.defer_date if result else None,
        "retry_number": item.retry_number + 1,
        "ancestor_id": item.id,
        "ancestor_unique_key": item.unique_key,
    }
    (added,) = insert_items(session, [row], by=by, now=now)
    return added


def inherited(
    queue: QueueDefinition, item: QueueItem, now: str, *, due: str | None
) -> dict[str, Any]:
    """A new item like another one, waiting."""
    return {
        **{name: getattr(item, name) for name in _INHERITED},
        "creation_time": now,
        "due_date": due,
        "next_deadline": deadlines.next_deadline(queue, item.risk_sla_date, due, after=now),
        "unique_key": clock.new_guid(),
        "status": QueueItemStatus.New,
        "review_status": QueueItemReviewStatus["None"],
    }
