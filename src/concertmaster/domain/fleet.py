"""Robots, the machines they run on, and the environments that group them."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.errors import Conflict, HasDependentItems, InvalidArgument, ItemNotFound
from concertmaster.entities import (
    Environment,
    Folder,
    HostingType,
    Machine,
    MachineType,
    PermissionModel,
    Release,
    Robot,
    RobotLicense,
    SessionState,
    environment_robots,
    folder_users,
)
from concertmaster.entities import (
    Session as RobotSession,
)
from concertmaster.odata.declare import same_name

# --- robots ---------------------------------------------------------------------------------


def bind(
    session: Session, hosting: HostingType, name: str | None, machine_id: int | None
) -> dict[str, Any]:
    """The members of a robot that follow from its machine, which is named or numbered."""
    if hosting == HostingType.Floating:
        if name or machine_id is not None:
            raise Conflict("A floating robot is not bound to a machine.")
        return {"machine_id": None, "machine_name": None}
    machine = _machine(session, name, machine_id)
    if machine.type == MachineType.Template:
        raise Conflict("A standard robot cannot run on a machine template.")
    return {
        "machine_id": machine.id, "machine_name": machine.name, "license_key": machine.license_key
    }  # fmt: skip


def _machine(session: Session, name: str | None, machine_id: int | None) -> Machine:
    if name:
        named = same_name(Machine.name, name)
        machine = session.scalars(sa.select(Machine).where(named)).first()
    elif machine_id is not None:
        machine = session.get(Machine, machine_id)
    else:
        raise InvalidArgument("The MachineName field is required.")
    if machine is None:
        raise ItemNotFound(entity="Machine")
    return machine


def find_robots(session: Session, ids: Sequence[int], folders: frozenset[int]) -> list[Robot]:
    """Robots by number, all of which must be there and in those folders (or in none)."""
    place = sa.or_(Robot.organization_unit_id.in_(folders), Robot.organization_unit_id.is_(None))
    found = list(session.scalars(sa.select(Robot).where(Robot.id.in_(ids), place)))
    missing = sorted(set(ids) - {robot.id for robot in found})
    if missing:
        raise ItemNotFound(entity="Robot", resource_ids=missing)
    return found


def remove_robots(session: Session, robots: Iterable[Robot]) -> None:
    """Delete robots; their sessions and licences go with them."""
    for robot in robots:
        check_idle(session, robot)
        license_id = robot.license_id
        session.delete(robot)
        session.flush()
        if license_id is not None:
            session.execute(sa.delete(RobotLicense).where(RobotLicense.id == license_id))


def check_idle(session: Session, robot: Robot) -> None:
    busy = sa.select(sa.literal(1)).where(
        RobotSession.robot_id == robot.id, RobotSession.state == SessionState.Busy
    )
    if session.scalar(busy.limit(1)):
        raise Conflict(f"The robot {robot.name} is busy.")


def release(session: Session, robot: Robot) -> None:
    """A robot that was bound to a machine is so no more.

    Raises Conflict where it was not, or works just now.
    """
    if robot.hosting_type == HostingType.Floating:
        raise Conflict(f"The robot {robot.name} is a floating one already.")
    check_idle(session, robot)
    robot.hosting_type = HostingType.Floating
    robot.machine_id = robot.machine_name = robot.license_key = None


def able_to_run(package: str, folder_id: int | None) -> sa.ColumnElement[bool]:
    """Which robots can run a package.

    In a classic folder, those in the environment of one of its releases; in a modern one, those
    of the users who work there.
    """
    released = [Release.process_key == package]
    if folder_id is not None:
        released.append(Release.organization_unit_id == folder_id)
    classic = (
        sa.select(environment_robots.c.robot_id)
        .join(Release, Release.environment_id == environment_robots.c.environment_id)
        .where(*released)
    )
    modern = (
        sa.select(folder_users.c.user_id)
        .join(Release, Release.organization_unit_id == folder_users.c.folder_id)
        .join(Folder, Folder.id == folder_users.c.folder_id)
        .where(*released, Folder.permission_model == PermissionModel.FineGrained)
    )
    return sa.or_(Robot.id.in_(classic), Robot.user_id.in_(modern))


# --- environments ---------------------------------------------------------------------------


def set_members(session: Session, environment: Environment, robot_ids: Iterable[int]) -> None:
    """Make those robots, and no others, the members of an environment."""
    wanted = list(dict.fromkeys(robot_ids))
    folder = environment.organization_unit_id
    robots = find_robots(session, wanted, frozenset() if folder is None else frozenset({folder}))
    touched = {*robots, *environment.robots}
    environment.robots = robots
    session.flush()
    tell_environments(session, touched)


def tell_environments(
    session: Session, robots: Iterable[Robot], *, without: Environment | None = None
) -> None:
    """Keep the text in step that names a robot's environments, the oldest first."""
    for robot in robots:
        names = (
            sa.select(Environment.name)
            .join(environment_robots, environment_robots.c.environment_id == Environment.id)
            .where(environment_robots.c.robot_id == robot.id)
            .order_by(Environment.id)
        )
        if without is not None:
            names = names.where(Environment.id != without.id)
        robot.robot_environments = ",".join(session.scalars(names))


def check_unused(session: Session, environment: Environment) -> None:
    used = sa.select(sa.literal(1)).where(Release.environment_id == environment.id)
    if session.scalar(used.limit(1)):
        raise HasDependentItems(entity="Environment", dependents="processes")


# --- machines -------------------------------------------------------------------------------


def register(machine: Machine) -> None:
    """Give a new machine the keys that its robots connect with."""
    machine.key, machine.license_key = clock.new_guid(), clock.new_guid()


def rename(session: Session, machine: Machine) -> None:
    """Robots and sessions name their machine, too."""
    for entity in (Robot, RobotSession):
        session.execute(
            sa.update(entity)
            .where(entity.machine_id == machine.id)
            .values(machine_name=machine.name)
        )


def remove_machines(session: Session, machines: Iterable[Machine]) -> None:
    """Delete machines to which no robot is bound."""
    for machine in machines:
        bound: Any = sa.select(sa.literal(1)).where(
            Robot.machine_id == machine.id, Robot.hosting_type == HostingType.Standard,
            Robot.organization_unit_id.is_not(None),
        )  # fmt: skip
        if session.scalar(bound.limit(1)):
            raise HasDependentItems(entity="Machine", dependents="robots")
        session.delete(machine)
        session.flush()


def find_machines(session: Session, ids: Sequence[int]) -> list[Machine]:
    found = list(session.scalars(sa.select(Machine).where(Machine.id.in_(ids))))
    missing = sorted(set(ids) - {machine.id for machine in found})
    if missing:
        raise ItemNotFound(entity="Machine", resource_ids=missing)
    return found
