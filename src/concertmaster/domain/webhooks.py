"""Webhooks: who has subscribed to what, and the outbox that events are written to.

An event is written for every webhook that wants it, in the transaction of the change and as things
stand then. Who subscribes is remembered: where nobody does, an event costs a look into a
dictionary. `work/webhooks.py` sends what lies in the outbox.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.errors import InvalidArgument, UnknownWebhookEventType
from concertmaster.domain.events import Event
from concertmaster.domain.webhook_events import EVENT_TYPES, PING
from concertmaster.domain.webhook_shapes import Members, folder_keys, instant
from concertmaster.entities import DeliveryStatus, User, Webhook, webhook_deliveries
from concertmaster.store import Tenant

#: Seconds that the news of a webhook made by another replica may take.
FRESH = 1.0

#: How long (in seconds of the tenant's time) nothing is sent after a failure, as documented.
BREAK = 3600.0


# --- who wants to know ----------------------------------------------------------------------


@dataclass(frozen=True)
class Subscriber:
    """A webhook, as far as writing to its outbox goes."""

    id: int
    name: str


class Subscriptions:
    """Who has subscribed to what in one tenant; read again when a webhook has changed."""

    def __init__(self, tenant: Tenant) -> None:
        self._shared = tenant.dialect == "postgresql"
        self._loaded_at = 0.0
        self._by_type: Mapping[str, tuple[Subscriber, ...]] | None = None

    def to(self, session: Session, type_: str) -> tuple[Subscriber, ...]:
        """The webhooks that want events of a type, in order of id."""
        known = self._by_type if self._is_known() else None
        return (self._load(session) if known is None else known).get(type_, ())

    def may_want(self, type_: str) -> bool:
        """Whether somebody wants events of a type, or nobody has looked yet."""
        return not self._is_known() or type_ in (self._by_type or ())

    def forget(self) -> None:
        self._by_type = None

    def _is_known(self) -> bool:
        if self._by_type is None:
            return False
        return not self._shared or time.monotonic() - self._loaded_at <= FRESH

    def _load(self, session: Session) -> Mapping[str, tuple[Subscriber, ...]]:
        wanted = sa.select(
            Webhook.id, Webhook.name, Webhook.subscribe_to_all_events, Webhook.events
        ).where(Webhook.enabled)
        found: dict[str, tuple[Subscriber, ...]] = {}
        for row in session.execute(wanted.order_by(Webhook.id)):
            names = {one["EventType"].lower() for one in row.events}
            for name in EVENT_TYPES:
                if name != PING and (row.subscribe_to_all_events or name.lower() in names):
                    found[name] = (*found.get(name, ()), Subscriber(row.id, row.name))
        if not self._changing(session):
            self._by_type, self._loaded_at = found, time.monotonic()
        return found

    @staticmethod
    def _changing(session: Session) -> bool:
        """Whether this very transaction changes webhooks: what it sees may be undone."""
        return bool(session.info.get(_CHANGING))


_CHANGING = "concertmaster_webhooks_changing"


def changed(session: Session) -> None:
    """A webhook is new, different or gone: what is remembered goes once that is committed."""
    subscriptions = _tenant(session).own(Subscriptions)
    subscriptions.forget()
    session.info[_CHANGING] = True

    def committed(session: Session) -> None:
        session.info.pop(_CHANGING, None)
        subscriptions.forget()

    sa_event.listen(session, "after_commit", committed, once=True)


def _tenant(session: Session) -> Tenant:
    found: Tenant = session.info["tenant"]
    return found


# --- writing --------------------------------------------------------------------------------


def concerns(tenant: Tenant, type_: str) -> bool:
    return tenant.own(Subscriptions).may_want(type_)


def announce(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """A reaction: write what happened to the outbox of all who want to know."""
    subscriptions = _tenant(session).own(Subscriptions)
    rows: list[Mapping[str, Any]] = []
    for event in happened:
        if subscribers := subscriptions.to(session, event.type):
            told = event.facts.get(TOLD)
            for members in tell(session, event) if told is None else told:
                message = _message(session, event, members, by)
                rows += (_row(one, event, message) for one in subscribers)
    _insert(session, rows)


#: The fact of an event that holds what it tells, where its entities are gone afterwards.
TOLD = "told"


def remember(session: Session, event_type: str, ids: Sequence[int], **words: Any) -> dict[str, Any]:
    """The facts of an event whose entities are about to go; none where nobody wants to know."""
    if not _tenant(session).own(Subscriptions).to(session, event_type):
        return {}
    return {TOLD: tell(session, Event(event_type, tuple(ids), words.get("folder"), ""))}


def tell(session: Session, event: Event) -> list[Members]:
    """What the messages of an event carry of its entities."""
    type_ = EVENT_TYPES.get(event.type)
    return type_.told(session, event) if type_ and type_.told else []


def send(session: Session, webhook: Webhook, event: Event, *, by: int | None) -> Members:
    """An event for one webhook, whether it has subscribed or not; the message."""
    message = _message(session, event, tell(session, event)[0], by)
    _insert(session, [_row(Subscriber(webhook.id, webhook.name), event, message)])
    return message


def send_to_all(session: Session, event: Event, *, by: int | None) -> Members:
    """An event for all who want it; its message, even where nobody does."""
    message = _message(session, event, tell(session, event)[0], by)
    subscribers = _tenant(session).own(Subscriptions).to(session, event.type)
    _insert(session, [_row(one, event, message) for one in subscribers])
    return message


def _insert(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(sa.insert(webhook_deliveries), rows)


def _row(to: Subscriber, event: Event, message: Members) -> dict[str, Any]:
    return {
        "webhook_id": to.id,
        "event_id": message["EventId"],
        "event_type": event.type,
        "created_at": event.at,
        "due_at": event.at,
        "body": orjson.dumps({**message, "Name": to.name}).decode(),
        "status": DeliveryStatus.Waiting,
        "attempts": 0,
    }


def _message(session: Session, event: Event, told: Members, by: int | None) -> Members:
    """The body of an event: what all have in common around what this one tells."""
    folder_id = event.folder_id
    moment = instant(event.at)
    common = {
        "TenantId": _tenant(session).id,
        "OrganizationUnitId": folder_id,
        "OrganizationUnitKey": folder_id and folder_keys(session, [folder_id]).get(folder_id),
        "UserId": by,
        "UserKey": by and session.scalar(sa.select(User.key).where(User.id == by)),
        "EntityKey": _entity_key(told),
        "EventTime": moment,
    }
    return {
        "Type": event.type,
        "EventId": clock.new_guid().replace("-", ""),
        "Timestamp": moment,
        **told,
        **{name: value for name, value in common.items() if value is not None},
    }


def _entity_key(told: Members) -> str | None:
    for member in told.values():
        row = member[0] if isinstance(member, list) and len(member) == 1 else member
        if isinstance(row, dict) and "Key" in row:
            return str(row["Key"])
    return None


# --- what must hold of a webhook ------------------------------------------------------------


def check(url: str, events: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The event types as they are spelt.

    Raises:
        InvalidArgument: the address is none.
        UnknownWebhookEventType: there is no such type.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        valid = False
    if not valid or any(ord(one) <= 32 for one in url):
        raise InvalidArgument("The field Url is not a valid fully-qualified http or https URL.")
    known = {name.lower(): name for name in EVENT_TYPES if name != PING}
    names: dict[str, None] = {}
    for one in events:
        given = str(one.get("EventType") or "") if isinstance(one, Mapping) else ""
        if given.lower() not in known:
            raise UnknownWebhookEventType(type=given[:50])
        names[known[given.lower()]] = None
    return [{"EventType": name} for name in names]


def signature(secret: str, body: bytes) -> str:
    """What `X-UiPath-Signature` says: the receiver computes the same from the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def no_longer_paused(session: Session, webhook_id: int) -> None:
    """Forget that a receiver failed; what waits for it is due."""
    failed = sa.update(Webhook).where(Webhook.id == webhook_id, Webhook.paused_until.is_not(None))
    session.execute(failed.values(paused_until=None, failures=0))
    table = webhook_deliveries
    waiting = (table.c.webhook_id == webhook_id) & table.c.due_at.is_not(None)
    session.execute(sa.update(table).where(waiting).values(due_at=table.c.created_at))
