"""Which robot gets which job, what it is told, and what it reports.

A robot asks; it is given the first of the jobs that fit, by priority, then age. Being given a job
is a compare-and-set on the job's row: two robots never get the same. Until a robot is heard to be
done with its job it gets no other, and hears of this one again with every heartbeat, so that an
answer which was lost on the way does no harm.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import jobs, runtimes, sessions
from concertmaster.domain.access import Caller
from concertmaster.domain.job_states import FINAL, WAITING, Mover, may
from concertmaster.entities import (
    Folder,
    Job,
    JobOutcome,
    JobState,
    OutcomeMode,
    Process,
    Release,
    ReleaseVersion,
    Robot,
    SessionState,
    User,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.entities._enums import RobotType
from concertmaster.entities.sessions import MaintenanceMode

#: How many of the waiting jobs are looked at in one go; capabilities are not for SQL.
LOOKED_AT = 50

#: What a job says of its end where its robot says nothing.
DONE = {JobState.Successful: "Job completed", JobState.Stopped: "Job stopped"}

BEING_STOPPED = (JobState.Stopping, JobState.Terminating, *sorted(FINAL))


# --- giving ---------------------------------------------------------------------------------


def give(session: Session, held: RobotSession, caller: Caller, *, now: str) -> Job | None:
    """The job that a robot is to run: the one it has, or the next that fits.

    `caller` is the robot: only what waits in folders that it can enter is given to it.
    """
    if held.job_id is not None:
        return session.get(Job, held.job_id)
    if held.maintenance_mode is MaintenanceMode.Enabled:
        return None
    robot = session.get_one(Robot, held.robot_id)
    free = runtimes.free(session, held, robot)
    if not free:
        return None
    for job in session.scalars(_fitting(session, held, robot, caller, free)):
        kind = free[0] if job.wanted_runtime_type is None else job.wanted_runtime_type
        if _can_run(session, held, job) and _claim(session, held, robot, job, kind, now):
            held.job_id = job.id
            sessions.turn(session, held, SessionState.Busy, now=now)
            return job
    return None


def _fitting(
    session: Session,
    held: RobotSession,
    robot: Robot,
    caller: Caller,
    free: Sequence[RobotType],
) -> sa.Select[Job]:
    return (
        sa.select(Job)
        .join(Release, Release.id == Job.release_id)
        .where(
            Job.dispatched_to.is_(None),
            sa.or_(Job.wanted_runtime_type.is_(None), Job.wanted_runtime_type.in_(free)),
            *meant_for(session, held, robot, caller),
        )
        .order_by(Job.specific_priority_value.desc(), Job.creation_time, Job.id)
        .limit(LOOKED_AT)
    )


def meant_for(
    session: Session, held: RobotSession, robot: Robot, caller: Caller
) -> list[sa.ColumnElement[bool]]:
    """What holds of the waiting jobs (with their releases) that a robot may take."""
    workspace = session.scalar(
        sa.select(User.personal_workspace_id).where(User.id == (robot.user_id or 0))
    )
    others = sa.select(Folder.id).where(Folder.is_personal, Folder.id != (workspace or 0))
    uploaded = sa.exists().where(Process.id == Release.process_key, Process.file.is_not(None))
    played = sa.select(JobOutcome.job_id)  # whatever has an outcome is not a real robot's
    simulated = Job.id.in_(played.where(JobOutcome.mode == OutcomeMode.After))
    return [
        Job.state.in_(WAITING),
        Job.organization_unit_id.in_(caller.folders),
        Job.organization_unit_id.not_in(others),
        sa.or_(Job.wanted_robot_id.is_(None), Job.wanted_robot_id == robot.id),
        sa.or_(Job.run_as_user_id.is_(None), Job.run_as_user_id == (robot.user_id or 0)),
        simulated if held.simulated else sa.and_(uploaded, Job.id.not_in(played)),
    ]


def _can_run(session: Session, held: RobotSession, job: Job) -> bool:
    if held.simulated:
        return True
    package = package_of(session, job)
    if package is None or package.file is None:
        return False
    able = None if held.capabilities is None else held.capabilities.lower().split(",")
    return package.runtime is None or able is None or package.runtime in able


def _claim(
    session: Session, held: RobotSession, robot: Robot, job: Job, kind: RobotType, now: str
) -> bool:
    claimed = session.execute(
        sa.update(Job)
        .where(Job.id == job.id, Job.state.in_(WAITING), Job.dispatched_to.is_(None))
        .values(
            dispatched_to=held.id, dispatched_at=now, robot_id=robot.id,
            machine_id=held.machine_id, host_machine_name=held.host_machine_name,
            runtime_type=kind,
        )
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar()  # fmt: skip
    session.refresh(job)
    return claimed is not None


def package_of(session: Session, job: Job) -> Process | None:
    """The package that a job runs, in the version its process had when it was started."""
    release = session.get(Release, job.release_id) if job.release_id is not None else None
    if release is None:
        return None
    version = session.get(ReleaseVersion, job.release_version_id or 0)
    wanted = version.version_number if version else release.process_version
    found = session.scalars(
        sa.select(Process).where(
            Process.id == release.process_key,
            Process.version == wanted,
            sa.or_(Process.feed_id.is_(None), Process.feed_id == release.feed_id),
        )
    ).all()
    return max(found, key=lambda one: one.feed_id is not None, default=None)


# --- telling --------------------------------------------------------------------------------


def command(session: Session, held: RobotSession, job: Job, feed: str) -> dict[str, Any] | None:
    """What a robot is told of its job; None while it runs as it should.

    `feed` is the name of the tenant's, where packages without a feed of their own lie.
    """
    if job.state in WAITING:
        kind = "StartProcess"
    elif job.state in BEING_STOPPED:
        kind = "StopProcess"  # a job that has ended without its robot, too
    else:
        return None
    robot = session.get_one(Robot, held.robot_id)
    user = session.get(User, robot.user_id) if robot.user_id is not None else None
    return {
        "robotKey": robot.robot_key,
        "username": robot.username,
        "robotName": robot.name,
        "robotType": int(robot.type),
        "machineId": held.machine_id,
        "hasLicense": True,
        "isExternalLicensed": robot.is_external_licensed,
        "executionSettings": robot.execution_settings or {},
        "authSettings": {},
        "userDetails": {
            "key": user.key if user else robot.robot_key,
            "email": (user.email_address if user else None) or robot.name,
        },
        "data": {"id": job.key, "type": kind, **_task(session, job, feed)},
    }


def _task(session: Session, job: Job, feed: str) -> dict[str, Any]:
    release = session.get(Release, job.release_id) if job.release_id is not None else None
    package = package_of(session, job)
    folder = session.get_one(Folder, job.organization_unit_id)
    return {
        "jobKey": job.key,
        "processKey": release.key if release else job.key,
        "processName": job.release_name,
        "packageId": package.id if package else None,
        "packageVersion": package.version if package else None,
        "feedId": (package.feed_id if package else None) or feed,
        "targetFramework": package.target_framework.name if package else None,
        "entryPointPath": job.entry_point_path
        or (package.main_entry_point_path if package else None),
        "inputArguments": job.input_arguments,
        "inputFile": job.input_file,
        "environmentVariables": job.environment_variables,
        "internalArguments": None,
        "requiresUserInteraction": job.requires_user_interaction,
        "jobSource": job.source,
        "stopStrategy": job.stop_strategy.name if job.stop_strategy else None,
        "folderId": folder.id,
        "folderKey": folder.key,
        "folderPath": folder.fully_qualified_name,
        "fullyQualifiedFolderName": folder.fully_qualified_name,
        "persistenceId": job.persistence_id if job.state is JobState.Resumed else None,
        "resumeVersion": job.resume_version if job.state is JobState.Resumed else None,
        "resumeSource": job.resume_source if job.state is JobState.Resumed else None,
        "fpsContext": job.fps_context,
        "fpsProperties": job.fps_properties,
        "traceId": job.trace_id,
        "parentSpanId": job.parent_span_id,
        "rootSpanId": job.root_span_id,
    }


# --- hearing --------------------------------------------------------------------------------


def report(
    session: Session,
    held: RobotSession,
    job_key: str,
    state: JobState | None,
    said: Mapping[str, Any],
    *,
    now: str,
) -> None:
    """What a robot says of a job that it was given. Of another's job it has nothing to say.

    `said` are attributes of the job: info, output_arguments, output_file, job_error…
    """
    job = session.scalars(sa.select(Job).where(Job.key == job_key)).first()
    if job is None or job.dispatched_to != held.id or state is None:
        return
    if state is JobState.Running and job.state in WAITING:
        _begin(session, job, said, now)
    elif state in FINAL:
        _finish(session, job, state, said, now)
    elif may(job.state, state, Mover.ROBOT):
        jobs.move(session, job, state, Mover.ROBOT, now=now)
    if state in FINAL and held.job_id == job.id:
        held.job_id = None
        sessions.turn(session, held, SessionState.Available, now=now)


def _begin(session: Session, job: Job, said: Mapping[str, Any], now: str) -> None:
    values = {"start_time": job.start_time or now}
    for name in ("trace_id", "parent_span_id", "root_span_id"):
        if said.get(name) and getattr(job, name) is None:
            values[name] = said[name]
    jobs.move(session, job, JobState.Running, Mover.ROBOT, now=now, **values)


def _finish(session: Session, job: Job, state: JobState, said: Mapping[str, Any], now: str) -> None:
    """To its end, by way of Running where the word of its beginning was lost."""
    if job.state in FINAL:
        return
    if job.state in WAITING and not may(job.state, state, Mover.ROBOT):
        _begin(session, job, said, now)
    if not may(job.state, state, Mover.ROBOT):  # told to end at once, and came to its end by itself
        state = JobState.Stopped
    values = {name: value for name, value in said.items() if value is not None}
    values.setdefault("info", DONE.get(state))
    jobs.move(session, job, state, Mover.ROBOT, now=now, **values)
