"""Queue item events: what happened to an item, by whom, when."""

from enum import IntEnum

from sqlalchemy import ForeignKey

from concertmaster.entities._kinds import Entity
from concertmaster.entities.queue_items import QueueItemReviewStatus, QueueItemStatus
from concertmaster.odata.declare import Instant, Int64, Key, Mapped, prop


class QueueItemEventAction(IntEnum):
    """What was done."""

    Create = 0
    Edit = 1
    Delete = 2
    Status = 3
    Retry = 4


class QueueItemEvent(
    Entity,
    entity_set="QueueItemEvents",
    permissions={"GET": "Queues.View and Transactions.View"},
    scope="OR.Queues",
    folder="required",
):
    """A line of an item's history: the change, and the state it led to."""

    queue_item_id: Mapped[Int64] = prop(
        ForeignKey("queue_items.id", ondelete="CASCADE"), index=True
    )
    timestamp: Mapped[Instant]
    action: Mapped[QueueItemEventAction]
    data: Mapped[str | None]
    user_id: Mapped[Int64 | None]
    user_name: Mapped[str | None]
    status: Mapped[QueueItemStatus]
    review_status: Mapped[QueueItemReviewStatus]
    reviewer_user_id: Mapped[Int64 | None]
    reviewer_user_name: Mapped[str | None]
    external_client_id: Mapped[str | None]
    id: Mapped[Key]

    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )
