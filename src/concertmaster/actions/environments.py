"""What can be asked of environments: which robots are in them."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import fleet
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.entities import Environment, Robot, environment_robots
from concertmaster.odata.operations import Id, Payload, action, function, read_list
from concertmaster.odata.service import Selection, Values, select
from concertmaster.odata.write import Change, hook

Ids = Annotated[list[Id], Field(max_length=1000)]


class Member(Payload):
    """A robot in an environment's list (SimpleRobotDto)."""

    id: Id


@hook("after_create", Environment)
@hook("after_update", Environment)
def after_write(call: Call, environment: Environment, change: Change) -> None:
    if change.related.get("Robots") is not None:
        given = read_list(Member, change.related["Robots"], "Robots")
        fleet.set_members(call.session, environment, [robot.id for robot in given])
    fleet.tell_environments(call.session, environment.robots)


@hook("before_delete", Environment)
def before_delete(call: Call, environment: Environment) -> None:
    fleet.check_unused(call.session, environment)
    fleet.tell_environments(call.session, environment.robots, without=environment)


@action("Environments", "AddRobot", key=True, permission="Environments.Edit")
def add_robot(call: Call, key: int, robot_id: Id) -> None:
    """Put a robot into an environment."""
    _change(call, key, added=[robot_id])


@action("Environments", "RemoveRobot", key=True, permission="Environments.Edit")
def remove_robot(call: Call, key: int, robot_id: Id) -> None:
    """Take a robot out of an environment."""
    _change(call, key, removed=[robot_id])


@action("Environments", "SetRobots", key=True, permission="Environments.Edit")
def set_robots(
    call: Call, key: int, added_robot_ids: Ids | None = None, removed_robot_ids: Ids | None = None
) -> None:
    """Put robots into an environment and take others out."""
    _change(call, key, added=added_robot_ids or [], removed=removed_robot_ids or [])


def _change(
    call: Call, key: int, *, added: list[int] | None = None, removed: list[int] | None = None
) -> None:
    environment = _find(call, key)
    held = [robot.id for robot in environment.robots if robot.id not in (removed or ())]
    fleet.set_members(call.session, environment, [*held, *(added or ())])


@function("Environments", "GetRobotsForEnvironment", permission="Environments.View and Robots.View")
def get_robots_for_environment(call: Call, key: Id) -> Selection:
    """The robots in an environment."""
    inside = environment_robots.c.environment_id == _find(call, key).id
    return select(Robot, Robot.id.in_(sa.select(environment_robots.c.robot_id).where(inside)))


@function(
    "Environments", "GetRobotIdsForEnvironment", permission="Environments.View and Robots.View"
)
def get_robot_ids_for_environment(call: Call, key: Id) -> Values:
    """Their numbers."""
    return Values("Edm.Int64", sorted(robot.id for robot in _find(call, key).robots))


def _find(call: Call, key: int) -> Environment:
    found = call.session.get(Environment, key)
    if found is None or found.organization_unit_id != call.folder:
        raise ItemNotFound(entity="Environment")
    return found
