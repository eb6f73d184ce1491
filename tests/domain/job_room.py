"""A room with processes, simulated robots and a queue; time stands until a test moves it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from concertmaster.domain import clock, jobs, reactions
from concertmaster.domain.jobs import Start
from concertmaster.entities import (
    Job,
    JobOutcome,
    JobState,
    JobTrigger,
    ProcessOutcome,
    QueuedResult,
    QueueItem,
    QueueItemEvent,
    QueueProcessingRecord,
    Release,
    RobotLog,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.scenarios import seed
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work.advancing import advance
from concertmaster.work.kinds import kinds
from concertmaster.work.working import Working
from stand_in import DATABASE_URL

START = "2026-01-01T00:00:00.0000000Z"

SCENARIO = """
about: Two robots that are simulated and one that is not, and what they may run.
include: tenant
Folders:
  - {Id: 1, DisplayName: Shared}
  - {Id: 2, DisplayName: Shared's inner, Parent: Shared}
  - {Id: 3, DisplayName: Nobody's}
Users:
  - {Id: 1, UserName: admin, Password: concertmaster, Roles: Administrator, Folders: [Shared]}
  - {Id: 2, UserName: one, Type: Robot, Folders: {Shared: [Automation User]}}
  - {Id: 3, UserName: two, Type: Robot, Folders: {Shared: [Automation User]}}
  - {Id: 4, UserName: three, Type: Robot, Folders: {Shared: [Automation User]}}
Machines:
  - {Id: 1, Name: M, UnattendedSlots: 10, Folders: [Shared, "Shared/Shared's inner"]}
Robots:
  - {Id: 1, Name: One, User: one, Type: Unattended, Username: one}
  - {Id: 2, Name: Two, User: two, Type: Unattended, Username: two}
  - {Id: 3, Name: Three, User: three, Type: Unattended, Username: three}
Sessions:
  - {Id: 1, Robot: One, Machine: M, State: Available, Simulated: true,
     ReportingTime: {at: "2026-01-01T00:00:00Z"}}
  - {Id: 2, Robot: Two, Machine: M, State: Available, Simulated: true,
     ReportingTime: {at: "2026-01-01T00:00:00Z"}}
  - {Id: 3, Robot: Three, Machine: M, State: Available,
     ReportingTime: {at: "2026-01-01T00:00:00Z"}}
Processes:
  - Id: P
    Version: 1.0.0
    Arguments:
      Input: {json: [{name: a, type: System.Int32, required: false}]}
      Output: {json: [{name: n, type: System.Int32}, {name: s, type: System.String}]}
Releases:
  - {Id: 1, Name: Timed, ProcessKey: P, ProcessVersion: 1.0.0, Folder: Shared,
     Outcome: {mode: after, seconds: [10, 10]}}
  - {Id: 2, Name: Inner, ProcessKey: P, ProcessVersion: 1.0.0, Folder: "Shared/Shared's inner",
     Outcome: {mode: after, seconds: 10}}
  - {Id: 3, Name: Manual, ProcessKey: P, ProcessVersion: 1.0.0, Folder: Shared}
  - {Id: 4, Name: AtOnce, ProcessKey: P, ProcessVersion: 1.0.0, Folder: Shared, Outcome: immediate}
  - {Id: 5, Name: Real, ProcessKey: P, ProcessVersion: 1.0.0, Folder: Shared, Outcome: robot}
  - {Id: 6, Name: Alone, ProcessKey: P, ProcessVersion: 1.0.0, Folder: "Nobody's",
     Outcome: {mode: after, seconds: 10}}
  - {Id: 7, Name: Queued, ProcessKey: P, ProcessVersion: 1.0.0, Folder: Shared,
     Outcome: {mode: after, seconds: 50, failures: 0.3}}
QueueDefinitions:
  - {Id: 1, Name: Q, Folder: Shared, Release: Queued, AcceptAutomaticallyRetry: true,
     MaxNumberOfRetries: 1}
"""


@dataclass
class JobRoom:
    """A tenant whose background works when a test says so, and short ways to ask."""

    tenant: Tenant
    working: Working = field(init=False)

    def __post_init__(self) -> None:
        self.working = Working(self.tenant, kinds(Settings()), Flag())

    @property
    def now(self) -> str:
        return self.tenant.clock.now()

    def start(self, process: str = "Timed", count: int = 1, **asked: Any) -> list[int]:
        """New jobs, as an API call starts them; their ids."""
        with self.tenant.session() as session:
            found = session.scalars(sa.select(Release).where(Release.name == process)).one()
            asked = {"release_key": found.key, "jobs_count": count, **asked}
            started = jobs.start(session, found.organization_unit_id, Start(**asked), now=self.now)
            reactions.commit(session)
        return [job.id for job in started]

    def do(self, what: Any, *given: Any, **words: Any) -> Any:
        """A piece of behaviour in a unit of work of its own."""
        with self.tenant.session() as session:
            answer = what(session, *given, now=self.now, **words)
            reactions.commit(session)
        return answer

    def stop(self, job_id: int, strategy: Any) -> None:
        with self.tenant.session() as session:
            jobs.stop(session, [session.get_one(Job, job_id)], strategy, now=self.now)
            reactions.commit(session)

    def after(self, seconds: float) -> list[tuple[float, str, int | str]]:
        """Time goes by; what fired, with the seconds since the beginning."""
        fired = advance(self.working, clock.add(self.now, seconds))
        return [(clock.between(START, one.at), one.what, one.id) for one in fired]

    def get(self, cls: Any, key: int) -> Any:
        with self.tenant.reader() as session:
            return session.get(cls, key)

    def all(self, query: Any) -> list[Any]:
        with self.tenant.reader() as session:
            return list(session.scalars(query))

    def job(self, job_id: int) -> Job:
        found: Job = self.get(Job, job_id)
        return found

    def states(self, job_ids: list[int]) -> list[str]:
        return [self.job(job_id).state.name for job_id in job_ids]

    def logs(self, job_id: int) -> list[tuple[float, str, str | None]]:
        key = self.job(job_id).key
        lines = sa.select(RobotLog).where(RobotLog.job_key == key).order_by(RobotLog.number)
        return [
            (clock.between(START, line.time_stamp), line.level.name, line.message)
            for line in self.all(lines)
        ]

    def check(self) -> None:
        """What must hold at any time, whatever was done."""
        with self.tenant.reader() as session:
            sessions = session.scalars(sa.select(RobotSession)).all()
            found = {job.id: job for job in session.scalars(sa.select(Job))}
            outcomes = {one.job_id: one for one in session.scalars(sa.select(JobOutcome))}
        in_hand = [held.job_id for held in sessions if held.job_id is not None]
        assert len(in_hand) == len(set(in_hand)), "two robots have one job"
        for held in sessions:
            if held.simulated and held.job_id is not None:
                job = found[held.job_id]
                assert held.state.name == "Busy"
                assert job.dispatched_to == held.id
                assert job.state in (JobState.Running, JobState.Stopping, JobState.Terminating)
        for job in found.values():
            final = job.state in (JobState.Successful, JobState.Faulted, JobState.Stopped)
            assert (job.end_time is not None) == final
            assert not (final and job.id in outcomes), "what has ended has no outcome to come"
            if job.state not in (JobState.Pending, JobState.Stopped, JobState.Faulted):
                assert job.start_time is not None, "only what never ran has no start"
            if job.state is JobState.Faulted:
                assert job.info
                assert job.error_code
                assert job.job_error["Code"] == job.error_code


@pytest.fixture(scope="module")
def job_registry() -> Iterator[Registry]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.yaml"
        path.write_text(SCENARIO, encoding="utf-8")
        url = SecretStr(DATABASE_URL) if DATABASE_URL else None
        settings = Settings(
            data=Path(folder) / "data", ephemeral=True, database_url=url, scenario=str(path)
        )
        registry = Registry.open(settings, seed)
        yield registry
        registry.close()


#: What changes in a room, those that refer to others first.
CHANGING = (
    RobotLog, JobOutcome, QueuedResult, ProcessOutcome, JobTrigger, RobotSession, Job,
    QueueItemEvent, QueueItem, QueueProcessingRecord,
)  # fmt: skip
#: What a room holds of it at first.
HELD = (RobotSession, ProcessOutcome)


def rows_of(tenant: Tenant) -> dict[Any, list[dict[str, Any]]]:
    with tenant.connect() as connection:
        return {
            cls: [dict(row) for row in connection.execute(sa.select(cls.__table__)).mappings()]
            for cls in HELD
        }


def clear(tenant: Tenant, held: dict[Any, list[dict[str, Any]]]) -> None:
    """Back to what the scenario says: quicker than a new tenant."""
    with tenant.writing.begin() as connection:
        for cls in CHANGING:
            connection.execute(sa.delete(cls))
        for cls, rows in held.items():
            connection.execute(sa.insert(cls), rows)
    tenant.clock.reset()
    tenant.clock.freeze(START)


@pytest.fixture(scope="module")
def first_rows(job_registry: Registry) -> dict[Any, list[dict[str, Any]]]:
    return rows_of(job_registry.default)


@pytest.fixture
def jobs_room(job_registry: Registry, first_rows: dict[Any, Any]) -> JobRoom:
    """A tenant in which nothing has happened yet."""
    clear(job_registry.default, first_rows)
    return JobRoom(job_registry.default)
