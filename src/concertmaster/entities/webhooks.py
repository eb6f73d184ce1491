"""Webhooks: who is told over HTTP what happens, and what was sent to whom."""

from enum import IntEnum

import sqlalchemy as sa

from concertmaster.entities._kinds import Entity, UniqueKey
from concertmaster.odata.declare import Instant, InstantText, Json, Key, Mapped, prop


class WebhookEvent:
    """A type of event that a webhook has subscribed to."""

    event_type: str


class Webhook(
    Entity,
    entity_set="Webhooks",
    methods="GET POST PUT PATCH DELETE",
    permission="Webhooks",
    scope="OR.Webhooks",
):
    """An address that events are sent to as they happen, signed with a secret of both sides."""

    key: Mapped[UniqueKey]
    name: Mapped[str] = prop(length=128, required=True, unique=True)
    description: Mapped[str | None] = prop(length=256)
    url: Mapped[str] = prop(length=2000, required=True)
    enabled: Mapped[bool] = prop(default=True)
    secret: Mapped[str | None] = prop(length=100, secret=True)
    subscribe_to_all_events: Mapped[bool] = prop(default=False)
    allow_insecure_ssl: Mapped[bool] = prop(default=False)
    events: Mapped[Json] = prop(complex=WebhookEvent, collection=True, default=list)
    id: Mapped[Key]

    # After a failure: until when nothing is sent.
    paused_until: Mapped[Instant | None] = prop(hidden=True)
    failures: Mapped[int] = prop(hidden=True, default=0)  # one after the other


class DeliveryStatus(IntEnum):
    """How far a delivery has come."""

    Waiting = 0
    Sending = 1  #: at most once: what is left of a process that died meanwhile
    Delivered = 2
    Failed = 3
    Skipped = 4


#: The outbox: what is to be sent, written with the change that it tells of, and what came of it.
#: `due_at` is an instant of the tenant's clock; null when nothing more will be done.
webhook_deliveries = sa.Table(
    "webhook_deliveries",
    Entity.metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True,
        autoincrement=True,
    ),
    sa.Column("webhook_id", sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    sa.Column("event_id", sa.String(50), nullable=False),
    sa.Column("event_type", sa.String(50), nullable=False),
    sa.Column("created_at", InstantText(), nullable=False),
    sa.Column("body", sa.Text(), nullable=False),  # as it is sent and signed
    sa.Column("status", sa.SmallInteger(), nullable=False),
    sa.Column("due_at", InstantText()),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("attempted_at", InstantText()),
    sa.Column("url", sa.String()),  # where it went: the webhook's may have changed since
    sa.Column("request_headers", sa.Text()),
    sa.Column("response_status", sa.Integer()),
    sa.Column("response_headers", sa.Text()),
    sa.Column("response_body", sa.Text()),
    sa.Column("error", sa.Text()),
    sa.Column("duration_ms", sa.Integer()),
    sa.Column("redelivery_of", sa.BigInteger()),
    sa.Index(None, "due_at", sqlite_where=sa.text("due_at IS NOT NULL"),
             postgresql_where=sa.text("due_at IS NOT NULL")),
    sa.Index(None, "webhook_id", "id"),
)  # fmt: skip
