"""The jobs of a trigger: how many it starts, where, and what comes of it when that keeps failing.

Two things switch a trigger off: launches that fail (no job comes about), which the settings
`Triggers.DisableWhenFailedCount` and `Triggers.DisableWhenFailingSinceDays` speak of, and jobs that
fault one after another, which the trigger itself sets a bound to.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, jobs, schedules
from concertmaster.domain.errors import OrchestratorError, PendingJobsAlreadyExist
from concertmaster.domain.events import Event
from concertmaster.domain.time_limits import seconds
from concertmaster.entities import Job, JobState, ProcessSchedule, Setting

#: Seconds.
HOUR, DAY = 3600, 86_400

#: Settings, and what holds where a tenant does not say.
COUNT_STRATEGY: Final = ("Triggers.JobsCountStrategy", "PERPROCESS")
FAILED_COUNT: Final = ("Triggers.DisableWhenFailedCount", "10")
FAILING_DAYS: Final = ("Triggers.DisableWhenFailingSinceDays", "1")


def launch(session: Session, schedule: ProcessSchedule, *, now: str) -> bool:
    """Start the jobs of a trigger; where that fails, note it. Whether it went well."""
    return attempt(session, schedule, _count(schedule), now=now)


def attempt(session: Session, schedule: ProcessSchedule, count: int, *, now: str) -> bool:
    """Start so many jobs, and keep account of how it went."""
    try:
        with session.begin_nested():
            start(session, schedule, count, now=now)
    except OrchestratorError as error:
        _fail(session, schedule, error.message, now=now)
        return False
    return True


def launch_now(session: Session, schedule: ProcessSchedule, *, now: str) -> list[Job]:
    """Start the jobs of a trigger for somebody who wants to know what is in the way.

    Raises what `jobs.start` does.
    """
    return start(session, schedule, _count(schedule), now=now)


def _count(schedule: ProcessSchedule) -> int:
    return max(1, schedule.start_strategy)


def start(session: Session, schedule: ProcessSchedule, count: int, *, now: str) -> list[Job]:
    """Jobs of a trigger: `count` of them, or as many on each robot that it is meant for.

    Raises:
        PendingJobsAlreadyExist: as many as it would start are waiting already.
        ProcessNotFound, InvalidArgument, InvalidStartJobRobotIds: they cannot be started.
    """
    robots = _robots(schedule)
    strategy = "Specific" if robots else "JobsCount"
    if schedule.start_strategy == schedules.ALL_ROBOTS:
        strategy = "All"
    if strategy == "JobsCount" and schedule.queue_definition_id is None:
        count -= _waiting(session, schedule)
        if count < 1:
            raise PendingJobsAlreadyExist
    started = jobs.start(
        session,
        schedule.organization_unit_id,
        jobs.Start(
            release_key=schedule.release_key,
            strategy=strategy,
            robot_ids=robots,
            jobs_count=count if strategy == "JobsCount" else 0,
            each=count,
            input_arguments=schedule.input_arguments,
            input_file=schedule.input_file,
            job_priority=None if schedule.specific_priority_value else schedule.job_priority,
            specific_priority_value=schedule.specific_priority_value,
            source="Schedule" if schedule.queue_definition_id is None else "Queue",
            run_as_user_id=schedule.run_as_user_id,
            stop_after=seconds(schedule, "stop_process_expression"),
            stop_as=schedule.stop_strategy,
            kill_after=seconds(schedule, "kill_process_expression"),
            values=_values(schedule),
        ),
        now=now,
    )
    schedule.launched_at, schedule.failed_launches = now, 0
    schedule.external_job_key = started[0].batch_execution_key
    return started


def _robots(schedule: ProcessSchedule) -> list[int]:
    named = [pair["RobotId"] for pair in schedule.machine_robots if pair.get("RobotId")]
    return list(dict.fromkeys([robot.id for robot in schedule.executor_robots] or named))


def _values(schedule: ProcessSchedule) -> dict[str, object]:
    """What the jobs take over, and how long they are expected to take."""
    return {
        "starting_schedule_id": schedule.id,
        "entry_point_path": schedule.entry_point_path or None,
        "runtime_type": schedule.runtime_type,
        "resume_on_same_context": schedule.resume_on_same_context,
        "alert_pending_seconds": seconds(schedule, "alert_pending_expression"),
        "max_expected_running_time_seconds": seconds(schedule, "alert_running_expression"),
    }


def _waiting(session: Session, schedule: ProcessSchedule) -> int:
    """Jobs that wait for a robot and count against those of a launch."""
    strategy = setting(session, COUNT_STRATEGY).strip().upper()
    if strategy == "NOLIMIT":
        return 0
    same = Job.starting_schedule_id == schedule.id
    if strategy != "PERTRIGGER":
        same = Job.release_id == schedule.release_id
    pending = sa.select(sa.func.count()).where(same, Job.state == JobState.Pending)
    return session.scalar(pending) or 0


def setting(session: Session, name_and_default: tuple[str, str]) -> str:
    """A setting of the tenant."""
    name, default = name_and_default
    found = session.get(Setting, name)
    return default if found is None or not found.value else found.value


def _number(session: Session, name_and_default: tuple[str, str]) -> int:
    text = setting(session, name_and_default)
    return int(text if text.isascii() and text.isdecimal() else name_and_default[1])


# --- when it goes wrong ---------------------------------------------------------------------


def _fail(session: Session, schedule: ProcessSchedule, reason: str, *, now: str) -> None:
    schedule.failed_launches += 1
    folder = schedule.organization_unit_id
    events.record(session, "schedule.failed", [schedule.id], folder=folder, now=now, reason=reason)
    most = _number(session, FAILED_COUNT)
    well_at = schedule.launched_at or schedule.enabled_at or now
    failing = clock.between(well_at, now) >= _number(session, FAILING_DAYS) * DAY
    if 0 < most <= schedule.failed_launches and failing:
        disable(session, schedule, "It could not start its jobs.", now=now)


def disable(session: Session, schedule: ProcessSchedule, reason: str, *, now: str) -> None:
    """Switch a trigger off because of what happened, not because somebody asked."""
    schedules.switch(session, schedule, on=False, now=now)
    folder = schedule.organization_unit_id
    events.record(
        session, "schedule.disabled", [schedule.id], folder=folder, now=now, reason=reason
    )


#: What a trigger keeps account of.
NOTED: Final = frozenset({"job.faulted"})


def react(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """Switch off the triggers whose jobs have faulted too often, one after another."""
    faulted = [id_ for event in happened for id_ in event.ids]
    now = happened[-1].at
    of_them = sa.select(Job.starting_schedule_id).where(Job.id.in_(faulted))
    for schedule in session.scalars(
        sa.select(ProcessSchedule)
        .where(
            ProcessSchedule.id.in_(of_them),
            ProcessSchedule.enabled,
            ProcessSchedule.consecutive_job_failures_threshold > 0,
        )
        .order_by(ProcessSchedule.id)
    ):
        if _fails_too_often(session, schedule, now):
            disable(session, schedule, "Its jobs faulted one after another.", now=now)


def _fails_too_often(session: Session, schedule: ProcessSchedule, now: str) -> bool:
    mine = Job.starting_schedule_id == schedule.id
    since = [Job.end_time >= (schedule.enabled_at or "")]
    last_good = session.execute(
        sa.select(Job.end_time, Job.id)
        .where(mine, Job.state == JobState.Successful)
        .order_by(Job.end_time.desc(), Job.id.desc())
        .limit(1)
    ).first()
    if last_good is not None:
        ended, job_id = last_good
        since.append(sa.or_(Job.end_time > ended, (Job.end_time == ended) & (Job.id > job_id)))
    count, first = session.execute(
        sa.select(sa.func.count(), sa.func.min(Job.end_time)).where(
            mine, Job.state == JobState.Faulted, *since
        )
    ).one()
    grace = (schedule.job_failures_grace_period_in_hours or 0) * HOUR
    most = schedule.consecutive_job_failures_threshold or 0
    return first is not None and count >= most and clock.between(first, now) >= grace
