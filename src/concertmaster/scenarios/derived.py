"""What the server would set of a row itself: keys, paths, names of what is referred to.

One function for each type that needs it; each only offers, so that a file may say otherwise.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from concertmaster.domain import assets, calendars, logs, occurrences, schedules
from concertmaster.domain.queue_content import as_data
from concertmaster.entities import (
    Asset,
    AssetRobotValue,
    AssetUserValue,
    AssetValueScope,
    Calendar,
    EntryPoint,
    Environment,
    Folder,
    HostingType,
    Job,
    Machine,
    Process,
    ProcessingExceptionType,
    ProcessSchedule,
    QueueDefinition,
    QueueItem,
    QueueItemComment,
    QueueItemEvent,
    QueueProcessingRecord,
    Release,
    ReleaseVersion,
    Robot,
    RobotLog,
    Role,
    Session,
    Setting,
    User,
    UserRole,
)
from concertmaster.store import Tenant

if TYPE_CHECKING:
    from concertmaster.scenarios.building import Row, World

Complete = Callable[["World", "Row"], None]

#: A row lives where that lives which it belongs to.
HOMES: Mapping[type[Any], tuple[str, type[Any]]] = {
    Job: ("release_id", Release),
    QueueItem: ("queue_definition_id", QueueDefinition),
    QueueItemEvent: ("queue_item_id", QueueItem),
    QueueItemComment: ("queue_item_id", QueueItem),
    QueueProcessingRecord: ("queue_definition_id", QueueDefinition),
}


def tenant(tenant: Tenant) -> dict[str, Any]:
    """The tenant's row about itself."""
    return {
        "id": tenant.id,
        "name": tenant.name,
        "key": tenant.key,
        "display_name": tenant.name,
        "organization_name": tenant.organization,
    }


def before_key(world: "World", cls: type[Any], row: "Row") -> None:
    """Keys that are no numbers are made of other members."""
    if cls is Setting:
        row.offer("id", row["name"])
    if cls is Process:
        row.offer("key", f"{row['id']}:{row['version']}")


def complete(world: "World", cls: type[Any], row: "Row") -> None:
    """Everything of a row that the file leaves to the server."""
    for column in ("key", "unique_key"):
        if column in row and row[column] is None and cls is not Process:
            row[column] = world.guid(cls.__name__, column, row["id"])
    if row.get("creation_time", ...) is None:
        row.offer("creation_time", world.now)
    if cls in HOMES:
        attribute, of = HOMES[cls]
        home = world.find(of, row[attribute])
        if home is not None:
            row.offer("organization_unit_id", home["organization_unit_id"])
    finish = _COMPLETE.get(cls)
    if finish is not None:
        finish(world, row)
    if "organization_unit_fully_qualified_name" in row:
        folder = world.find(Folder, row["organization_unit_id"])
        path = folder["fully_qualified_name"] if folder else None
        row.offer("organization_unit_fully_qualified_name", path)


# --- who and where --------------------------------------------------------------------------


def _folder(world: "World", row: "Row") -> None:
    parent = world.find(Folder, row["parent_id"])
    name = row["display_name"]
    if parent is not None:
        row.offer("parent_key", parent["key"])
        name = f"{parent['fully_qualified_name']}/{name}"
    row.offer("fully_qualified_name", name)


def _role(world: "World", row: "Row") -> None:
    row.offer("display_name", row["name"])
    row.offer("is_editable", not row["is_static"])


def _user(world: "World", row: "Row") -> None:
    full = " ".join(filter(None, (row["name"], row["surname"])))
    row.offer("full_name", full or row["user_name"])
    row.offer("tenant_id", world.tenant.id)
    row.offer("tenancy_name", world.tenant.name)
    row.offer("tenant_display_name", world.tenant.name)
    row.offer("tenant_key", world.tenant.key)


def _user_role(world: "World", row: "Row") -> None:
    user, role = world.find(User, row["user_id"]), world.find(Role, row["role_id"])
    if user is not None and role is not None:
        row.offer("user_name", user["user_name"])
        row.offer("role_name", role["name"])
        row.offer("role_type", role["type"])


def _machine(world: "World", row: "Row") -> None:
    row.offer("license_key", world.guid("Machine", "license_key", row["id"]))


def _robot(world: "World", row: "Row") -> None:
    row.offer("robot_key", world.guid("Robot", "robot_key", row["id"]))
    machine = world.find(Machine, row["machine_id"])
    if machine is not None:
        row.offer("machine_name", machine["name"])
        if row["hosting_type"] == HostingType.Standard:
            row.offer("license_key", machine["license_key"])


def _session(world: "World", row: "Row") -> None:
    robot = world.find(Robot, row["robot_id"])
    if robot is not None:
        row.offer("machine_id", robot["machine_id"])
    machine = world.find(Machine, row["machine_id"])
    row.offer("machine_name", machine["name"] if machine else None)
    row.offer("host_machine_name", row["machine_name"])
    folder = world.find(Folder, row["organization_unit_id"])
    row.offer("folder_name", folder["display_name"] if folder else None)


# --- processes and jobs ---------------------------------------------------------------------


def _process(world: "World", row: "Row") -> None:
    row.offer("title", row["id"])
    row.offer("published", world.now)


def _release(world: "World", row: "Row") -> None:
    package = world.by_name(Process, f"{row['process_key']}:{row['process_version']}")
    if package is not None:
        row.offer("is_latest_version", package["is_latest_version"])
        for attribute in ("arguments", "description", "target_framework"):
            row.offer(attribute, package[attribute])
        row.offer("entry_point_path", package["main_entry_point_path"])
        row.offer("entry_point_id", _entry_point(world, package["key"], row["entry_point_path"]))
    environment = world.find(Environment, row["environment_id"])
    if environment is not None:
        row.offer("environment_name", environment["name"])
    folder = world.find(Folder, row["organization_unit_id"])
    row.offer("folder_key", folder["key"] if folder else None)
    if row["process_version"]:
        version = world.new(
            ReleaseVersion,
            release_id=row["id"],
            version_number=row["process_version"],
            creation_time=row["creation_time"],
            release_name=row["name"],
        )
        row.offer("current_version_id", version["id"])


def _entry_point(world: "World", package: str, path: str | None) -> int | None:
    points = world.rows[EntryPoint].values()
    found = (p["id"] for p in points if (p["process_key"], p["path"]) == (package, path))
    return next(found, None)


def _job(world: "World", row: "Row") -> None:
    release, robot = world.find(Release, row["release_id"]), world.find(Robot, row["robot_id"])
    row.offer("source", "Manual")
    row.offer("batch_execution_key", world.guid("Job", "batch", row["id"]))
    last = row["end_time"] or row["start_time"] or row["creation_time"]
    row.offer("last_modification_time", last)
    if release is not None:
        row.offer("release_name", release["name"])
        row.offer("release_version_id", release["current_version_id"])
        row.offer("entry_point_path", release["entry_point_path"])
        row.offer("process_type", release["process_type"])
    if robot is not None:
        row.offer("machine_id", robot["machine_id"])
        row.offer("runtime_type", robot["type"])
    machine = world.find(Machine, row["machine_id"])
    row.offer("host_machine_name", machine["name"] if machine else None)


def _robot_log(world: "World", row: "Row") -> None:
    job = world.by_name(Job, row["job_key"]) if row["job_key"] else None
    if job is not None:
        robot: Mapping[str, Any] = world.find(Robot, job["robot_id"]) or {}
        machine: Mapping[str, Any] = world.find(Machine, job["machine_id"]) or {}
        row.offer("organization_unit_id", job["organization_unit_id"])
        row.offer("process_name", job["release_name"])
        row.offer("robot_name", robot.get("name"))
        row.offer("windows_identity", robot.get("username"))
        row.offer("host_machine_name", job["host_machine_name"])
        row.offer("machine_id", job["machine_id"])
        row.offer("machine_key", machine.get("key"))
        row.offer("runtime_type", job["runtime_type"])
    row.offer("raw_message", logs.raw(row))


# --- queues and assets ----------------------------------------------------------------------


def _queue_item(world: "World", row: "Row") -> None:
    if row["row_version"] is None:
        world.row_version += 1
        row["row_version"] = world.row_version
    world.row_version = max(world.row_version, row["row_version"])
    row.offer("specific_data", as_data(row["specific_content"] or {}))
    if row["output"] is not None:
        row.offer("output_data", as_data(row["output"]))
    failure = row["processing_exception"]
    if failure and failure.get("Type"):
        row.offer("processing_exception_type", ProcessingExceptionType[failure["Type"]])


def _author(world: "World", row: "Row") -> None:
    user = world.find(User, row["user_id"])
    if user is not None:
        row.offer("user_name", user["user_name"])


def _event(world: "World", row: "Row") -> None:
    _author(world, row)
    if row["review_status"] is None:
        row.offer("review_status", 0)
    reviewer = world.find(User, row["reviewer_user_id"])
    if reviewer is not None:
        row.offer("reviewer_user_name", reviewer["user_name"])


def _calendar(world: "World", row: "Row") -> None:
    calendar: Any = SimpleNamespace(**row)
    calendars.settle(calendar)
    row.update(vars(calendar))


def _schedule(world: "World", row: "Row") -> None:
    """A trigger, checked and completed as one that comes in through the API."""
    release = world.find(Release, row["release_id"])
    if release is None:
        return
    row.offer("organization_unit_id", release["organization_unit_id"])
    row.offer("external_job_key_scheduler", world.guid("ProcessSchedule", "jobs", row["id"]))
    schedule: Any = SimpleNamespace(**row)
    schedules.show_release(schedule, _seen(release))
    queue = world.find(QueueDefinition, row["queue_definition_id"])
    if queue is not None:
        schedules.show_queue(schedule, _seen(queue))
        queue.offer("process_schedule_id", row["id"])
    calendar = _seen(world.find(Calendar, row["calendar_id"]))
    occurrences.settle(schedule, calendar)
    occurrences.plan(schedule, calendar, now=world.now)
    if queue is not None and schedule.enabled:  # not counted before there was time to look around
        schedule.due_at = occurrences.next_count(schedule, calendar, after=world.now)
    row.update(vars(schedule))


def _seen(row: "Row | None") -> Any:
    """A row as an entity that can be read."""
    return None if row is None else SimpleNamespace(**row)


def _asset(world: "World", row: "Row") -> None:
    row.offer("value_scope", AssetValueScope.Global)
    _value(row)


def _own_value(world: "World", row: "Row") -> None:
    asset = world.find(Asset, row["asset_id"])
    if asset is not None:
        row.offer("name", asset["name"])
        row.offer("value_type", asset["value_type"])
    for attribute, to, name in _OWNERS:
        owner = world.find(to, row.get(attribute))
        if owner is not None:
            row.offer(f"{attribute.removesuffix('_id')}_name", owner[name])
    _value(row)


_OWNERS = (
    ("robot_id", Robot, "name"),
    ("user_id", User, "user_name"),
    ("machine_id", Machine, "name"),
)


def _value(row: "Row") -> None:
    holder: Any = SimpleNamespace(**row)
    assets.settle(holder)
    row.update(vars(holder))


_COMPLETE: Mapping[type[Any], Complete] = {
    Folder: _folder,
    Role: _role,
    User: _user,
    UserRole: _user_role,
    Machine: _machine,
    Robot: _robot,
    Session: _session,
    Process: _process,
    Release: _release,
    Job: _job,
    RobotLog: _robot_log,
    QueueItem: _queue_item,
    QueueItemEvent: _event,
    QueueItemComment: _author,
    Calendar: _calendar,
    ProcessSchedule: _schedule,
    Asset: _asset,
    AssetRobotValue: _own_value,
    AssetUserValue: _own_value,
}
