"""A room with triggers: a tenant with a folder, two processes, two robots, and what a test adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, firing, jobs, queues, reactions, schedules
from concertmaster.domain.clock import new_guid
from concertmaster.domain.job_states import Mover
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import NewItem
from concertmaster.entities import (
    Calendar,
    Folder,
    Job,
    JobState,
    ProcessSchedule,
    QueueDefinition,
    Release,
    Robot,
    RobotType,
    Setting,
    User,
)
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from stand_in import DATABASE_URL

SHARED, ANN = 1, 1
PROCESS, OTHER_PROCESS = 1, 2

NOW = "2026-03-02T08:00:00.0000000Z"  # a Monday


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def at(text: str) -> str:
    """`03-02 08:00` → that moment of 2026."""
    return clock.parse(f"2026-{text.replace(' ', 'T')}Z")


def fill(tenant: Tenant) -> None:
    with tenant.session() as session, session.begin():
        session.add(
            Folder(id=SHARED, key=guid(1), display_name="Shared", fully_qualified_name="Shared")
        )
        session.add(User(id=ANN, key=guid(2), user_name="ann", creation_time=NOW))
        session.flush()
        for id_ in (PROCESS, OTHER_PROCESS):
            session.add(
                Release(
                    id=id_, key=guid(10 + id_), name=f"P{id_}", process_key="P",
                    process_version="1.0.0", organization_unit_id=SHARED, creation_time=NOW,
                )
            )  # fmt: skip
            session.add(Robot(id=id_, name=f"R{id_}", type=RobotType.Unattended))


@dataclass
class TriggerRoom:
    """A session in a tenant, and short ways to what tests ask all the time."""

    session: Session
    made: int = 0

    def trigger(
        self, cron: str | None = "0 0 9 * * ?", *, now: str = NOW, robots: tuple[int, ...] = (),
        **values: Any,
    ) -> ProcessSchedule:  # fmt: skip
        self.made += 1
        values = {
            "name": f"t{self.made}", "release_id": PROCESS, "time_zone_id": "UTC", "enabled": True,
            "start_strategy": 1, "machine_robots": [], **values,
        }  # fmt: skip
        schedule = ProcessSchedule(
            key=new_guid(), organization_unit_id=SHARED, start_process_cron=cron, enabled_at=now,
            **values,
        )  # fmt: skip
        with self.session.no_autoflush:
            schedules.set_executors(self.session, schedule, robots)
            schedules.settle(self.session, schedule, now=now)
        self.session.add(schedule)
        self.session.flush()
        return schedule

    def calendar(self, *days: str, zone: str | None = None) -> int:
        self.made += 1
        dates = [f"2026-{day}T00:00:00Z" for day in days]
        calendar = Calendar(
            key=new_guid(), name=f"c{self.made}", time_zone_id=zone, excluded_dates=dates
        )
        self.session.add(calendar)
        self.session.flush()
        return calendar.id

    def queue(self) -> QueueDefinition:
        self.made += 1
        queue = QueueDefinition(
            key=new_guid(), name=f"q{self.made}", organization_unit_id=SHARED, creation_time=NOW
        )
        self.session.add(queue)
        self.session.flush()
        return queue

    def fill(self, queue: QueueDefinition, count: int, *, now: str, **values: Any) -> None:
        """Items, with what follows from them."""
        for _ in range(count):
            queues.add_item(self.session, queue, NewItem(**values), by=Actor(ANN, "ann"), now=now)
        reactions.settle(self.session)

    def fire(self, now: str) -> list[str]:
        """What came of the triggers that are due."""
        outcomes = [one.what for one in firing.fire_due(self.session, now=now)]
        reactions.settle(self.session)
        return outcomes

    def jobs(self, **values: Any) -> list[Job]:
        found = sa.select(Job).filter_by(**values).order_by(Job.id)
        return list(self.session.scalars(found.execution_options(populate_existing=True)))

    def run(self, job: Job, *, now: str) -> None:
        jobs.move(self.session, job, JobState.Running, Mover.ROBOT, now=now)

    def end(self, job: Job, state: JobState, *, now: str) -> None:
        """Let a job run and end."""
        if job.state == JobState.Pending:
            self.run(job, now=now)
        jobs.move(self.session, job, state, Mover.ROBOT, now=now)
        reactions.settle(self.session)

    def set(self, name: str, value: str) -> None:
        self.session.add(Setting(id=name, name=name, value=value))
        self.session.flush()

    def told(self) -> list[tuple[str, Any]]:
        """The events that nobody has taken up yet, with their reasons."""
        return [(event.type, event.facts.get("reason")) for event in events.take(self.session)]


@pytest.fixture(scope="session")
def trigger_tenant() -> Iterator[Tenant]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    settings = Settings(ephemeral=True, database_url=url, scenario="empty")
    registry = Registry.open(settings, fill)
    yield registry.default
    registry.close()


@pytest.fixture
def triggers(trigger_tenant: Tenant) -> Iterator[TriggerRoom]:
    """Nothing that happens in it stays."""
    with trigger_tenant.session() as session:
        yield TriggerRoom(session)
        session.rollback()
