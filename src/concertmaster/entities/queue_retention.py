"""Queue retention: for how long a queue keeps its items, and what becomes of them then."""

from enum import IntEnum

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity, link
from concertmaster.odata.declare import Instant, Int64, Key, Mapped, prop

RetentionAction = IntEnum("RetentionAction", {"Delete": 0, "Archive": 1, "None": 2})
RetentionAction.__doc__ = "What becomes of items whose time is over; None keeps them."

RetentionType = IntEnum("RetentionType", {"Final": 0, "Stale": 1})
RetentionType.__doc__ = (
    "Which items a policy is about: those that are done with, or those that wait."
)


class QueueRetention(
    Entity,
    entity_set="QueueRetention",
    methods="GET PUT DELETE",
    permissions={"GET": "Queues.View", "PUT": "Queues.Edit", "DELETE": "Queues.Edit"},
    scope="OR.Queues",
    folder="required",
    type_name="QueueRetentionSetting",
    key="QueueDefinitionId",
):
    """For how many days after its last change an item is kept, and what happens then.

    A queue has two policies: `Final` for items that are done with, `Stale` for those that were
    never started; `retentionType` says which is meant, `Final` if nothing does. A DELETE sets both
    back to what a new queue has: Delete after 30 and after 180 days.
    """

    queue_definition_id: Mapped[Int64] = prop(
        ForeignKey("queue_definitions.id", ondelete="CASCADE"), computed=True
    )
    action: Mapped[RetentionAction] = prop(default=RetentionAction["None"], required=True)
    period: Mapped[int]
    bucket_id: Mapped[Int64 | None] = prop(link("buckets.id"))
    type: Mapped[RetentionType] = prop(default=RetentionType["Final"])
    id: Mapped[Key] = prop(hidden=True)

    organization_unit_id: Mapped[int | None] = prop(ForeignKey("folders.id"), hidden=True)
    next_run: Mapped[Instant | None] = prop(hidden=True, index=True)  # None: there is nothing to do

    # Two short rows a queue, and every new queue pays for an index twice: no more than these.
    __table_args__ = (Index(None, "queue_definition_id", "type", unique=True),)


#: References that stay taken though retention has removed their items.
queue_references = sa.Table(
    "queue_references",
    Entity.metadata,
    sa.Column(
        "queue_definition_id",
        sa.BigInteger(),
        ForeignKey("queue_definitions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("reference_folded", sa.String(128), primary_key=True),
)
