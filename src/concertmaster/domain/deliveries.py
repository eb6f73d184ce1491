"""The log of what webhooks were sent: requests, answers, and messages sent once more."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.errors import InvalidArgument, ItemNotFound
from concertmaster.domain.webhook_shapes import instant
from concertmaster.domain.webhooks import no_longer_paused
from concertmaster.entities import DeliveryStatus
from concertmaster.entities import webhook_deliveries as table

_BRIEF = tuple(
    column
    for column in table.c
    if column.name not in ("body", "request_headers", "response_headers", "response_body")
)


def listed(
    session: Session,
    *,
    webhook_id: int | None = None,
    status: str | None = None,
    type_: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Deliveries that fit, the newest first; those older than the one numbered `before`.

    Raises:
        InvalidArgument: there is no such status.
    """
    asked = sa.select(*_BRIEF).order_by(table.c.id.desc()).limit(limit)
    if webhook_id is not None:
        asked = asked.where(table.c.webhook_id == webhook_id)
    if status is not None:
        asked = asked.where(table.c.status == _status(status))
    if type_ is not None:
        asked = asked.where(table.c.event_type == type_)
    if before is not None:
        asked = asked.where(table.c.id < before)
    return [_brief(row) for row in session.execute(asked).mappings()]


def one(session: Session, number: int) -> dict[str, Any]:
    """A delivery with its request and the answer. Raises ItemNotFound."""
    row = _find(session, number)
    return {
        **_brief(row),
        "request": {
            "url": row["url"],
            "headers": json.loads(row["request_headers"] or "{}"),
            "body": row["body"],
        },
        "response": {
            "status": row["response_status"],
            "headers": json.loads(row["response_headers"] or "{}"),
            "body": row["response_body"],
        },
    }


def redeliver(session: Session, number: int, *, now: str) -> int:
    """Put a message into the outbox once more; the number of the new delivery.

    Whoever asks for it has seen to the receiver: what it failed before does not count any more.

    Raises:
        ItemNotFound: there is no such delivery.
    """
    row = _find(session, number)
    kept = {name: row[name] for name in ("webhook_id", "event_id", "event_type", "body")}
    no_longer_paused(session, row["webhook_id"])
    again = sa.insert(table).values(
        **kept, created_at=now, due_at=now, status=DeliveryStatus.Waiting, attempts=0,
        redelivery_of=number,
    )  # fmt: skip
    return int(session.execute(again.returning(table.c.id)).scalar_one())


def _find(session: Session, number: int) -> Mapping[str, Any]:
    found = None
    if 0 < number < 2**63:
        asked = sa.select(table).where(table.c.id == number)
        found = session.execute(asked).mappings().first()
    if found is None:
        raise ItemNotFound(entity="Delivery")
    return dict(found)


def _status(name: str) -> DeliveryStatus:
    for status in DeliveryStatus:
        if status.name.lower() == name.lower():
            return status
    raise InvalidArgument(field="status")


def _brief(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "webhookId": row["webhook_id"],
        "eventId": row["event_id"],
        "eventType": row["event_type"],
        "createdAt": instant(row["created_at"]),
        "status": DeliveryStatus(row["status"]).name,
        "attempts": row["attempts"],
        "attemptedAt": row["attempted_at"] and instant(row["attempted_at"]),
        "nextAttemptAt": row["due_at"] and instant(row["due_at"]),
        "responseStatus": row["response_status"],
        "error": row["error"],
        "durationMs": row["duration_ms"],
        "redeliveryOf": row["redelivery_of"],
    }
