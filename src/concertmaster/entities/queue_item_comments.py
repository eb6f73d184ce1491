"""Queue item comments: what people wrote about an item."""

from sqlalchemy import ForeignKey

from concertmaster.entities._kinds import Entity, SetAt
from concertmaster.odata.declare import Int64, Key, Mapped, prop


class QueueItemComment(
    Entity,
    entity_set="QueueItemComments",
    methods="GET POST PUT DELETE",
    permissions={
        "GET": "Queues.View and Transactions.View",
        "POST": "Queues.View and Transactions.Edit",
        "PUT": "Queues.View and Transactions.Edit",
        "DELETE": "Queues.View and Transactions.Edit",
    },
    scope="OR.Queues",
    folder="required",
):
    """A note on an item, with its author."""

    text: Mapped[str] = prop(length=512, required=True)
    queue_item_id: Mapped[Int64] = prop(
        ForeignKey("queue_items.id", ondelete="CASCADE"), required=True, immutable=True, index=True
    )
    creation_time: Mapped[SetAt]
    user_id: Mapped[Int64 | None] = prop(computed=True)
    user_name: Mapped[str | None] = prop(computed=True)
    id: Mapped[Key]

    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )
