"""The demo is alive: its robots are at work, jobs end by themselves, queues are worked off."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from concertmaster.domain import clock, sessions
from concertmaster.entities import Job, JobOutcome, JobState, QueueItem, QueueItemStatus
from concertmaster.entities import Session as RobotSession
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work.advancing import advance
from concertmaster.work.kinds import kinds
from concertmaster.work.working import Working
from seeding import SeedOnce
from stand_in import DATABASE_URL


@pytest.fixture
def demo(tmp_path: Path, seed: SeedOnce) -> Iterator[Tenant]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    registry = Registry.open(Settings(data=tmp_path, ephemeral=True, database_url=url), seed)
    registry.default.clock.freeze()
    yield registry.default
    registry.close()


def _by(tenant: Tenant, column: Any) -> Counter[str]:
    with tenant.reader() as session:
        return Counter(value.name for value in session.scalars(sa.select(column)))


def test_robots_are_at_their_jobs_from_the_first_moment(demo: Tenant) -> None:
    with demo.reader() as session:
        running = session.execute(
            sa.select(Job.id, RobotSession.job_id, RobotSession.state)
            .join(RobotSession, RobotSession.id == Job.dispatched_to)
            .where(Job.state == JobState.Running)
        ).all()
        in_hand = session.scalars(
            sa.select(JobOutcome.item_id).where(JobOutcome.item_id.is_not(None))
        ).all()
    assert len(running) == 4
    assert all(row.id == row.job_id and row.state.name == "Busy" for row in running)
    assert len(in_hand) == 3, "three of them work off a queue"


def test_a_quarter_of_an_hour(demo: Tenant) -> None:
    jobs, items = _by(demo, Job.state), _by(demo, QueueItem.status)
    fired = advance(Working(demo, kinds(Settings()), Flag()), clock.add(demo.clock.now(), 900))
    after, worked = _by(demo, Job.state), _by(demo, QueueItem.status)
    assert after["Pending"] == after["Running"] == 0
    ended = sum(after[state] - jobs[state] for state in ("Successful", "Faulted", "Stopped"))
    assert ended == jobs["Pending"] + jobs["Running"]
    assert worked["New"] < items["New"]
    assert worked["Successful"] > items["Successful"]
    what = Counter(one.what for one in fired)
    assert what["job.completed"] + what["job.faulted"] == ended
    with demo.reader() as session:
        left = session.scalars(
            sa.select(QueueItem).where(QueueItem.status == QueueItemStatus.InProgress)
        ).all()
        assert all(item.start_processing < clock.add(demo.clock.now(), -900) for item in left)


def test_nobody_gives_up_a_simulated_robot(demo: Tenant) -> None:
    now = clock.add(demo.clock.now(), 86_400)
    with demo.session() as session:
        assert sessions.next_silent(session, after=60) is None
        assert sessions.give_up_silent(session, now=now, after=60) == []
    advance(Working(demo, kinds(Settings()), Flag()), clock.add(demo.clock.now(), 3600))
    with demo.reader() as session:
        states = {
            (held.state.name, held.reporting_time == demo.clock.now())
            for held in session.scalars(sa.select(RobotSession))
        }
    assert states == {("Available", True), ("Disconnected", False)}
