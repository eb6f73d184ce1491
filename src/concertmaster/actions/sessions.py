"""What can be asked of sessions: lists over folders, the hosts' runtimes, maintenance."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import hosts, runtimes
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.entities import Robot, Session
from concertmaster.entities._enums import RobotType
from concertmaster.entities.jobs import StopStrategy
from concertmaster.entities.sessions import MaintenanceMode
from concertmaster.model import NAMESPACE
from concertmaster.odata.operations import Id, action, function
from concertmaster.odata.service import Selection, Values, select

RUNTIMES = f"{NAMESPACE}.MachineSessionRuntimeDto"


@function(
    "Sessions", "GetGlobalSessions", folder="across",
    permission="Robots.View or Users.View or Machines.Create or Machines.Edit",
)  # fmt: skip
def get_global_sessions(call: Call) -> Selection:
    """Every session that the caller may see."""
    return select(Session)


@function("Sessions", "GetUserRobots", folder="across", permission="Robots.View or Users.View")
def get_user_robots(call: Call) -> Selection:
    """The sessions of the robots that belong to a user."""
    owned = sa.select(Robot.id).where(Robot.user_id.is_not(None))
    return select(Session, Session.robot_id.in_(owned))


@function("Sessions", "GetUsernames", folder="across", permission="Robots.View or Users.View")
def get_usernames(call: Call) -> Values:
    """Under which names the robots of sessions sign in to their hosts."""
    names = sa.select(Robot.username).join(Session, Session.robot_id == Robot.id).distinct()
    found = call.session.scalars(names.order_by(Robot.username))
    return Values("Edm.String", [name for name in found if name])


# --- hosts ----------------------------------------------------------------------------------


@function("Sessions", "GetMachineSessions", folder="across", permission="Machines.View")
def get_machine_sessions(call: Call, key: Id) -> Selection:
    """The sessions on the hosts of a machine."""
    return select(Session, Session.machine_id == key)


@function("Sessions", "GetMachineSessionRuntimes", folder="across", permission="Machines.View")
def get_machine_session_runtimes(call: Call, runtime_type: RobotType | None = None) -> Values:
    """How many jobs of which kind each host runs at a time, and runs now."""
    return Values(RUNTIMES, runtimes.of_hosts(call.session, runtime_type))


@function(
    "Sessions", "GetMachineSessionRuntimesByFolderId", folder="across",
    permission="Machines.View or Jobs.Create",
)  # fmt: skip
def get_machine_session_runtimes_by_folder_id(
    call: Call, folder_id: Id, robot_id: Id | None = None, runtime_type: RobotType | None = None
) -> Values:
    """The same for the hosts that a folder may use."""
    if folder_id not in call.caller.folders:
        raise ItemNotFound(entity="Folder")
    return Values(RUNTIMES, runtimes.of_hosts(call.session, runtime_type, folder_id))


@action("Sessions", "SetMaintenanceMode", permission="Robots.Edit")
def set_maintenance_mode(
    call: Call,
    session_id: Id,
    maintenance_mode: MaintenanceMode,
    stop_jobs_strategy: StopStrategy | None = None,
) -> None:
    """Let a host take no more jobs, and stop those it has where a strategy says so; or again."""
    hosts.maintain(call.session, session_id, maintenance_mode, stop_jobs_strategy, now=call.now)


@action("Sessions", "ToggleMachineSessionDebugMode", key=True, permission="Robots.Edit")
def toggle_machine_session_debug_mode(
    call: Call, key: int, enabled: bool, minutes: Annotated[int, Field(ge=1, le=43_200)] = 60
) -> None:
    """Let a host say more than it needs to, for a while."""
    hosts.debug(call.session, key, minutes if enabled else None, now=call.now)


@action("Sessions", "DeleteInactiveUnattendedSessions", permission="Robots.Delete")
def delete_inactive_unattended_sessions(
    call: Call, session_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
) -> None:
    """Forget hosts that are not connected any more, all of them or none."""
    hosts.forget(call.session, session_ids)
