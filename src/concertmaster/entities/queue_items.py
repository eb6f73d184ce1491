"""Queue items: the single pieces of work in a queue, each processed by one robot at a time."""

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity, FolderId, FolderPath, SetAt, UniqueKey, link
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, RowVersion, prop

if TYPE_CHECKING:
    from concertmaster.entities.queue_definitions import QueueDefinition
    from concertmaster.entities.robots import Robot
    from concertmaster.entities.users import User


class QueueItemStatus(IntEnum):
    """How far an item has come. All documented."""

    New = 0
    InProgress = 1
    Failed = 2
    Successful = 3
    Abandoned = 4
    Retried = 5
    Deleted = 6


QueueItemReviewStatus = IntEnum(
    "QueueItemReviewStatus", {"None": 0, "InReview": 1, "Verified": 2, "Retried": 3}
)
QueueItemReviewStatus.__doc__ = "What a person decided about a failed item. All documented."


class QueueItemPriority(IntEnum):
    """Which of two waiting items goes first. All documented."""

    High = 0
    Normal = 1
    Low = 2


class ProcessingExceptionType(IntEnum):
    """Whose fault a failure was: only an application's is tried again. Documented."""

    ApplicationException = 0
    BusinessException = 1


class ProcessingException:
    """Why an item failed, as the robot told it."""

    reason: str | None
    details: str | None
    type: ProcessingExceptionType | None
    associated_image_file_path: str | None
    creation_time: Instant | None


class QueueItemError:
    """The same in the words of newer robots."""

    code: str | None
    title: str | None
    detail: str | None
    category: str | None
    status: int | None
    timestamp: Instant | None


def folded(reference: str) -> str:
    """A reference as it is compared: letter case does not tell two apart."""
    return reference.lower()


def _folded(context: Any) -> str | None:
    reference = context.get_current_parameters().get("reference")
    return None if reference is None else folded(reference)


class QueueItem(
    Entity,
    entity_set="QueueItems",
    methods="GET PUT DELETE",
    permissions={
        "GET": "Queues.View and Transactions.View",
        "PUT": "Queues.Edit and Transactions.Edit",
        "DELETE": "Queues.View and Transactions.Delete",
    },
    scope="OR.Queues",
    folder="required",
    default_order="Id desc",
    alternate_key="Key",  # the Python SDK speaks of a transaction by its key
    aliases={"QueueDefinitionName": "QueueDefinition/Name"},  # the Python SDK filters by it
):
    """One piece of work: what is to be done, by when, and how it went.

    An update changes progress, priority, dates and content; the rest is the course of things.
    """

    queue_definition_id: Mapped[Int64] = prop(
        ForeignKey("queue_definitions.id", ondelete="CASCADE"), computed=True
    )
    encrypted: Mapped[bool] = prop(default=False, computed=True)
    output_data: Mapped[str | None] = prop(computed=True)
    analytics_data: Mapped[str | None] = prop(computed=True)
    status: Mapped[QueueItemStatus] = prop(default=QueueItemStatus.New, computed=True)
    review_status: Mapped[QueueItemReviewStatus] = prop(
        default=QueueItemReviewStatus["None"], computed=True
    )
    reviewer_user_id: Mapped[Int64 | None] = prop(link("users.id"), computed=True, index=True)
    key: Mapped[Guid] = prop(index=True, computed=True)  # one for all tries of an item
    reference: Mapped[str | None] = prop(length=128, computed=True)
    processing_exception_type: Mapped[ProcessingExceptionType | None] = prop(computed=True)
    due_date: Mapped[Instant | None]
    risk_sla_date: Mapped[Instant | None]
    priority: Mapped[QueueItemPriority] = prop(default=QueueItemPriority.Normal)
    robot_id: Mapped[Int64 | None] = prop(link("robots.id"), computed=True, index=True)
    creator_job_key: Mapped[Guid | None] = prop(computed=True)
    executor_job_key: Mapped[Guid | None] = prop(computed=True, index=True)
    defer_date: Mapped[Instant | None]
    start_processing: Mapped[Instant | None] = prop(computed=True)
    end_processing: Mapped[Instant | None] = prop(computed=True)
    seconds_in_previous_attempts: Mapped[int] = prop(default=0, computed=True)
    ancestor_id: Mapped[Int64 | None] = prop(computed=True)
    ancestor_unique_key: Mapped[Guid | None] = prop(computed=True)
    retry_number: Mapped[int] = prop(default=0, computed=True)
    manual_ancestor_id: Mapped[Int64 | None] = prop(computed=True)
    manual_ancestor_unique_key: Mapped[Guid | None] = prop(computed=True)
    manual_retry_number: Mapped[int] = prop(default=0, computed=True)
    unique_key: Mapped[UniqueKey]  # one for each try
    has_video_recorded: Mapped[bool] = prop(default=False, computed=True)
    specific_data: Mapped[str | None] = prop(computed=True)
    creation_time: Mapped[SetAt]
    progress: Mapped[str | None]
    row_version: Mapped[RowVersion] = prop(computed=True, index=True)  # the next one is max + 1
    parent_operation_id: Mapped[str | None] = prop(computed=True)
    operation_id: Mapped[str | None] = prop(computed=True)
    organization_unit_id: Mapped[FolderId]
    organization_unit_fully_qualified_name: Mapped[FolderPath | None]
    id: Mapped[Key]

    processing_exception: Mapped[Json | None] = prop(complex=ProcessingException, computed=True)
    error: Mapped[Json | None] = prop(complex=QueueItemError, computed=True)
    specific_content: Mapped[Json | None] = prop()
    output: Mapped[Json | None] = prop(computed=True)
    analytics: Mapped[Json | None] = prop(computed=True)

    reference_folded: Mapped[str | None] = prop(hidden=True, default=_folded)
    next_deadline: Mapped[Instant | None] = prop(hidden=True)  # see domain/deadlines.py

    queue_definition: Mapped["QueueDefinition"] = relationship()
    reviewer_user: Mapped["User | None"] = relationship()
    robot: Mapped["Robot | None"] = relationship()

    __table_args__ = (
        # The order in which items are taken: those with a due date, then the others by age.
        Index(
            None, "queue_definition_id", "status", "priority", "due_date", "id",
            sqlite_where=text("due_date IS NOT NULL"),
            postgresql_where=text("due_date IS NOT NULL"),
        ),
        Index(None, "queue_definition_id", "status", "priority", "id"),
        Index(None, "queue_definition_id", "reference_folded"),
        Index(None, "organization_unit_id", "id"),
        Index(None, "status", "start_processing"),
        Index(
            None, "next_deadline",
            sqlite_where=text("next_deadline IS NOT NULL"),
            postgresql_where=text("next_deadline IS NOT NULL"),
        ),
    )  # fmt: skip
