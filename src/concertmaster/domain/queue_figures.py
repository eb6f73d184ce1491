"""What was done of a queue, hour by hour: counts, and seconds spent (QueueProcessingRecords).

What ends is counted at once, in the row of its hour. What is left of the queue (NumberOfRemaining-,
NumberOfInProgressTransactions) is looked up a moment later, once for all that ended meanwhile: to
count a long queue takes longer than to end a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.due import first
from concertmaster.domain.queue_history import ITEMS
from concertmaster.entities import (
    ProcessingExceptionType,
    QueueItemStatus,
    QueueProcessingRecord,
    ReportType,
)
from concertmaster.store.inserts import insert_for

RECORDS = cast("sa.Table", QueueProcessingRecord.__table__)

#: Seconds after which what is left of a queue is counted.
RECOUNT_AFTER = 1

#: How a transaction ended → the columns that count it and its seconds. None is success.
_COLUMNS: Mapping[ProcessingExceptionType | None, tuple[str, str]] = {
    None: ("number_of_successful_transactions", "successful_transactions_processing_time"),
    ProcessingExceptionType.ApplicationException: (
        "number_of_application_exceptions", "application_exceptions_processing_time",
    ),
    ProcessingExceptionType.BusinessException: (
        "number_of_business_exceptions", "business_exceptions_processing_time",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """A transaction that came to its end, as the figures see it."""

    queue_id: int
    folder_id: int
    seconds: float
    failure: ProcessingExceptionType | None  #: None is success
    retried: bool = False


def count(session: Session, ended: Ended, *, now: str) -> None:
    """Add a transaction to the figures of its hour: one statement, safe among many workers."""
    statement = _counting(session.get_bind().dialect.name, ended.failure, ended.retried)
    values = {
        "queue_definition_id": ended.queue_id,
        "organization_unit_id": ended.folder_id,
        "processing_time": hour_of(now),
        "report_type": ReportType.Hour,
        "last_processed": now,
        "recount_at": clock.add(now, RECOUNT_AFTER),
        _COLUMNS[ended.failure][1]: ended.seconds,
    }
    session.execute(statement, values)


@cache
def _counting(dialect: str, failure: ProcessingExceptionType | None, retried: bool) -> Any:
    """The statement that counts one transaction more, by how it ended."""
    number, seconds = _COLUMNS[failure]
    counted = (number, "total_number_of_transactions", *["number_of_retried_items"] * retried)
    insert = insert_for(dialect, RECORDS).values(dict.fromkeys(counted, 1))
    raised = {name: RECORDS.c[name] + insert.excluded[name] for name in (*counted, seconds)}
    return insert.on_conflict_do_update(
        index_elements=["queue_definition_id", "processing_time", "report_type"],
        set_={
            **raised,
            "last_processed": insert.excluded.last_processed,
            "recount_at": sa.func.coalesce(RECORDS.c.recount_at, insert.excluded.recount_at),
        },
    )


# --- what is left ---------------------------------------------------------------------------


#: When the next figure is to be brought up to date.
next_recount = first(sa.select(sa.func.min(RECORDS.c.recount_at)))


def recount(session: Session, *, now: str) -> None:
    """Note what is left of the queues of which something has ended."""
    due = sa.select(RECORDS.c.id, RECORDS.c.queue_definition_id).where(RECORDS.c.recount_at <= now)
    for record_id, queue_id in session.execute(due.with_for_update(skip_locked=True)).all():
        left = _left(session, queue_id)
        session.execute(
            sa.update(RECORDS)
            .where(RECORDS.c.id == record_id)
            .values(
                number_of_remaining_transactions=left.get(QueueItemStatus.New, 0),
                number_of_in_progress_transactions=left.get(QueueItemStatus.InProgress, 0),
                recount_at=None,
            )
        )


def _left(session: Session, queue_id: int) -> dict[QueueItemStatus, int]:
    counted = sa.select(ITEMS.c.status, sa.func.count()).where(
        ITEMS.c.queue_definition_id == queue_id,
        ITEMS.c.status.in_((QueueItemStatus.New, QueueItemStatus.InProgress)),
    )
    return {row[0]: row[1] for row in session.execute(counted.group_by(ITEMS.c.status))}


def hour_of(now: str) -> str:
    """The hour that an instant lies in, by its start."""
    ticks = clock.ticks(now)
    return clock.instant(ticks - ticks % clock.HOUR)


def since(now: str, days: int) -> sa.ColumnElement[bool]:
    """The condition on records of the last days."""
    return QueueProcessingRecord.processing_time >= clock.add(now, -86_400 * days)
