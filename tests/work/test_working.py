"""Background work: what falls due is done at its moment, in order, once."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from concertmaster.domain import clock
from concertmaster.domain.errors import InvalidArgument
from concertmaster.store import Tenant
from concertmaster.work.advancing import advance
from concertmaster.work.due import Fired, Kind
from concertmaster.work.turns import Turns
from concertmaster.work.working import Working
from work.conftest import START


def at(seconds: float) -> str:
    return clock.add(START, seconds)


class Agenda:
    """A kind of work that is a list of moments; each may put another one on the list."""

    def __init__(self, name: str, *moments: str, rests: bool = True) -> None:
        self.moments = sorted(moments)
        self.seen: list[str] = []
        self.follows: dict[str, tuple[Agenda, str]] = {}
        self.kind = Kind(name, self._next, self._run, rests)

    def _next(self, _session: Session) -> str | None:
        return min(self.moments, default=None)

    def _run(self, tenant: Tenant, now: str, _stopping: threading.Event) -> list[Fired]:
        done = [moment for moment in self.moments if moment <= now]
        self.moments = [moment for moment in self.moments if moment > now]
        self.seen += [tenant.clock.now()] * len(done)
        for moment in done:
            if moment in self.follows:
                other, when = self.follows[moment]
                other.moments.append(when)
        return [Fired(now, self.kind.name, number) for number, _ in enumerate(done)]


def working(tenant: Tenant, *agendas: Agenda) -> Working:
    return Working(tenant, [agenda.kind for agenda in agendas], threading.Event())


def names(fired: list[Fired]) -> list[tuple[str, str]]:
    return [(one.at, one.what) for one in fired]


def test_moments_come_in_order_and_the_clock_stands_at_each(tenant: Tenant) -> None:
    one, two = Agenda("one", at(10), at(30)), Agenda("two", at(20), at(30), at(61))
    fired = advance(working(tenant, one, two), at(60))
    assert names(fired) == [
        (at(10), "one"), (at(20), "two"), (at(30), "one"), (at(30), "two"),
    ]  # fmt: skip
    assert one.seen == [at(10), at(30)]
    assert tenant.clock.now() == at(60)
    assert tenant.clock.frozen


def test_what_follows_from_work_is_done_on_the_way(tenant: Tenant) -> None:
    jobs, items = Agenda("job", at(10)), Agenda("item")
    jobs.follows[at(10)] = (items, at(15))
    items.follows[at(15)] = (jobs, at(15))  # at the same moment, in an earlier kind
    fired = advance(working(tenant, jobs, items), at(20))
    assert names(fired) == [(at(10), "job"), (at(15), "item"), (at(15), "job")]


def test_what_is_late_is_done_now(tenant: Tenant) -> None:
    late = Agenda("late", at(-3600))
    assert names(advance(working(tenant, late), at(0))) == [(at(0), "late")]


def test_a_clock_that_ran_runs_on(tenant: Tenant) -> None:
    tenant.clock.thaw(scale=60)
    advance(working(tenant, Agenda("one", at(100_000))), at(200_000))
    assert not tenant.clock.frozen
    assert tenant.clock.scale == 60
    assert tenant.clock.now() >= at(200_000)


def test_the_clock_does_not_advance_into_the_past(tenant: Tenant) -> None:
    with pytest.raises(InvalidArgument):
        advance(working(tenant), at(-1))
    assert tenant.clock.now() == START


def test_while_paused_time_passes_and_what_people_wait_for_is_done(tenant: Tenant) -> None:
    tenant.clock.pause()
    life, export = Agenda("life", at(10)), Agenda("export", at(5), rests=False)
    work = working(tenant, life, export)
    assert names(advance(work, at(60))) == [(at(5), "export")]
    tenant.clock.pause(False)
    work.look()
    assert life.seen == [at(60)]


def test_work_that_fails_or_does_nothing_holds_up_no_other(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> list[Fired]:
        raise RuntimeError("no good")

    bad = Kind("bad", lambda session: at(1), fail)
    idle = Kind("idle", lambda session: at(2), lambda *_: [])
    good = Agenda("good", at(3))
    work = Working(tenant, [bad, idle, good.kind], threading.Event())
    assert names(advance(work, at(5))) == [(at(3), "good")]
    assert "no good" in caplog.text


def test_work_that_gave_way_to_a_request_is_done_again(tenant: Tenant) -> None:
    agenda = Agenda("one", at(1))
    refusals = [StaleDataError(), StaleDataError()]

    def run(*given: Any) -> list[Fired]:
        if refusals:
            raise refusals.pop()
        return agenda.kind.run(*given)

    work = Working(tenant, [replace(agenda.kind, run=run)], threading.Event())
    assert names(advance(work, at(5))) == [(at(1), "one")]
    assert refusals == []


def test_who_is_alone_keeps_others_from_work(tenant: Tenant) -> None:
    agenda = Agenda("one", at(-1))
    work = working(tenant, agenda)
    alone, done = threading.Event(), threading.Event()

    def hold() -> None:
        with tenant.own(Turns).alone():
            alone.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    alone.wait(10)
    work.look()
    assert agenda.moments == [at(-1)]
    done.set()
    holder.join()
    work.look()
    assert agenda.moments == []


def test_the_clock_is_kept(tenant: Tenant) -> None:
    tenant.clock.set(at(5), scale=2, frozen=True)
    tenant.clock.pause()
    tenant.clock.forget()
    assert (tenant.clock.now(), tenant.clock.scale) == (at(5), 2)
    assert tenant.clock.frozen and tenant.clock.paused
    tenant.clock.reset()
    tenant.clock.forget()
    assert not tenant.clock.frozen
    assert tenant.clock.now() > at(5)
