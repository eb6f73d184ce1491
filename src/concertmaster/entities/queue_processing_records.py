"""Queue processing records: how much of a queue was done in a stretch of time."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Instant, Int64, Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.queue_definitions import QueueDefinition


class ReportType(IntEnum):
    """The stretch of time that a record sums up."""

    All = 0
    Minute = 1
    Hour = 2
    Day = 3


class QueueProcessingRecord(
    Entity,
    entity_set="QueueProcessingRecords",
    permissions={"GET": "Queues.View and Transactions.View"},
    scope="OR.Queues",
    folder="required",
):
    """What was done of a queue in a minute, an hour or a day: counts, and seconds spent."""

    queue_definition_id: Mapped[Int64] = prop(
        ForeignKey("queue_definitions.id", ondelete="CASCADE")
    )
    processing_time: Mapped[Instant]
    report_type: Mapped[ReportType]
    number_of_remaining_transactions: Mapped[int] = prop(default=0)
    number_of_in_progress_transactions: Mapped[int] = prop(default=0)
    number_of_application_exceptions: Mapped[int] = prop(default=0)
    number_of_business_exceptions: Mapped[int] = prop(default=0)
    number_of_successful_transactions: Mapped[int] = prop(default=0)
    number_of_retried_items: Mapped[int] = prop(default=0)
    application_exceptions_processing_time: Mapped[float] = prop(default=0.0)
    business_exceptions_processing_time: Mapped[float] = prop(default=0.0)
    successful_transactions_processing_time: Mapped[float] = prop(default=0.0)
    total_number_of_transactions: Mapped[int] = prop(default=0)
    tenant_id: Mapped[int | None]
    id: Mapped[Key]

    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )
    last_processed: Mapped[Instant | None] = prop(hidden=True)  # the last of those it counts
    recount_at: Mapped[Instant | None] = prop(hidden=True, index=True)  # when to look what is left

    ui_queue_metadata: Mapped["QueueDefinition"] = relationship()

    __table_args__ = (
        Index(
            "ix_queue_processing_records_of_queue",
            "queue_definition_id", "processing_time", "report_type", unique=True,
        ),
    )  # fmt: skip
