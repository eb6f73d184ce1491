"""What was done of a queue, hour by hour: counts, and seconds spent (QueueProcessingRecords)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.entities import ProcessingExceptionType, QueueProcessingRecord, ReportType

RECORDS = QueueProcessingRecord.__table__

#: The insert that knows ON CONFLICT, by dialect.
_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

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
    number, seconds = _COLUMNS[ended.failure]
    counted = {number: 1, seconds: ended.seconds, "total_number_of_transactions": 1}
    if ended.retried:
        counted["number_of_retried_items"] = 1
    insert = _INSERTS[session.get_bind().dialect.name](RECORDS).values(
        queue_definition_id=ended.queue_id,
        organization_unit_id=ended.folder_id,
        processing_time=hour_of(now),
        report_type=ReportType.Hour,
        last_processed=now,
        **counted,
    )
    raised = {name: RECORDS.c[name] + insert.excluded[name] for name in counted}
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["queue_definition_id", "processing_time", "report_type"],
            set_={**raised, "last_processed": insert.excluded.last_processed},
        )
    )


def hour_of(now: str) -> str:
    """The hour that an instant lies in, by its start."""
    ticks = clock.ticks(now)
    return clock.instant(ticks - ticks % clock.HOUR)


def since(now: str, days: int) -> sa.ColumnElement[bool]:
    """The condition on records of the last days."""
    return QueueProcessingRecord.processing_time >= clock.add(now, -86_400 * days)
