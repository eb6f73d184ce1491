"""What can be asked of robots: who can run a process, lists over folders, credentials."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import clock, fleet
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable, ItemNotFound
from concertmaster.edge.telling import tell, tell_going
from concertmaster.entities import HostingType, Machine, MachineType, Robot, folder_users
from concertmaster.model import NAMESPACE
from concertmaster.odata.operations import Id, Nothing, action, function
from concertmaster.odata.service import Selection, Values, select
from concertmaster.odata.write import Change, hook

Ids = Annotated[list[Id], Field(min_length=1, max_length=1000)]


# --- what must hold -------------------------------------------------------------------------


@hook("before_create", Robot)
def before_create(call: Call, robot: Robot, change: Change) -> None:
    robot.hosting_type = change.values.get("hosting_type", HostingType.Standard)
    robot.robot_key = clock.new_guid()
    bound = fleet.bind(call.session, robot.hosting_type, robot.machine_name, robot.machine_id)
    for attribute, value in bound.items():
        setattr(robot, attribute, value)


@hook("before_update", Robot)
def before_update(call: Call, robot: Robot, change: Change) -> None:
    values = change.values
    if values.get("hosting_type", robot.hosting_type) != robot.hosting_type:
        raise FieldNotEditable(field="HostingType")
    # The key is the machine's, the user is whom the robot belongs to: not for a PUT to leave out.
    values["license_key"] = robot.license_key
    if change.replace:
        values.setdefault("user_id", robot.user_id)
    if change.replace or values.keys() & {"machine_name", "machine_id"}:
        _bind(call, robot, values)
    # A password is kept for the user name it was given with (API guide, Editing Robot Information).
    renamed = "username" in values and values["username"] != robot.username
    if renamed and not values.get("password"):
        robot.password = None


def _bind(call: Call, robot: Robot, values: dict[str, Any]) -> None:
    name, number = values.get("machine_name"), values.get("machine_id")
    same_name = name and name.lower() == (robot.machine_name or "").lower()
    if same_name and number in (None, robot.machine_id):
        values["machine_id"] = robot.machine_id
        return
    values.update(fleet.bind(call.session, robot.hosting_type, name, number))


@hook("after_update", Robot)
def after_update(call: Call, robot: Robot, change: Change) -> None:
    robot.last_modification_time = call.now
    robot.last_modifier_user_id = call.caller.user_id


@hook("before_delete", Robot)
def before_delete(call: Call, robot: Robot) -> None:
    fleet.remove_robots(call.session, [robot])


@action("Robots", "DeleteBulk", permission="Robots.Delete")
def delete_bulk(call: Call, robot_ids: Ids) -> None:
    """Delete several robots, all of them or none."""
    robots = fleet.find_robots(call.session, robot_ids, call.caller.folders)
    tell_going(call, *robots)
    fleet.remove_robots(call.session, robots)


@action("Robots", "ToggleEnabledStatus", permission="Robots.Edit")
def toggle_enabled_status(call: Call, robot_ids: Ids, enabled: bool) -> Nothing:
    """Let robots connect, or keep them from it."""
    robots = fleet.find_robots(call.session, robot_ids, call.caller.folders)
    for robot in robots:
        robot.enabled = enabled
    tell(call, "updated", *robots)
    return Nothing()


@action("Robots", "ConvertToFloating", permission="Robots.Edit")
def convert_to_floating(call: Call, robot_id: Id) -> Nothing:
    """Let a robot that is bound to a machine run on any."""
    (robot,) = fleet.find_robots(call.session, [robot_id], call.caller.folders)
    fleet.release(call.session, robot)
    return Nothing()


# --- lists ----------------------------------------------------------------------------------


@function(
    "Robots", "GetRobotsForProcess",
    permission="Robots.View and Environments.View and Processes.View",
)  # fmt: skip
def get_robots_for_process(call: Call, process_id: str) -> Selection:
    """The robots that can run a package."""
    return select(Robot, fleet.able_to_run(process_id, call.folder_id))


@function(
    "Robots", "FindAllAcrossFolders", folder="across",
    permission="Robots.View or Users.View or Machines.Create or Machines.Edit",
)  # fmt: skip
def find_all_across_folders(call: Call) -> Selection:
    """Every robot of every folder that the caller may see."""
    return select(Robot)


@function("Robots", "GetConfiguredRobots", permission="Robots.View")
def get_configured_robots(call: Call) -> Selection:
    """The robots of the folder."""
    return select(Robot, _in_folder(call.folder_id))


@function(
    "Robots", "GetFolderRobots", folder="across",
    permission="SubFolders.View or Units.View or Jobs.Create",
)  # fmt: skip
def get_folder_robots(call: Call, folder_id: Id, machine_id: Id | None = None) -> Selection:
    """The robots of a folder: those that live in it, and those of the users who work there."""
    return select(Robot, _in_folder(folder_id))


def _in_folder(folder_id: Id | None) -> sa.ColumnElement[bool]:
    if folder_id is None:
        return Robot.id.is_not(None)
    here = sa.select(folder_users.c.user_id).where(folder_users.c.folder_id == folder_id)
    working_here = sa.and_(Robot.organization_unit_id.is_(None), Robot.user_id.in_(here))
    return sa.or_(Robot.organization_unit_id == folder_id, working_here)


@function("Robots", "GetUsernames", permission="Robots.View")
def get_usernames(call: Call) -> Values:
    """Under which names robots sign in to Windows."""
    names = sa.select(Robot.username).where(Robot.username.is_not(None), _in_folder(call.folder_id))
    found = call.session.scalars(names.distinct().order_by(Robot.username))
    return Values("Edm.String", [name for name in found if name])


@function(
    "Robots", "GetMachineNameToLicenseKeyMappings", permission="Robots.Create and Machines.View"
)
def get_machine_name_to_license_key_mappings(call: Call) -> Values:
    """The machines that a robot may be bound to, each with its key."""
    columns = (Machine.name, Machine.license_key)
    bound = sa.select(*columns).where(Machine.type == MachineType.Standard).order_by(Machine.name)
    rows = [{"Key": name, "Value": key} for name, key in call.session.execute(bound)]
    return Values(f"{NAMESPACE}.KeyValuePairOfStringString", rows)


@function(
    "Robots", "GetRobotsFromFolder", folder="across",
    permission="SubFolders.View or Units.View or Jobs.Create or Users.View",
)  # fmt: skip
def get_robots_from_folder(call: Call, folder_id: Id, machine_id: Id | None = None) -> Selection:
    """The robots of a folder, with all that a robot's own set says of them."""
    if folder_id not in call.caller.folders:
        raise ItemNotFound(entity="Folder")
    return select(Robot, _in_folder(folder_id), context="Collection(RobotsFromFolderModel)")
