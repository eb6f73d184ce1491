"""Triggers as such: what must hold of one, what it shows of others, switching it on and off.

When it is due stands in `occurrences`, and what it does then in `firing`.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, jobs, occurrences, releases, time_limits
from concertmaster.domain.arguments import check_arguments
from concertmaster.domain.errors import (
    HasDependentItems,
    InvalidArgument,
    InvalidStartJobRobotIds,
    ItemNotFound,
    QueueHasTrigger,
)
from concertmaster.entities import (
    Calendar,
    Folder,
    PermissionModel,
    ProcessSchedule,
    QueueDefinition,
    Release,
    RobotExecutor,
    StopStrategy,
)

#: A `StartStrategy`: all robots of the environment.
ALL_ROBOTS = -1


# --- what must hold -------------------------------------------------------------------------


def settle(session: Session, schedule: ProcessSchedule, *, now: str) -> None:
    """Check a trigger that was made or changed, complete what follows, and say when it is due.

    Raises:
        ItemNotFound: its process or its queue is not in the folder.
        InvalidCron, InvalidTimeZone, ScheduleWillNeverRun: its time does not hold.
        InvalidArgument: its input, or a number of seconds, does not hold.
        QueueHasTrigger: its queue has another.
    """
    release = _settle_release(session, schedule)
    _settle_queue(session, schedule)
    _settle_time(session, schedule, now=now)
    _check_strategy(session, schedule)
    for name in _SECONDS:
        time_limits.seconds(schedule, name)
    if schedule.stop_process_expression and schedule.stop_strategy is None:
        schedule.stop_strategy = StopStrategy.SoftStop
    if schedule.input_arguments and schedule.input_file:
        raise InvalidArgument("A trigger cannot have both an input file and input arguments.")
    arguments = releases.arguments_at(session, release, schedule.entry_point_path)
    check_arguments(schedule.input_arguments, arguments, release.input_arguments)
    if schedule.external_job_key_scheduler is None:
        schedule.external_job_key_scheduler = clock.new_guid()


def _settle_release(session: Session, schedule: ProcessSchedule) -> Release:
    """The process, by id; where none is given by key, then by name."""
    inside = sa.select(Release).where(Release.organization_unit_id == schedule.organization_unit_id)
    if schedule.release_id:
        found = session.scalar(inside.where(Release.id == schedule.release_id))
        if found is None:
            raise ItemNotFound(entity="Release")
    else:
        asked = jobs.Start(release_key=schedule.release_key, release_name=schedule.release_name)
        found = jobs.find_release(session, schedule.organization_unit_id, asked)
    schedule.release_id = found.id
    show_release(schedule, found)
    return found


def show_release(schedule: ProcessSchedule, release: Release) -> None:
    """What a trigger says of its process."""
    schedule.release_key = release.key
    schedule.release_name = release.name
    schedule.package_name = release.process_key
    schedule.environment_id = str(release.environment_id or "")
    schedule.environment_name = release.environment_name


def _settle_queue(session: Session, schedule: ProcessSchedule) -> None:
    if not schedule.queue_definition_id:  # some clients send 0
        schedule.queue_definition_id = schedule.queue_definition_name = None
        return
    queue = session.get(QueueDefinition, schedule.queue_definition_id)
    if queue is None or queue.organization_unit_id != schedule.organization_unit_id:
        raise ItemNotFound(entity="QueueDefinition")
    others = sa.select(ProcessSchedule.id).where(
        ProcessSchedule.queue_definition_id == queue.id,
        ProcessSchedule.id != (schedule.id or 0),
    )
    if session.scalars(others.limit(1)).first() is not None:
        raise QueueHasTrigger(name=queue.name)
    show_queue(schedule, queue)


def show_queue(schedule: ProcessSchedule, queue: QueueDefinition) -> None:
    """What a trigger says of its queue, and what holds where it does not say."""
    schedule.queue_definition_name = queue.name
    schedule.items_activation_threshold = schedule.items_activation_threshold or 1
    schedule.max_jobs_for_activation = schedule.max_jobs_for_activation or 1
    schedule.items_per_job_activation_target = schedule.items_per_job_activation_target or 1
    schedule.start_process_cron = schedule.start_process_cron or occurrences.RECOUNT


def _settle_time(session: Session, schedule: ProcessSchedule, *, now: str) -> None:
    calendar = session.get(Calendar, schedule.calendar_id) if schedule.calendar_id else None
    if schedule.calendar_id and calendar is None:
        raise ItemNotFound(entity="Calendar")
    schedule.calendar_id = calendar.id if calendar else None
    occurrences.settle(schedule, calendar)
    occurrences.plan(schedule, calendar, now=now)
    occurrences.check_runs(schedule)


def _check_strategy(session: Session, schedule: ProcessSchedule) -> None:
    folder = session.get_one(Folder, schedule.organization_unit_id)
    if (
        schedule.start_strategy == ALL_ROBOTS
        and folder.permission_model == PermissionModel.FineGrained
    ):
        raise InvalidArgument("The start strategy -1 is not available in modern folders.")


def set_executors(session: Session, schedule: ProcessSchedule, robot_ids: Sequence[int]) -> None:
    """The robots that a trigger is meant for.

    Raises InvalidStartJobRobotIds where one is neither of the folder nor of no folder.
    """
    wanted = sorted(set(robot_ids))
    home = RobotExecutor.organization_unit_id
    found = session.scalars(
        sa.select(RobotExecutor)
        .where(
            RobotExecutor.id.in_(wanted),
            sa.or_(home == schedule.organization_unit_id, home.is_(None)),
        )
        .order_by(RobotExecutor.id)
    ).all()
    if len(found) != len(wanted):
        raise InvalidStartJobRobotIds
    schedule.executor_robots = list(found)


_SECONDS = (
    "stop_process_expression",
    "kill_process_expression",
    "alert_pending_expression",
    "alert_running_expression",
)


def tell_queues(session: Session, schedule: ProcessSchedule, *, gone: bool = False) -> None:
    """Let a queue name the trigger it has, and one that had it forget it."""
    queue_id = 0 if gone else schedule.queue_definition_id or 0
    for there, value in (
        (QueueDefinition.id == queue_id, schedule.id),
        (
            (QueueDefinition.process_schedule_id == schedule.id) & (QueueDefinition.id != queue_id),
            None,
        ),
    ):
        session.execute(sa.update(QueueDefinition).where(there).values(process_schedule_id=value))


def check_unscheduled(session: Session, release: Release) -> None:
    """Raises HasDependentItems while a process has triggers."""
    found = sa.select(ProcessSchedule.id).where(ProcessSchedule.release_id == release.id)
    if session.scalars(found.limit(1)).first() is not None:
        raise HasDependentItems(entity="Release", dependents="triggers")


# --- on and off -----------------------------------------------------------------------------


def find(session: Session, folder_id: int, schedule_ids: Sequence[int]) -> list[ProcessSchedule]:
    """Triggers of a folder by id. Raises ItemNotFound where one is missing."""
    wanted = list(dict.fromkeys(schedule_ids))
    found = session.scalars(
        sa.select(ProcessSchedule)
        .where(ProcessSchedule.id.in_(wanted), ProcessSchedule.organization_unit_id == folder_id)
        .order_by(ProcessSchedule.id)
    ).all()
    if len(found) != len(wanted):
        missing = sorted(set(wanted) - {schedule.id for schedule in found})
        raise ItemNotFound(entity="ProcessSchedule", resource_ids=missing)
    return list(found)


def calendar_of(session: Session, schedule: ProcessSchedule) -> Calendar | None:
    return session.get(Calendar, schedule.calendar_id) if schedule.calendar_id else None


def switch(session: Session, schedule: ProcessSchedule, *, on: bool, now: str) -> None:
    """Enable or disable a trigger. What went wrong before it was enabled is forgotten.

    Raises ScheduleWillNeverRun where there is no moment to wait for.
    """
    if schedule.enabled == on:
        return
    schedule.enabled = on
    if on:
        schedule.enabled_at, schedule.failed_launches = now, 0
    occurrences.plan(schedule, calendar_of(session, schedule), now=now)
    occurrences.check_runs(schedule)
    session.flush()
