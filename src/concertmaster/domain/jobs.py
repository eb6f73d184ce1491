"""Jobs: how they start, how they move from state to state, who stops them and runs them again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, releases
from concertmaster.domain.arguments import check_arguments
from concertmaster.domain.errors import (
    CannotRestartUnfinishedJob,
    InvalidArgument,
    InvalidStartJobRobotIds,
    ItemNotFound,
    JobCannotBeStopped,
    NoMachineInFolder,
    PendingJobsAlreadyExist,
    ProcessNotFound,
    UnattendedRobotNotFound,
)
from concertmaster.domain.job_states import FINAL, STOPS, Mover, may
from concertmaster.entities import Folder, Job, Machine, Release, Robot, folder_machines
from concertmaster.entities._enums import JobPriority
from concertmaster.entities.environments import environment_robots
from concertmaster.entities.folders import PermissionModel
from concertmaster.entities.jobs import JobSourceType, JobState, StopStrategy
from concertmaster.entities.machines import SLOTS
from concertmaster.odata.declare import same_name

#: What others hear of a step: the name of the event that it is.
TOLD: Mapping[JobState, str] = {
    JobState.Running: "job.started",
    JobState.Stopping: "job.stopping",
    JobState.Terminating: "job.terminating",
    JobState.Faulted: "job.faulted",
    JobState.Successful: "job.completed",
    JobState.Stopped: "job.stopped",
    JobState.Suspended: "job.suspended",
    JobState.Resumed: "job.resumed",
}

#: The bands of the named priorities within 1 to 100, as UiPath's own command line sends them.
PRIORITIES = {JobPriority.Low: 25, JobPriority.Normal: 45, JobPriority.High: 65}


@dataclass(frozen=True)
class Start:
    """What is asked of `start`: which process, how often, on what, with which values."""

    release_key: str | None = None
    release_name: str | None = None
    strategy: str | None = None
    robot_ids: Sequence[int] = ()
    number_of_robots: int = 0
    jobs_count: int = 0
    each: int = 1  #: jobs on each robot of the strategy Specific
    stop_after: int | None = None  #: seconds from the start
    stop_as: StopStrategy | None = None
    kill_after: int | None = None  #: seconds from a soft stop
    input_arguments: str | None = None
    input_file: str | None = None
    job_priority: JobPriority | None = None
    specific_priority_value: int | None = None
    source: str | None = None
    batch_key: str | None = None
    run_as_user_id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)  #: attributes every job takes as given


# --- starting -------------------------------------------------------------------------------


def start(session: Session, folder_id: int, asked: Start, *, now: str) -> list[Job]:
    """New jobs, all Pending, all of one batch.

    Raises:
        ProcessNotFound: the folder has no such release.
        InvalidArgument: the input, a count or a priority does not hold.
        InvalidStartJobRobotIds, PendingJobsAlreadyExist, NoMachineInFolder,
        UnattendedRobotNotFound: no robot can take them.
    """
    folder, release, robots = prepare(session, folder_id, asked)
    batch = asked.batch_key or clock.new_guid()
    jobs = [_new_job(folder, release, robot, asked, batch, now) for robot in robots]
    return _created(session, jobs, asked, now)


def _created(session: Session, jobs: list[Job], asked: Start, now: str) -> list[Job]:
    session.add_all(jobs)
    session.flush()
    ids, folder = [job.id for job in jobs], jobs[0].organization_unit_id
    events.record(session, "job.created", ids, folder=folder, now=now, start=asked)
    return jobs


def prepare(
    session: Session, folder_id: int, asked: Start
) -> tuple[Folder, Release, Sequence[Robot | None]]:
    """What a start comes to, with nothing started. Raises what `start` raises."""
    release = find_release(session, folder_id, asked)
    _check(asked)
    arguments = releases.arguments_at(session, release, asked.values.get("entry_point_path"))
    check_arguments(asked.input_arguments, arguments, release.input_arguments)
    folder = session.get_one(Folder, folder_id)
    if not releases.is_uploaded(session, release):
        _check_runtimes(session, folder, asked)
    return folder, release, _targets(session, folder, release, asked)


def find_release(session: Session, folder_id: int, asked: Start) -> Release:
    """The release by key; where no key is given, by name in any letter case."""
    inside = sa.select(Release).where(Release.organization_unit_id == folder_id)
    if asked.release_key:
        found = session.scalar(inside.where(Release.key == asked.release_key.strip("{} ").lower()))
    elif asked.release_name:
        named = same_name(Release.name, asked.release_name)
        found = session.scalar(inside.where(named))
    else:
        raise InvalidArgument("The field ReleaseKey or ReleaseName is required.")
    if found is None:
        raise ProcessNotFound
    return found


def _check(asked: Start) -> None:
    if asked.input_file and asked.input_arguments:
        raise InvalidArgument("A job cannot have both input file and input arguments.")
    if asked.job_priority is not None and asked.specific_priority_value is not None:
        raise InvalidArgument(
            "Cannot set a specific priority value when a standard job priority setting is selected."
        )


def _check_runtimes(session: Session, folder: Folder, asked: Start) -> None:
    """Whether a modern folder could ever run it. What was uploaded may wait for its robot.

    Raises:
        NoMachineInFolder: a runtime is asked for that no machine of the folder has.
        UnattendedRobotNotFound: it is to run in front of a user who has no robot for that.
    """
    if folder.permission_model == PermissionModel.InheritFromTenant:
        return
    kind = asked.values.get("runtime_type")
    if column := SLOTS.get(kind) if kind is not None else None:
        machines = session.scalars(
            sa.select(getattr(Machine, column))
            .join(folder_machines)
            .where(folder_machines.c.folder_id == folder.id)
        ).all()
        if machines and not any(machines):  # who has no machines plays the robots by hand
            raise NoMachineInFolder
    if asked.run_as_user_id is not None and asked.values.get("requires_user_interaction"):
        own = sa.select(Robot.id).where(
            Robot.user_id == asked.run_as_user_id, Robot.type.in_(SLOTS)
        )
        if session.scalar(own.limit(1)) is None:
            raise UnattendedRobotNotFound


def _new_job(
    folder: Folder, release: Release, robot: Robot | None, asked: Start, batch: str, now: str
) -> Job:
    priority = asked.job_priority
    value = asked.specific_priority_value
    if priority is None and value is None:
        priority, value = release.job_priority, release.specific_priority_value
    if value is None:
        value = PRIORITIES[JobPriority.Normal if priority is None else priority]
    given = {
        "entry_point_path": release.entry_point_path,
        "environment_variables": release.environment_variables,
        "requires_user_interaction": release.requires_user_interaction,
        "remote_control_access": release.remote_control_access,
        **{name: v for name, v in asked.values.items() if v is not None},
    }
    job = Job(
        key=clock.new_guid(),
        batch_execution_key=batch,
        state=JobState.Pending,
        source=asked.source or "Manual",
        source_type=_source_type(asked.source),
        creation_time=now,
        last_modification_time=now,
        job_priority=priority,
        specific_priority_value=value,
        input_arguments=asked.input_arguments or release.input_arguments,
        input_file=asked.input_file,
        release_id=release.id,
        release_name=release.name,
        release_version_id=release.current_version_id,
        process_type=release.process_type,
        robot_id=robot.id if robot else None,
        wanted_robot_id=robot.id if robot else None,
        wanted_runtime_type=given.get("runtime_type"),
        run_as_user_id=asked.run_as_user_id,
        stop_at=clock.add(now, asked.stop_after) if asked.stop_after else None,
        stop_as=asked.stop_as,
        kill_after=asked.kill_after,
        host_machine_name=robot.machine_name if robot else None,
        organization_unit_id=folder.id,
        organization_unit_fully_qualified_name=folder.fully_qualified_name,
        **given,
    )
    job.overdue_at = _overdue_at(job, JobState.Pending, now)
    return job


def _source_type(source: str | None) -> JobSourceType:
    names = {member.name.lower(): member for member in JobSourceType}
    return names.get((source or "").strip().lower(), JobSourceType.Manual)


# --- strategies: who gets the jobs ----------------------------------------------------------


def _targets(
    session: Session, folder: Folder, release: Release, asked: Start
) -> Sequence[Robot | None]:
    """One entry for each job to be: a robot, or None for whichever comes first."""
    name = (asked.strategy or "").strip().lower() or "modernjobscount"
    strategy = STRATEGIES.get(name)
    if strategy is None:
        raise InvalidArgument(f"The strategy '{asked.strategy}' is not known.")
    if folder.permission_model != PermissionModel.InheritFromTenant and name in CLASSIC_ONLY:
        raise InvalidArgument(f"The strategy {asked.strategy} is not available in modern folders.")
    return strategy(session, folder, release, asked)


def _all(session: Session, folder: Folder, release: Release, asked: Start) -> Sequence[Robot]:
    robots = _robots_of(session, release)
    waiting_for = _waiting_for(session, release)
    free = [robot for robot in robots if robot.id not in waiting_for]
    if robots and not free:
        raise PendingJobsAlreadyExist
    if not robots:
        raise InvalidStartJobRobotIds
    return free


def _specific(session: Session, folder: Folder, release: Release, asked: Start) -> Sequence[Robot]:
    wanted = list(dict.fromkeys(asked.robot_ids))
    if not wanted:
        raise InvalidArgument("The field RobotIds must not be empty for the strategy Specific.")
    found = {
        robot.id: robot
        for robot in session.scalars(
            sa.select(Robot).where(
                Robot.id.in_(wanted),
                Robot.enabled,
                sa.or_(
                    Robot.organization_unit_id == folder.id, Robot.organization_unit_id.is_(None)
                ),
            )
        )
    }
    if len(found) != len(wanted):
        raise InvalidStartJobRobotIds
    if not _waiting_for(session, release).isdisjoint(wanted):
        raise PendingJobsAlreadyExist
    return [found[robot_id] for robot_id in wanted for _ in range(asked.each)]


def _robot_count(
    session: Session, folder: Folder, release: Release, asked: Start
) -> Sequence[Robot]:
    if asked.number_of_robots < 1:
        raise InvalidArgument("The field NoOfRobots must be greater than 0.")
    return _all(session, folder, release, asked)[: asked.number_of_robots]


def _jobs_count(session: Session, folder: Folder, release: Release, asked: Start) -> Sequence[None]:
    count = asked.jobs_count or 1
    if not 1 <= count <= MOST_JOBS:
        raise InvalidArgument(f"The field JobsCount must be between 1 and {MOST_JOBS}.")
    return [None] * count


#: As many as one call may start; the real product bounds it by licence.
MOST_JOBS = 10_000

Strategy = Callable[[Session, Folder, Release, Start], Sequence[Robot | None]]
STRATEGIES: Mapping[str, Strategy] = {
    "all": _all,
    "specific": _specific,
    "robotcount": _robot_count,
    "jobscount": _jobs_count,
    "modernjobscount": _jobs_count,
}
CLASSIC_ONLY = frozenset({"all", "robotcount"})


def _robots_of(session: Session, release: Release) -> list[Robot]:
    """The robots of the environment that a classic release belongs to, in order of id."""
    inside = sa.select(environment_robots.c.robot_id).where(
        environment_robots.c.environment_id == release.environment_id
    )
    return list(
        session.scalars(
            sa.select(Robot).where(Robot.id.in_(inside), Robot.enabled).order_by(Robot.id)
        )
    )


def _waiting_for(session: Session, release: Release) -> set[int | None]:
    """Robots that have a job of this release pending already."""
    pending = (Job.release_id == release.id) & (Job.state == JobState.Pending)
    return set(session.scalars(sa.select(Job.robot_id).where(pending, Job.robot_id.is_not(None))))


# --- moving ---------------------------------------------------------------------------------


def move(
    session: Session, job: Job, to: JobState, mover: Mover, *, now: str, **values: Any
) -> bool:
    """Take a job from the state it was read in to another; False when someone was faster.

    Raises ValueError for a step that the mover may not take: `job_states.STEPS`.
    """
    if not may(job.state, to, mover):
        raise ValueError(f"a job does not go from {job.state.name} to {to.name}")
    values["last_modification_time"] = now
    if to in FINAL:
        values.setdefault("end_time", now)
        values["stop_at"] = None
    values["overdue_at"] = _overdue_at(job, to, now)
    done = session.execute(
        sa.update(Job)
        .where(Job.id == job.id, Job.state == job.state)
        .values(state=to, **values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.refresh(job)
    if done is not None:
        folder = job.organization_unit_id
        events.record(session, TOLD[to], [job.id], folder=folder, now=now)
    return done is not None


def error(
    code: str, title: str, detail: str, *, now: str, category: str = "System"
) -> dict[str, Any]:
    """The attributes of a job that tell why it is Faulted."""
    told = {"Code": code, "Title": title, "Detail": detail, "Category": category, "Status": None,
            "Timestamp": now}  # fmt: skip
    return {"error_code": code, "job_error": told}


def _overdue_at(job: Job, state: JobState, now: str) -> str | None:
    """When a job will have been in a state for longer than was expected."""
    expected = {
        JobState.Pending: job.alert_pending_seconds,
        JobState.Resumed: job.alert_pending_seconds,
        JobState.Running: job.max_expected_running_time_seconds,
    }
    seconds = expected.get(state)
    return clock.add(now, seconds) if seconds else None


def stop(
    session: Session,
    jobs: Sequence[Job],
    strategy: StopStrategy,
    *,
    now: str,
    mover: Mover = Mover.USER,
) -> None:
    """Ask jobs to end: those that nobody runs end at once.

    Raises:
        JobCannotBeStopped: one has ended already; then none is touched.
    """
    for job in jobs:
        if (job.state, strategy) not in STOPS:
            raise JobCannotBeStopped(state=job.state.name, resource_ids=[job.id])
    for job in jobs:
        target = STOPS[job.state, strategy]
        if target is job.state:
            continue
        info = {"info": "Job was stopped before it ran."} if target in FINAL else {}
        if not move(session, job, target, mover, now=now, stop_strategy=strategy, **info):
            stop(session, [job], strategy, now=now, mover=mover)


def restart(session: Session, job: Job, *, now: str) -> Job:
    """A new job of the same process with the same input.

    Raises:
        CannotRestartUnfinishedJob: it has not ended yet.
        ProcessNotFound: its process is gone.
    """
    if job.state not in FINAL:
        raise CannotRestartUnfinishedJob
    asked = as_it_was(session, job)
    release = session.get_one(Release, job.release_id)
    folder = session.get_one(Folder, job.organization_unit_id)
    robot = session.get(Robot, job.wanted_robot_id) if job.wanted_robot_id else None
    again = _new_job(folder, release, robot, asked, clock.new_guid(), now)
    return _created(session, [again], asked, now)[0]


def as_it_was(session: Session, job: Job) -> Start:
    """What starts the same once more. Raises ProcessNotFound where its process is gone."""
    release = session.get(Release, job.release_id) if job.release_id else None
    if release is None:
        raise ProcessNotFound
    return Start(
        release_key=release.key,
        input_arguments=job.input_arguments, input_file=job.input_file, source=job.source,
        job_priority=job.job_priority, run_as_user_id=job.run_as_user_id,
        values={
            "entry_point_path": job.entry_point_path, "reference": job.reference,
            "runtime_type": job.wanted_runtime_type,
        },
    )  # fmt: skip


def find_jobs(session: Session, folder_id: int, job_ids: Sequence[int]) -> list[Job]:
    """Jobs of a folder by id, in the order asked. Raises ItemNotFound where one is missing."""
    wanted = list(dict.fromkeys(job_ids))
    found = {
        job.id: job
        for job in session.scalars(
            sa.select(Job).where(Job.id.in_(wanted), Job.organization_unit_id == folder_id)
        )
    }
    if len(found) != len(wanted):
        missing = [job_id for job_id in wanted if job_id not in found]
        raise ItemNotFound(entity="Job", resource_ids=missing)
    return [found[job_id] for job_id in wanted]
