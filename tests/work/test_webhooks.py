"""Delivery: the breaker, at least once, in order, and nobody waits for somebody else's receiver."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock, webhooks
from concertmaster.domain.events import Event
from concertmaster.entities import DeliveryStatus, Webhook, webhook_deliveries
from concertmaster.settings import Settings
from concertmaster.store import Tenant
from concertmaster.work import webhooks as delivery
from concertmaster.work.advancing import advance
from concertmaster.work.alone import Alone
from concertmaster.work.working import Working
from receiver import Receiver, receiving
from work.conftest import START


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def at(seconds: float) -> str:
    return clock.add(START, seconds)


def working(tenant: Tenant, mode: str = "once", **more: Any) -> Working:
    settings = Settings(webhook_delivery=mode, **more)  # type: ignore[arg-type]
    return Working(tenant, [delivery.kind(settings)], threading.Event())


def hook(tenant: Tenant, url: str, **values: Any) -> int:
    values = {"name": url, "subscribe_to_all_events": True, **values}
    with tenant.session() as session:
        made = Webhook(key=clock.new_guid(), url=url, **values)
        session.add(made)
        session.flush()
        webhooks.changed(session)
        session.commit()
        return made.id


def happen(tenant: Tenant, *names: str) -> None:
    """Events that carry their names, at the tenant's time."""
    with tenant.session() as session:
        happened = [
            Event("custom", (), None, tenant.clock.now(), {"EventData": {"Name": name}})
            for name in names
        ]
        webhooks.announce(session, happened, None)
        session.commit()


def names(receiver: Receiver) -> list[str]:
    return [body["EventData"]["Name"] for body in receiver.bodies("custom")]


def log(tenant: Tenant) -> list[tuple[str, int]]:
    columns = (webhook_deliveries.c.status, webhook_deliveries.c.attempts)
    with tenant.reader() as session:
        rows = session.execute(sa.select(*columns).order_by(webhook_deliveries.c.id))
        return [(DeliveryStatus(row.status).name, row.attempts) for row in rows]


def test_messages_come_in_order_and_signed(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url, secret="hush")
    happen(tenant, "one", "two")
    happen(tenant, "three")
    fired = advance(working(tenant), START)
    assert names(receiver) == ["one", "two", "three"]
    assert [one.what for one in fired] == ["webhook.delivered"] * 3
    for message in receiver.got:
        assert message.signed_with("hush")
        assert message.headers["content-type"] == "application/json; charset=utf-8"
        assert "Concertmaster" in message.headers["user-agent"]
    assert len({body["EventId"] for body in receiver.bodies("custom")}) == 3


def test_without_a_secret_there_is_no_signature(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    happen(tenant, "one")
    advance(working(tenant), START)
    assert "x-uipath-signature" not in receiver.got[0].headers


def test_a_failure_opens_the_breaker_for_an_hour(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    work = working(tenant)
    receiver.answers = 500
    happen(tenant, "fails", "is skipped")
    advance(work, START)
    receiver.answers = 200
    advance(work, at(3599))
    happen(tenant, "is skipped, too")
    assert [one.what for one in advance(work, at(3599))] == ["webhook.skipped"]
    assert names(receiver) == ["fails"]
    advance(work, at(3600))
    happen(tenant, "arrives")
    advance(work, at(3600))
    assert names(receiver) == ["fails", "arrives"]
    assert log(tenant) == [("Failed", 1), ("Skipped", 0), ("Skipped", 0), ("Delivered", 1)]


@pytest.mark.parametrize("status", [301, 404, 503])
def test_only_a_success_counts(tenant: Tenant, receiver: Receiver, status: int) -> None:
    hook(tenant, receiver.url)
    receiver.answers = status
    happen(tenant, "one")
    advance(working(tenant), START)
    assert log(tenant) == [("Failed", 1)]


def test_at_least_once_nothing_is_lost(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    work = working(tenant, "at-least-once")
    receiver.answers = 503
    happen(tenant, "one", "two")
    advance(work, START)
    advance(work, at(4))
    happen(tenant, "three")
    advance(work, at(14.9))  # again after 5 seconds, and after 10 more
    assert names(receiver) == ["one", "one"]
    receiver.answers = 200
    fired = advance(work, at(15))
    assert [one.at for one in fired] == [at(15)] * 3
    assert names(receiver) == ["one", "one", "one", "two", "three"]
    assert log(tenant) == [("Delivered", 3), ("Delivered", 1), ("Delivered", 1)]
    assert len({body["EventId"] for body in receiver.bodies("custom")}) == 3


def test_at_least_once_pauses_grow_to_an_hour(tenant: Tenant) -> None:
    hook(tenant, "http://127.0.0.1:1/nobody")
    work = working(tenant, "at-least-once")
    happen(tenant, "one")
    fired = advance(work, START) + advance(work, at(4 * 3600))
    pauses = [clock.between(a.at, b.at) for a, b in itertools.pairwise(fired)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == 3600
    happen(tenant, "two")
    assert advance(work, at(4 * 3600)) == []  # waits behind the first


def test_a_receiver_that_is_not_there_is_told_in_the_log(tenant: Tenant) -> None:
    number = hook(tenant, "http://127.0.0.1:1/nobody")
    happen(tenant, "one")
    advance(working(tenant), START)
    with tenant.reader() as session:
        row = session.execute(sa.select(webhook_deliveries)).one()
        webhook = session.get_one(Webhook, number)
    assert row.error.startswith("ConnectError")
    assert (row.response_status, row.attempts) == (None, 1)
    assert webhook.paused_until == at(3600)


def test_a_slow_receiver_keeps_nobody_waiting(tenant: Tenant, receiver: Receiver) -> None:
    slow = hook(tenant, receiver.url, name="slow")
    receiver.open.clear()
    with receiving() as quick:
        hook(tenant, quick.url, name="quick")
        work = working(tenant)
        for name in ("one", "two"):
            happen(tenant, name)
            work.do_due(START)
            _until_in_flight(tenant, slow)
        assert names(quick) == ["one", "two"]
        assert names(receiver) == []
        receiver.open.set()
        _until_in_flight(tenant)
    assert names(receiver) == ["one", "two"]


def _until_in_flight(tenant: Tenant, *webhooks: int) -> None:
    """Wait until only these are being spoken to."""
    for _ in range(1500):
        if sorted(tenant.own(delivery.InFlight).held()) == sorted(webhooks):
            return
        time.sleep(0.02)
    pytest.fail("still sending after half a minute")


def test_whoever_moves_the_clock_waits_for_all(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    receiver.delay = delivery.PATIENCE + 0.2
    happen(tenant, "one")
    assert len(advance(working(tenant), at(1))) == 1


def test_the_clock_waits_for_what_the_background_began(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    receiver.open.clear()
    happen(tenant, "one")
    work = working(tenant)
    work.look()  # as the runner does it: leaves the receiver to itself after a while
    assert names(receiver) == []
    happen(tenant, "two")
    threading.Timer(0.3, receiver.open.set).start()
    advance(work, at(1))
    assert names(receiver) == ["one", "two"]


def test_a_receiver_has_so_long_to_answer(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    receiver.open.clear()
    happen(tenant, "one")
    advance(working(tenant, webhook_timeout=1), at(1))
    with tenant.reader() as session:
        row = session.execute(sa.select(webhook_deliveries)).one()
    assert row.error == "No answer within 1 seconds."
    assert row.status == DeliveryStatus.Failed


def test_what_a_dead_process_was_sending_is_written_off(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url)
    happen(tenant, "one", "two")
    with tenant.session() as session:  # as a process leaves it that dies while it sends the first
        first = sa.select(sa.func.min(webhook_deliveries.c.id)).scalar_subquery()
        dying = sa.update(webhook_deliveries).where(webhook_deliveries.c.id == first)
        session.execute(dying.values(status=DeliveryStatus.Sending, due_at=None))
        session.commit()
    advance(working(tenant), START)
    assert names(receiver) == ["two"]
    assert log(tenant) == [("Failed", 0), ("Delivered", 1)]


def test_replicas_hear_of_each_others_webhooks(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tenant.dialect == "sqlite":
        pytest.skip("a file has one process")
    elsewhere = webhooks.Subscriptions(tenant)
    with tenant.reader() as session:
        assert elsewhere.to(session, "custom") == ()
    hook(tenant, receiver.url)
    with tenant.reader() as session:
        assert elsewhere.to(session, "custom") == ()  # for a second at most
        monkeypatch.setattr(webhooks, "FRESH", 0.0)
        assert len(elsewhere.to(session, "custom")) == 1


def test_what_is_undone_was_never_heard_of(tenant: Tenant, receiver: Receiver) -> None:
    with tenant.session() as session:
        session.add(
            Webhook(
                key=clock.new_guid(),
                url=receiver.url,
                name="n",
                events=[],
                subscribe_to_all_events=True,
            )
        )
        session.flush()
        webhooks.changed(session)
        event = Event("custom", (), None, START, {"EventData": {"Name": "one"}})
        webhooks.announce(session, [event], None)
        session.rollback()
    happen(tenant, "two")
    assert log(tenant) == []


def test_a_disabled_webhook_is_sent_nothing(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver.url, enabled=False)
    happen(tenant, "one")
    assert log(tenant) == []


def test_what_waits_for_a_webhook_that_goes_goes_too(tenant: Tenant, receiver: Receiver) -> None:
    number = hook(tenant, receiver.url)
    happen(tenant, "one")
    with tenant.session() as session:
        session.delete(session.get_one(Webhook, number))
        webhooks.changed(session)
        session.commit()
    assert advance(working(tenant), START) == []
    happen(tenant, "two")
    assert log(tenant) == []


def test_the_log_keeps_the_last_thousand(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "KEPT", 3)
    hook(tenant, receiver.url)
    happen(tenant, *"abcdef")
    advance(working(tenant), START)
    assert len(log(tenant)) == 3


def test_a_webhook_is_one_threads_at_a_time(tenant: Tenant) -> None:
    class Things(Alone):
        space = 0x74657374

    things, elsewhere = Things(tenant), Things(tenant)  # two processes, on PostgreSQL
    with ExitStack() as stack:
        assert stack.enter_context(things.holding(1))
        assert stack.enter_context(things.holding(2))
        assert not things.take(1)
        assert elsewhere.take(1) is (tenant.dialect == "sqlite")
        assert sorted(things.held()) == [1, 2]
    assert things.held() == []
    assert things.take(1)
    things.let_go(1)
    elsewhere.let_go(1)
