"""Webhooks: what lies in the outbox is sent, to each receiver in order, to all at once.

    Waiting ──→ Delivered
       ├──────→ Failed     the receiver did not take it: nothing is sent for an hour
       └──────→ Skipped    … and what happens in that hour is not sent at all

So it is in the real product. At least once (`--webhook-delivery at-least-once`) a message waits
until its receiver has taken it, tried again after a while that doubles, and what comes later waits
behind it: a receiver gets everything, in order, and tells apart by `EventId` what it got twice.
"""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster import __version__
from concertmaster.domain import clock, events, reactions, webhooks
from concertmaster.domain.webhook_events import PING
from concertmaster.entities import DeliveryStatus, Webhook
from concertmaster.entities import webhook_deliveries as outbox
from concertmaster.settings import Settings
from concertmaster.store import Tenant
from concertmaster.work.alone import Alone
from concertmaster.work.due import Fired, Kind
from concertmaster.work.posting import Answer, Receiver
from concertmaster.work.turns import Turns

log = logging.getLogger("concertmaster")

#: Receivers that are spoken to at the same time, by one process.
AT_ONCE = 16
#: Messages to one receiver before others have their turn.
TURN = 100
#: Seconds that the rest of the background work waits for receivers; slower ones go on beside it.
PATIENCE = 0.5
#: Seconds (of the tenant's time) before a second try, twice as many before the third, and so on.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
#: Deliveries of a webhook that the log keeps.
KEPT = 1000

USER_AGENT = f"UiPath-Orchestrator-Webhooks (Concertmaster/{__version__})"


class InFlight(Alone):
    """The webhooks of a tenant that this process is sending for."""

    space = 0x77656268

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.last: dict[int, Future[list[Fired]]] = {}  #: what was begun last for each


# --- what is due ----------------------------------------------------------------------------


def _due(session: Session) -> sa.ColumnElement[bool]:
    """Messages that wait, and whose receiver nobody is speaking to."""
    tenant: Tenant = session.info["tenant"]
    held = [] if tenant.own(Turns).taken_alone else tenant.own(InFlight).held()
    waiting = outbox.c.due_at.is_not(None)
    return waiting & outbox.c.webhook_id.not_in(held) if held else waiting


def next_due(session: Session) -> str | None:
    """When the next message is to be sent."""
    first: str | None = session.scalar(sa.select(sa.func.min(outbox.c.due_at)).where(_due(session)))
    return first


def kind(settings: Settings) -> Kind:
    """The delivery of webhooks, as the settings want it."""
    return Kind("webhooks", next_due, Delivery(settings).run, rests=False)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="concertmaster-webhooks")


class Delivery:
    """Sends what is due: a thread for each receiver."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, tenant: Tenant, now: str, stopping: threading.Event) -> list[Fired]:
        """Begin with all that is due, and see what is done soon."""
        flights, alone = tenant.own(InFlight), tenant.own(Turns).taken_alone
        if alone:  # time stands still until the last receiver has answered, whoever began with it
            wait(list(flights.last.values()))
        with tenant.reader() as session:
            due = _due(session) & (outbox.c.due_at <= now)
            ids = session.scalars(sa.select(outbox.c.webhook_id).where(due).distinct()).all()
        begun = {
            one: _threads().submit(self._send, tenant, one, now, stopping)
            for one in ids
            if flights.take(one)
        }
        flights.last |= begun
        done, _ = wait(begun.values(), None if alone else PATIENCE)
        return sorted((one for future in done for one in future.result()), key=lambda one: one.id)

    def _send(
        self, tenant: Tenant, webhook_id: int, now: str, stopping: threading.Event
    ) -> list[Fired]:
        fired: list[Fired] = []
        try:
            Line(tenant, webhook_id, self._settings, fired).send(now, stopping)
        except Exception:  # the tenant may be gone by now
            log.warning("webhook %s of %s: delivery broke off", webhook_id, tenant, exc_info=True)
        finally:
            tenant.own(InFlight).let_go(webhook_id)
            tenant.bell.ring()  # for what came meanwhile
        return fired


# --- one receiver ---------------------------------------------------------------------------


@dataclass
class Line:
    """The messages for one receiver, one after the other."""

    tenant: Tenant
    webhook_id: int
    settings: Settings
    fired: list[Fired]

    @property
    def again(self) -> bool:
        """Whether a message that was not taken is sent again."""
        return self.settings.webhook_delivery == "at-least-once"

    def send(self, now: str, stopping: threading.Event) -> None:
        """Send until nothing waits, the receiver fails, or it is somebody else's turn."""
        with self.tenant.reader() as session:
            webhook = session.get(Webhook, self.webhook_id)
        if webhook is None:
            return
        self._write_off_broken(now)
        if not webhook.enabled:
            self._end_waiting(DeliveryStatus.Skipped, now, outbox.c.event_type != PING)
        if webhook.paused_until is not None and webhook.paused_until > now:
            self._rest(webhook.paused_until, now)
            return
        timeout = self.settings.webhook_timeout
        insecure = webhook.allow_insecure_ssl
        with Receiver(webhook.url, insecure=insecure, timeout=timeout) as receiver:
            for _ in range(TURN):
                message = None if stopping.is_set() else self._first()
                if message is None:
                    break
                if self.again and message["due_at"] > now:  # what came later waits behind it
                    self._rest(message["due_at"], now)
                    break
                if not self.again and not self._begin(message):
                    continue
                headers = headers_of(webhook, message["body"].encode())
                answer = receiver.post(message["body"].encode(), headers)
                at = max(now, self.tenant.clock.now())
                pause = None if answer.taken else self._pause(webhook, at)
                self._end(message, webhook, headers, answer, at, pause)
                if pause is not None:
                    self._rest(pause, at)
                    break
        self._prune()

    def _first(self) -> Mapping[str, Any] | None:
        """The oldest message that waits."""
        mine = (outbox.c.webhook_id == self.webhook_id) & outbox.c.due_at.is_not(None)
        oldest = sa.select(outbox.c.id, outbox.c.body, outbox.c.due_at, outbox.c.attempts)
        with self.tenant.reader() as session:
            found = session.execute(oldest.where(mine).order_by(outbox.c.id).limit(1)).mappings()
            return next((dict(row) for row in found), None)

    def _begin(self, message: Mapping[str, Any]) -> bool:
        """Take a message out before it is sent: whatever happens now, it is not sent again."""
        return self._change(
            (outbox.c.id == message["id"]) & (outbox.c.status == DeliveryStatus.Waiting),
            status=DeliveryStatus.Sending, due_at=None,
        )  # fmt: skip

    def _pause(self, webhook: Webhook, at: str) -> str:
        """Until when nothing is sent after a failure."""
        if not self.again:
            return clock.add(at, webhooks.BREAK)
        seconds = FIRST_PAUSE * 2.0 ** min(webhook.failures, 20)
        return clock.add(at, min(seconds, LONGEST_PAUSE))

    def _end(
        self,
        message: Mapping[str, Any],
        webhook: Webhook,
        headers: Mapping[str, str],
        answer: Answer,
        at: str,
        pause: str | None,
    ) -> None:
        """Write down what became of a message, and of its receiver."""
        status = DeliveryStatus.Delivered if answer.taken else DeliveryStatus.Failed
        waits = self.again and not answer.taken
        told = {
            "status": DeliveryStatus.Waiting if waits else status,
            "due_at": pause if waits else None,
            "attempts": message["attempts"] + 1,
            "attempted_at": at,
            "url": webhook.url,
            "request_headers": orjson.dumps(headers).decode(),
            "response_status": answer.status,
            "response_headers": orjson.dumps(answer.headers).decode(),
            "response_body": answer.body,
            "error": answer.error,
            "duration_ms": answer.duration_ms,
        }
        failures = 0 if answer.taken else webhook.failures + 1
        with self.tenant.session() as session:
            session.execute(sa.update(outbox).where(outbox.c.id == message["id"]).values(**told))
            if pause is not None or webhook.failures:
                state = sa.update(Webhook).where(Webhook.id == self.webhook_id)
                session.execute(state.values(paused_until=pause, failures=failures))
            if pause is not None and not webhook.failures:
                events.record(session, "webhook.paused", [self.webhook_id], now=at)
            reactions.commit(session)
        webhook.failures = failures
        self.fired.append(Fired(at, f"webhook.{status.name.lower()}", message["id"]))

    def _rest(self, until: str, now: str) -> None:
        """What waits for a receiver that failed: it waits longer, or is not sent at all."""
        if self.again:
            waiting = (outbox.c.webhook_id == self.webhook_id) & (outbox.c.due_at < until)
            self._change(waiting, due_at=until)
        else:
            self._end_waiting(DeliveryStatus.Skipped, now)

    def _end_waiting(self, status: DeliveryStatus, now: str, *more: sa.ColumnElement[bool]) -> None:
        waiting = (outbox.c.webhook_id == self.webhook_id) & (outbox.c.due_at <= now)
        with self.tenant.session() as session:
            ended = sa.update(outbox).where(waiting, *more).values(status=status, due_at=None)
            ids = sorted(session.scalars(ended.returning(outbox.c.id)))
            session.commit()
        self.fired += (Fired(now, f"webhook.{status.name.lower()}", one) for one in ids)

    def _write_off_broken(self, now: str) -> None:
        """Nobody else sends for this webhook: what says otherwise is of a process that died."""
        broken = (outbox.c.webhook_id == self.webhook_id) & (
            outbox.c.status == DeliveryStatus.Sending
        )
        with self.tenant.reader() as session:
            if session.scalar(sa.select(outbox.c.id).where(broken).limit(1)) is None:
                return
        error = "The stand-in was stopped while this was being sent."
        self._change(broken, status=DeliveryStatus.Failed, attempted_at=now, error=error)

    def _change(self, which: sa.ColumnElement[bool], **values: Any) -> bool:
        with self.tenant.session() as session:
            changed = session.execute(sa.update(outbox).where(which).values(**values))
            session.commit()
            return bool(changed.rowcount)  # type: ignore[attr-defined]

    def _prune(self) -> None:
        """Forget what lies too far back."""
        mine = sa.select(outbox.c.id).where(outbox.c.webhook_id == self.webhook_id)
        with self.tenant.reader() as session:
            oldest = session.scalar(mine.order_by(outbox.c.id.desc()).offset(KEPT).limit(1))
        if oldest is not None:
            old = (outbox.c.webhook_id == self.webhook_id) & (outbox.c.id <= oldest)
            with self.tenant.session() as session:
                session.execute(sa.delete(outbox).where(old, outbox.c.due_at.is_(None)))
                session.commit()


def headers_of(webhook: Webhook, body: bytes) -> dict[str, str]:
    """What goes with a message; without a secret there is no signature."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "traceparent": clock.new_trace(),
    }
    if webhook.secret:
        headers["X-UiPath-Signature"] = webhooks.signature(webhook.secret, body)
    return headers
