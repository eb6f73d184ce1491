"""What can be asked of triggers, and what must hold when one is made or changed."""

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import clock, firing, jobs, schedules
from concertmaster.domain.call import Call
from concertmaster.domain.errors import OrchestratorError
from concertmaster.entities import ProcessSchedule, QueueDefinition, Release
from concertmaster.model import NAMESPACE, model
from concertmaster.odata import write
from concertmaster.odata.operations import Id, Nothing, Payload, action, function, read_list
from concertmaster.odata.service import Complex, Values
from concertmaster.odata.write import Change, hook

ScheduleIds = Annotated[list[Id], Field(max_length=1000)]


class Executor(Payload):
    """A robot in a trigger's list (RobotExecutorDto)."""

    id: Id


# --- operations -----------------------------------------------------------------------------


@action("ProcessSchedules", "SetEnabled", permission="Schedules.Edit")
def set_enabled(
    call: Call,
    schedule_ids: ScheduleIds,
    enabled: bool = False,
    multistatus_enabled: bool | None = None,
) -> bool:
    """Enable or disable triggers: all of them, or none when one cannot be."""
    for schedule in schedules.find(call.session, call.folder, schedule_ids):
        schedules.switch(call.session, schedule, on=enabled, now=call.now)
    return True


@action("ProcessSchedules", "Activate", key=True, permission="Schedules.Edit")
def activate(call: Call, key: Id) -> Nothing:
    """Count the queue of a trigger now, and start the jobs that are missing."""
    (schedule,) = schedules.find(call.session, call.folder, [key])
    firing.activate(call.session, schedule, now=call.now)
    return Nothing()


@action("ProcessSchedules", "ValidateProcessSchedule", permission="Schedules.Create")
def validate_process_schedule(call: Call, process_schedule: dict[str, Any]) -> Complex:
    """Whether a trigger could be made of this; nothing is."""
    errors = _errors(call, process_schedule)
    members = {"IsValid": not errors, "Errors": errors, "ErrorCodes": []}
    return Complex(f"{NAMESPACE}.ValidationResultDto", members)


def _errors(call: Call, payload: Mapping[str, Any]) -> list[str]:
    change = write.read_change(model().type_of(ProcessSchedule), payload, create=True)
    schedule = ProcessSchedule(**change.values)
    try:
        with call.session.begin_nested() as trial:
            before_create(call, schedule, change)
            trial.rollback()
    except OrchestratorError as error:
        return [error.message]
    return []


@function("ProcessSchedules", "GetRobotIdsForSchedule", permission="Schedules.View")
def get_robot_ids_for_schedule(call: Call, key: Id) -> Values:
    """The robots that a trigger is meant for, by number."""
    (schedule,) = schedules.find(call.session, call.folder, [key])
    return Values("Edm.Int64", [robot.id for robot in schedule.executor_robots])


# --- around changes -------------------------------------------------------------------------


@hook("before_create", ProcessSchedule)
def before_create(call: Call, schedule: ProcessSchedule, change: Change) -> None:
    schedule.key = clock.new_guid()
    schedule.enabled = change.values.get("enabled", True)  # defaults come when a row is written
    schedule.enabled_at = call.now
    schedule.organization_unit_id = call.folder
    with call.session.no_autoflush:
        _settle(call, schedule, change)


@hook("before_update", ProcessSchedule)
def before_update(call: Call, schedule: ProcessSchedule, change: Change) -> None:
    """A key or a name stands for the process only where no id is given; 0 is none."""
    for attribute in ("release_id", "queue_definition_id", "calendar_id"):
        if change.values.get(attribute) == 0:
            change.values[attribute] = None
    if change.values.get("release_id") is None and change.values.get("release_key"):
        asked = jobs.Start(release_key=change.values["release_key"])
        release = jobs.find_release(call.session, call.folder, asked)
        change.values["release_id"] = release.id
    if change.values.get("enabled") and not schedule.enabled:
        schedule.enabled_at, schedule.failed_launches = call.now, 0


@hook("after_create", ProcessSchedule)
def after_create(call: Call, schedule: ProcessSchedule, change: Change) -> None:
    schedules.tell_queues(call.session, schedule)


@hook("after_update", ProcessSchedule)
def after_update(call: Call, schedule: ProcessSchedule, change: Change) -> None:
    with call.session.no_autoflush:
        _settle(call, schedule, change)
    call.session.flush()
    schedules.tell_queues(call.session, schedule)


@hook("before_delete", ProcessSchedule)
def before_delete(call: Call, schedule: ProcessSchedule) -> None:
    schedules.tell_queues(call.session, schedule, gone=True)


@hook("before_delete", Release)
def release_deleted(call: Call, release: Release) -> None:
    schedules.check_unscheduled(call.session, release)


def _settle(call: Call, schedule: ProcessSchedule, change: Change) -> None:
    if "ExecutorRobots" in change.related or change.replace:
        given = read_list(Executor, change.related.get("ExecutorRobots"), "ExecutorRobots")
        schedules.set_executors(call.session, schedule, [robot.id for robot in given])
    schedule.run_as_user_id = call.caller.user_id if schedule.run_as_me else None
    schedules.settle(call.session, schedule, now=call.now)


@hook("after_update", Release)
def release_renamed(call: Call, release: Release, change: Change) -> None:
    """Triggers show the names of what they are about."""
    for schedule in call.session.scalars(
        sa.select(ProcessSchedule).where(ProcessSchedule.release_id == release.id)
    ):
        schedules.show_release(schedule, release)


@hook("after_update", QueueDefinition)
def queue_renamed(call: Call, queue: QueueDefinition, change: Change) -> None:
    for schedule in call.session.scalars(
        sa.select(ProcessSchedule).where(ProcessSchedule.queue_definition_id == queue.id)
    ):
        schedules.show_queue(schedule, queue)
