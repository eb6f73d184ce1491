"""How work gets into a queue: which queue is meant, and which references are free in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, deadlines
from concertmaster.domain.errors import (
    DuplicateReference,
    InvalidArgument,
    ItemNotFound,
    OrchestratorError,
    TransactionReferenceRequired,
)
from concertmaster.domain.queue_content import as_data, check_progress, flat
from concertmaster.domain.queue_history import ITEMS, Actor, insert_items
from concertmaster.domain.queue_schemas import check
from concertmaster.entities import (
    QueueDefinition,
    QueueItem,
    QueueItemPriority,
    QueueItemReviewStatus,
    QueueItemStatus,
    queue_folders,
    queue_references,
)
from concertmaster.entities.queue_items import folded
from concertmaster.odata.declare import same_name

REFERENCE_LENGTH = 128

#: Items that no longer hold on to their reference (QueueDefinition.EnforceUniqueReference).
LET_GO = (QueueItemStatus.Deleted, QueueItemStatus.Retried)

#: How many references one statement asks for.
CHUNK = 500


class CommitType(IntEnum):
    """What becomes of the good items of a batch when one is bad."""

    AllOrNothing = 0
    StopOnFirstFailure = 1
    ProcessAllIndependently = 2


@dataclass(frozen=True)
class NewItem:
    """An item as somebody wants it added."""

    content: Mapping[str, Any] | None = None
    priority: QueueItemPriority = QueueItemPriority.Normal
    reference: str | None = None
    defer_date: str | None = None
    due_date: str | None = None
    risk_sla_date: str | None = None
    progress: str | None = None
    parent_operation_id: str | None = None
    creator_job_key: str | None = None


@dataclass(frozen=True)
class Refused:
    """An item of a batch that was not added; the first has ordinal 1."""

    ordinal: int
    error: OrchestratorError


@dataclass(frozen=True)
class Added:
    """What became of a batch."""

    ids: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


# --- queues -------------------------------------------------------------------------------


def find_queue(session: Session, folder_id: int, name: str) -> QueueDefinition:
    """The queue of that name in a folder, in any letter case. Raises ItemNotFound."""
    queue = queue_named(session, folder_id, name)
    if queue is None:
        raise ItemNotFound(entity=name, kind="QueueDefinition")
    return queue


def queue_named(session: Session, folder_id: int, name: str) -> QueueDefinition | None:
    """The queue of that name that lives in a folder, or else is shared into it."""
    given = {"folder_id": folder_id, "name": name}
    return session.scalars(_AT_HOME, given).first() or session.scalars(_SHARED, given).first()


#: A folder's id, or the parameter that will be one.
FolderRef = int | sa.BindParameter[Any]


def _shared_into(folder_id: FolderRef) -> sa.Select[Any]:
    return sa.select(queue_folders.c.queue_definition_id).where(
        queue_folders.c.folder_id == folder_id
    )


_FOLDER: sa.BindParameter[Any] = sa.bindparam("folder_id")
_OF_NAME = (
    sa.select(QueueDefinition)
    .where(same_name(QueueDefinition.name, sa.bindparam("name", type_=sa.String())))
    .limit(1)
)
_AT_HOME = _OF_NAME.where(QueueDefinition.organization_unit_id == _FOLDER)
_SHARED = _OF_NAME.where(QueueDefinition.id.in_(_shared_into(_FOLDER)))


def items_in(folder_id: FolderRef) -> sa.ColumnElement[bool]:
    """The condition on items that they are of a queue that can be seen in a folder."""
    item = ITEMS.c
    return sa.or_(
        item.organization_unit_id == folder_id,
        item.queue_definition_id.in_(_shared_into(folder_id)),
    )


def queue_in_folder(session: Session, folder_id: int, queue_id: int) -> QueueDefinition:
    """The queue of that id in a folder."""
    seen = sa.or_(
        QueueDefinition.organization_unit_id == folder_id,
        QueueDefinition.id.in_(_shared_into(folder_id)),
    )
    named = sa.select(QueueDefinition).where(QueueDefinition.id == queue_id, seen)
    queue = session.scalars(named).first()
    if queue is None:
        raise ItemNotFound(entity="QueueDefinition")
    return queue


# --- adding -------------------------------------------------------------------------------


def add_item(
    session: Session, queue: QueueDefinition, item: NewItem, *, by: Actor, now: str
) -> int:
    """Add one item; its id."""
    taken = _taken(session, queue, [item])
    row = _row(queue, item, taken, now)
    (added,) = insert_items(session, [row], by=by, now=now)
    return added


def add_items(
    session: Session,
    queue: QueueDefinition,
    items: Sequence[NewItem],
    commit: CommitType,
    *,
    by: Actor,
    now: str,
) -> Added:
    """Add a batch: those that are good, unless the first bad one stops or undoes it all."""
    taken = _taken(session, queue, items)
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for ordinal, item in enumerate(items, start=1):
        try:
            rows.append(_row(queue, item, taken, now))
        except OrchestratorError as error:
            refused.append(Refused(ordinal, error))
            if commit != CommitType.ProcessAllIndependently:
                break
    if refused and commit == CommitType.AllOrNothing:
        return Added(refused=refused)
    return Added(insert_items(session, rows, by=by, now=now), refused)


def _row(queue: QueueDefinition, item: NewItem, taken: set[str], now: str) -> dict[str, Any]:
    """A row for an item, whose reference is taken from then on. Raises what is wrong with it."""
    content = flat(item.content)
    check(queue, "SpecificContent", content)
    check_progress(item.progress)
    _claim(queue, item.reference, taken)
    due, risk = _deadlines(queue, item, now)
    return {
        "queue_definition_id": queue.id,
        "organization_unit_id": queue.organization_unit_id,
        "organization_unit_fully_qualified_name": queue.organization_unit_fully_qualified_name,
        "encrypted": queue.encrypted,
        "status": QueueItemStatus.New,
        "review_status": QueueItemReviewStatus["None"],
        "key": clock.new_guid(),
        "unique_key": clock.new_guid(),
        "reference": item.reference,
        "priority": item.priority,
        "defer_date": item.defer_date,
        "due_date": due,
        "risk_sla_date": risk,
        "next_deadline": deadlines.next_deadline(queue, risk, due),
        "creation_time": now,
        "progress": item.progress,
        "parent_operation_id": item.parent_operation_id,
        "creator_job_key": item.creator_job_key,
        "specific_content": content,
        "specific_data": as_data(content or {}),
    }


def _deadlines(queue: QueueDefinition, item: NewItem, now: str) -> tuple[str | None, str | None]:
    """When an item is due, and when it is at risk: as it says, else as its queue promises."""
    start = max(now, item.defer_date or now)
    due, risk = item.due_date, item.risk_sla_date
    if due is None and queue.sla_in_minutes:
        due = clock.add(start, queue.sla_in_minutes * 60)
        if risk is None and queue.risk_sla_in_minutes:
            risk = clock.add(start, queue.risk_sla_in_minutes * 60)
    return due, risk


# --- references ---------------------------------------------------------------------------


def _taken(session: Session, queue: QueueDefinition, items: Iterable[NewItem]) -> set[str]:
    """Which of the items' references the queue holds already, folded.

    The queue is locked first, so that of two who add the same reference at once, one waits and
    then sees the other's. (SQLite has one writer anyway.)
    """
    wanted = sorted({folded(item.reference) for item in items if item.reference})
    if not queue.enforce_unique_reference or not wanted:
        return set()
    lock = sa.select(QueueDefinition.id).where(QueueDefinition.id == queue.id)
    session.execute(lock.with_for_update(key_share=True))
    kept = queue_references.c
    taken: set[str] = set()
    for chunk in chunks(wanted):
        held = sa.select(ITEMS.c.reference_folded).where(
            ITEMS.c.queue_definition_id == queue.id,
            ITEMS.c.reference_folded.in_(chunk),
            ITEMS.c.status.not_in(LET_GO),
        )
        removed = sa.select(kept.reference_folded).where(
            kept.queue_definition_id == queue.id, kept.reference_folded.in_(chunk)
        )
        taken |= set(session.scalars(held.union(removed)))
    return taken


def _claim(queue: QueueDefinition, reference: str | None, taken: set[str]) -> None:
    if reference and len(reference) > REFERENCE_LENGTH:
        raise InvalidArgument(
            f"The field Reference must be a string with a maximum length of {REFERENCE_LENGTH}."
        )
    if not queue.enforce_unique_reference:
        return
    if not reference:
        raise TransactionReferenceRequired
    key = folded(reference)
    if key in taken:
        raise DuplicateReference
    taken.add(key)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """Parts of a list that one statement can take."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


# --- changing a queue ---------------------------------------------------------------------

#: What is settled when a queue is made: its items rely on it.
SETTLED = ("enforce_unique_reference", "encrypted")


def settled_changes(queue: QueueDefinition, values: Mapping[str, Any]) -> list[str]:
    """Which settled attributes the values would change."""
    return [
        name for name in SETTLED
        if values.get(name) is not None and values[name] != getattr(queue, name)
    ]  # fmt: skip


def item_in_folder(session: Session, folder_id: int, item_id: int) -> QueueItem:
    """An item by its id, where it is in the folder."""
    item = session.scalars(
        sa.select(QueueItem).where(QueueItem.id == item_id, items_in(folder_id))
    ).first()
    if item is None:
        raise ItemNotFound(entity="QueueItem")
    return item
