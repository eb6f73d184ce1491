"""The life of a job, without HTTP: strategies, steps, stops. Time is passed in."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy.orm import Session

from concertmaster.domain import jobs
from concertmaster.domain.errors import (
    CannotRestartUnfinishedJob,
    InvalidArgument,
    InvalidStartJobRobotIds,
    ItemNotFound,
    JobCannotBeStopped,
    PendingJobsAlreadyExist,
    ProcessNotFound,
)
from concertmaster.domain.job_states import FINAL, STEPS, STOPS, Mover, may
from concertmaster.domain.jobs import Start
from concertmaster.entities import Environment, Folder, Job, Release, Robot
from concertmaster.entities._enums import JobPriority, RobotType
from concertmaster.entities._kinds import Entity
from concertmaster.entities.folders import PermissionModel
from concertmaster.entities.jobs import JobSourceType, JobState, StopStrategy
from statements import counted

NOW = "2026-01-02T03:04:05.0000000Z"
LATER = "2026-01-02T04:00:00.0000000Z"


def _guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def open_session() -> Session:
    """A database with a classic and a modern folder, and a process with three robots."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Entity.metadata.create_all(engine)
    session = Session(engine, expire_on_commit=False)
    classic = PermissionModel.InheritFromTenant
    session.add_all([
        Folder(
            id=1, key=_guid(1), display_name="Classic", fully_qualified_name="Classic",
            permission_model=classic,
        ),
        Folder(id=2, key=_guid(2), display_name="Modern", fully_qualified_name="Modern"),
    ])  # fmt: skip
    session.flush()
    robots = [
        Robot(id=n, name=f"R{n}", type=RobotType.Unattended, organization_unit_id=1, enabled=n != 4)
        for n in (1, 2, 3, 4)
    ]
    session.add(Environment(id=1, name="env", organization_unit_id=1, robots=robots))
    for folder in (1, 2):
        session.add(
            Release(
                id=folder,
                key=_guid(10 + folder),
                name=f"Process{folder}",
                process_key="P",
                process_version="1.0.0",
                organization_unit_id=folder,
                environment_id=1,
                creation_time=NOW,
            )
        )
    session.flush()
    return session


@pytest.fixture
def session() -> Iterator[Session]:
    opened = open_session()
    yield opened
    close(opened)


def close(session: Session) -> None:
    engine = session.get_bind()
    session.close()
    engine.engine.dispose()


def _start(session: Session, folder: int = 2, **asked: object) -> list[Job]:
    asked.setdefault("release_name", f"process{folder}")
    return jobs.start(session, folder, Start(**asked), now=NOW)  # type: ignore[arg-type]


def test_one_job_by_default(session: Session) -> None:
    (job,) = _start(session, source="AgentService", input_arguments="{}")
    assert (job.state, job.creation_time, job.release_name) == (JobState.Pending, NOW, "Process2")
    assert (job.source, job.source_type) == ("AgentService", JobSourceType.AgentService)
    assert job.specific_priority_value == 45
    assert job.organization_unit_fully_qualified_name == "Modern"


def test_jobs_of_one_call_are_one_batch(session: Session) -> None:
    started = _start(session, strategy="ModernJobsCount", jobs_count=3)
    assert len({job.batch_execution_key for job in started}) == 1
    assert len({job.key for job in started}) == 3


def test_the_release_key_goes_before_the_name(session: Session) -> None:
    (job,) = _start(session, release_key=_guid(12).upper(), release_name="nobody")
    assert job.release_id == 2


def test_all_takes_every_enabled_robot_once(session: Session) -> None:
    started = _start(session, 1, strategy="all")
    assert [job.robot_id for job in started] == [1, 2, 3]
    with pytest.raises(PendingJobsAlreadyExist):
        _start(session, 1, strategy="All")


@pytest.mark.parametrize("asked", [{"strategy": "All"}, {"strategy": "Specific"}])
def test_more_robots_cost_no_more_statements(asked: dict[str, object]) -> None:
    costs = []
    for robot_ids in ([1], [1, 2, 3]):
        session = open_session()
        for robot in session.scalars(sa.select(Robot).where(Robot.id.not_in(robot_ids))):
            robot.enabled = False
        _start(session)  # what is read but once is read
        given = {"robot_ids": robot_ids} if asked["strategy"] == "Specific" else {}
        with counted(session.get_bind().engine) as statements:
            assert len(_start(session, 1, **asked, **given)) == len(robot_ids)
        costs.append(len([one for one in statements if one.startswith("SELECT")]))
        close(session)
    assert costs[0] == costs[1]


def test_robot_count_takes_the_first(session: Session) -> None:
    assert [
        job.robot_id for job in _start(session, 1, strategy="RobotCount", number_of_robots=2)
    ] == [1, 2]


def test_specific_robots(session: Session) -> None:
    (job,) = _start(session, 1, strategy="Specific", robot_ids=[2, 2])
    assert job.robot_id == 2
    with pytest.raises(PendingJobsAlreadyExist):
        _start(session, 1, strategy="Specific", robot_ids=[2])


@pytest.mark.parametrize(
    ("folder", "asked", "error"),
    [
        (2, {"release_name": "nope"}, ProcessNotFound),
        (2, {"release_key": _guid(11)}, ProcessNotFound),
        (2, {"release_name": None}, InvalidArgument),
        (2, {"strategy": "All"}, InvalidArgument),
        (2, {"strategy": "Nonsense"}, InvalidArgument),
        (2, {"strategy": "JobsCount", "jobs_count": -1}, InvalidArgument),
        (2, {"strategy": "JobsCount", "jobs_count": 10_001}, InvalidArgument),
        (2, {"input_file": _guid(1), "input_arguments": "{}"}, InvalidArgument),
        (2, {"job_priority": JobPriority.High, "specific_priority_value": 5}, InvalidArgument),
        (1, {"strategy": "Specific"}, InvalidArgument),
        (1, {"strategy": "Specific", "robot_ids": [99]}, InvalidStartJobRobotIds),
        (1, {"strategy": "Specific", "robot_ids": [4]}, InvalidStartJobRobotIds),
        (2, {"strategy": "Specific", "robot_ids": [1]}, InvalidStartJobRobotIds),
        (1, {"strategy": "RobotCount"}, InvalidArgument),
    ],
)
def test_what_cannot_start(
    session: Session, folder: int, asked: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _start(session, folder, **asked)
    assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_pending_job_stops_at_once(session: Session) -> None:
    (job,) = _start(session)
    jobs.stop(session, [job], StopStrategy.SoftStop, now=LATER)
    assert (job.state, job.end_time) == (JobState.Stopped, LATER)


@pytest.mark.parametrize(
    ("strategy", "state"),
    [(StopStrategy.SoftStop, JobState.Stopping), (StopStrategy.Kill, JobState.Terminating)],
)
def test_a_running_job_is_asked_to_stop(
    session: Session, strategy: StopStrategy, state: JobState
) -> None:
    (job,) = _start(session)
    jobs.move(session, job, JobState.Running, Mover.ROBOT, now=NOW)
    jobs.stop(session, [job], strategy, now=LATER)
    assert (job.state, job.stop_strategy, job.end_time) == (state, strategy, None)


def test_stopping_is_all_or_nothing(session: Session) -> None:
    ended, waiting = _start(session, strategy="JobsCount", jobs_count=2)
    jobs.move(session, ended, JobState.Stopped, Mover.USER, now=NOW)
    with pytest.raises(JobCannotBeStopped):
        jobs.stop(session, [waiting, ended], StopStrategy.Kill, now=LATER)
    assert waiting.state is JobState.Pending


def test_who_is_too_late_does_not_move(session: Session) -> None:
    (job,) = _start(session)
    session.execute(
        sa.update(Job).values(state=JobState.Running).execution_options(synchronize_session=False)
    )
    assert jobs.move(session, job, JobState.Stopped, Mover.USER, now=LATER) is False
    assert job.state is JobState.Running


def test_a_job_runs_again_when_it_has_ended(session: Session) -> None:
    (job,) = _start(session, input_arguments='{"a": 1}')
    with pytest.raises(CannotRestartUnfinishedJob):
        jobs.restart(session, job, now=LATER)
    jobs.move(session, job, JobState.Faulted, Mover.BACKGROUND, now=LATER)
    again = jobs.restart(session, job, now=LATER)
    assert again.id != job.id
    assert (again.state, again.input_arguments) == (JobState.Pending, '{"a": 1}')


def test_jobs_of_another_folder_are_not_found(session: Session) -> None:
    (job,) = _start(session)
    with pytest.raises(ItemNotFound):
        jobs.find_jobs(session, 1, [job.id])


class LifeOfAJob(RuleBasedStateMachine):
    """Whatever is done to a job, it moves along the table and never leaves a final state."""

    def __init__(self) -> None:
        super().__init__()
        self.session = open_session()
        (self.job,) = _start(self.session)
        self.history = [self.job.state]

    def teardown(self) -> None:
        close(self.session)

    @rule(to=st.sampled_from(list(JobState)), mover=st.sampled_from(list(Mover)))
    def move(self, to: JobState, mover: Mover) -> None:
        before = self.job.state
        if may(before, to, mover):
            assert jobs.move(self.session, self.job, to, mover, now=LATER)
            self.history.append(to)
        else:
            with pytest.raises(ValueError, match="does not go"):
                jobs.move(self.session, self.job, to, mover, now=LATER)
            assert self.job.state is before

    @precondition(lambda self: self.job.state not in FINAL)
    @rule(strategy=st.sampled_from(list(StopStrategy)))
    def stop(self, strategy: StopStrategy) -> None:
        expected = STOPS[self.job.state, strategy]
        jobs.stop(self.session, [self.job], strategy, now=LATER)
        assert self.job.state is expected
        if self.history[-1] is not expected:
            self.history.append(expected)

    @invariant()
    def every_step_was_allowed(self) -> None:
        steps = zip(self.history, self.history[1:], strict=False)
        assert all(to in STEPS[before] for before, to in steps)
        assert (self.job.end_time is not None) == (self.job.state in FINAL)


TestLifeOfAJob = LifeOfAJob.TestCase
TestLifeOfAJob.settings = hypothesis_settings(
    max_examples=25, stateful_step_count=12, deadline=None
)
