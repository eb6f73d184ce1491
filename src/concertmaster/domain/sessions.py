"""Robots' connections: who connects from where, when one was last heard of, when it is gone.

    connection data ──→ start service ──→ begin session ──→ heartbeats ──→ end ──→ Disconnected
                                                               └── silence ──→ unresponsive

A host is known by its machine's licence key, its own name and the name of its service user. The
same three are the same session, so a robot that is started again takes up its old one, and what
it was doing before is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, jobs
from concertmaster.domain.access import Caller
from concertmaster.domain.due import Due, first
from concertmaster.domain.errors import (
    Conflict,
    NotAuthenticated,
    RobotNotConfiguredForUser,
)
from concertmaster.domain.job_states import FINAL, IN_HAND, WAITING, Mover
from concertmaster.entities import (
    HostingType,
    Job,
    JobState,
    Machine,
    MachineScope,
    MachineType,
    Platform,
    Robot,
    RobotLicense,
    RobotSessionType,
    RobotType,
    SessionState,
    User,
    folder_machines,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.entities._enums import ProvisionType
from concertmaster.odata.declare import same_name

#: A robot that prepares a job (fetches the package, makes its environment) may be busy with that
#: for this many seconds; it is not heard of meanwhile.
PREPARATION = 600


@dataclass(frozen=True)
class Host:
    """Where a robot connects from, as its headers say."""

    license_key: str | None = None
    name: str = ""
    user_name: str | None = None
    version: str | None = None
    platform: Platform = Platform.Unknown
    capabilities: frozenset[str] | None = field(default=None)  #: None: it does not say


# --- connecting -----------------------------------------------------------------------------


def shared_machine(session: Session, caller: Caller) -> Machine:
    """The machine on which a user's own robots run, made when the first one connects.

    A machine that signed in for itself is its own.

    Raises:
        Conflict: the caller is neither, so has no robot.
    """
    if caller.machine_id is not None:
        return session.get_one(Machine, caller.machine_id)
    if caller.user_id is None:
        raise Conflict("Only a user's robot can connect with a token; use a machine's licence key.")
    name = f"{caller.name}'s workspace machine"
    found = session.scalars(sa.select(Machine).where(Machine.name == name)).first()
    if found is not None:
        return found
    machine = Machine(
        name=name, type=MachineType.Template, scope=MachineScope.PersonalWorkspace,
        license_key=clock.new_guid(), key=clock.new_guid(),
    )  # fmt: skip
    session.add(machine)
    session.flush()
    workspace = session.scalar(
        sa.select(User.personal_workspace_id).where(User.id == caller.user_id)
    )
    if workspace is not None:
        row = {"folder_id": workspace, "machine_id": machine.id}
        session.execute(sa.insert(folder_machines).values(**row))
    return machine


def machine_of(session: Session, host: Host) -> Machine:
    """The machine that a licence key belongs to. Raises NotAuthenticated where it is none's."""
    key = (host.license_key or "").strip("{} ").lower()
    machine = session.scalars(sa.select(Machine).where(Machine.license_key == key)).first()
    if not key or machine is None:
        raise NotAuthenticated
    return machine


def start(session: Session, host: Host, *, now: str) -> None:
    """The service of a host comes up: whatever it was doing before, it does no more."""
    machine = machine_of(session, host)
    for held in _of_host(session, machine, host):
        let_go(session, held, "The robot was started again while the job was running.", now=now)


def begin(
    session: Session, caller: Caller, host: Host, user_name: str | None, *, now: str
) -> tuple[Robot, RobotSession]:
    """A user's robot goes to work on a host."""
    machine = machine_of(session, host)
    robot = _robot_of_user(session, caller, user_name or host.user_name or caller.name, now)
    return robot, _connect(session, machine, robot, host, now)


def heard(session: Session, host: Host, *, now: str) -> RobotSession:
    """The session of a host that gives a sign of life.

    A robot that was set up for the host's user needs no other beginning.

    Raises:
        NotAuthenticated: the licence key is no machine's.
        RobotNotConfiguredForUser: no robot is known for the user of the host.
    """
    machine = machine_of(session, host)
    found = next(iter(_of_host(session, machine, host)), None)
    if found is None or found.state == SessionState.Disconnected:
        robot = session.get(Robot, found.robot_id) if found and found.robot_id else None
        robot = robot or _robot_named(session, host.user_name)
        if robot is None or not robot.enabled:
            raise RobotNotConfiguredForUser
        return _connect(session, machine, robot, host, now)
    if found.is_unresponsive:
        found.is_unresponsive = False
        turn(session, found, _at_work(found), now=now)
    found.reporting_time = now
    if host.capabilities is not None:
        found.capabilities = ",".join(sorted(host.capabilities))
    return found


def _of_host(session: Session, machine: Machine, host: Host) -> Sequence[RobotSession]:
    return session.scalars(
        sa.select(RobotSession).where(
            RobotSession.machine_id == machine.id,
            RobotSession.host_machine_name == host.name,
            same_name(RobotSession.service_user_name, host.user_name or ""),
        )
    ).all()


def _connect(
    session: Session, machine: Machine, robot: Robot, host: Host, now: str
) -> RobotSession:
    found = next(iter(_of_host(session, machine, host)), None)
    if found is None:
        away = SessionState.Disconnected
        found = RobotSession(service_user_name=host.user_name or "", state=away)
        session.add(found)
    found.host_machine_name, found.machine_id = host.name, machine.id
    found.machine_name, found.robot_id = machine.name, robot.id
    found.is_unresponsive = False
    found.reporting_time, found.version, found.platform = now, host.version, host.platform
    found.robot_session_type = RobotSessionType.LongLived
    found.capabilities = None if host.capabilities is None else ",".join(sorted(host.capabilities))
    if robot.license_id is None:
        license_ = RobotLicense(robot_id=robot.id, timestamp=now)
        session.add(license_)
        session.flush()
        robot.license_id = license_.id
    turn(session, found, _at_work(found), now=now)
    return found


def turn(session: Session, held: RobotSession, state: SessionState, *, now: str) -> None:
    """A robot does something else from now on."""
    was = held.state
    if was != state:
        held.state = state
        session.flush()
        folder = held.organization_unit_id
        events.record(session, "robot.status", [held.id], folder=folder, now=now, was=was)


def _at_work(held: RobotSession) -> SessionState:
    return SessionState.Available if held.job_id is None else SessionState.Busy


# --- robots ---------------------------------------------------------------------------------


def _robot_of_user(session: Session, caller: Caller, user_name: str, now: str) -> Robot:
    """The robot beside a user: the one of that name, any attended one, or a new one."""
    if caller.user_id is None:
        raise Conflict("Only a user's robot can begin a session with a token.")
    own = session.scalars(
        sa.select(Robot).where(Robot.user_id == caller.user_id).order_by(Robot.id)
    ).all()
    named = [robot for robot in own if (robot.username or "").lower() == user_name.lower()]
    beside = [robot for robot in own if robot.type == RobotType.Attended]
    robot = next(iter((*named, *beside)), None)
    if robot is None:
        robot = Robot(
            name=_free_name(session, caller.name), username=user_name[:100],
            type=RobotType.Attended, hosting_type=HostingType.Floating,
            provision_type=ProvisionType.Automatic, user_id=caller.user_id,
            creation_time=now, creator_user_id=caller.user_id,
        )  # fmt: skip
        session.add(robot)
        session.flush()
        events.record(session, "robot.created", [robot.id], now=now)
    if robot.robot_key is None:
        robot.robot_key = clock.new_guid()
    session.flush()
    return robot


def _robot_named(session: Session, user_name: str | None) -> Robot | None:
    """The robot that signs in to a host under a name."""
    if not user_name:
        return None
    named = same_name(Robot.username, user_name)
    robot = session.scalars(sa.select(Robot).where(named).order_by(Robot.id)).first()
    if robot is not None and robot.robot_key is None:
        robot.robot_key = clock.new_guid()
    return robot


def _free_name(session: Session, user: str) -> str:
    """A name of 19 characters at most that no robot has."""
    taken = {name.lower() for name in session.scalars(sa.select(Robot.name))}
    name, number = user[:10] + "-attended", 1
    while name.lower() in taken:
        number += 1
        name = f"{user[: 19 - len(str(number)) - 1]}-{number}"
    return name


# --- going ----------------------------------------------------------------------------------


def stop(session: Session, host: Host, *, now: str) -> None:
    """The service of a host goes down, and all its sessions with it."""
    machine = machine_of(session, host)
    for held in _of_host(session, machine, host):
        end(session, held, now=now)


def end_of(session: Session, host: Host, robot_key: str, *, now: str) -> None:
    """A robot ends its session on a host."""
    machine = machine_of(session, host)
    for held in _of_host(session, machine, host):
        robot = session.get(Robot, held.robot_id or 0)
        if robot is not None and robot.robot_key == robot_key.strip("{} ").lower():
            end(session, held, now=now)


def end(session: Session, held: RobotSession, *, now: str) -> None:
    let_go(session, held, "The robot was disconnected while the job was running.", now=now)
    held.reporting_time, held.is_unresponsive = now, False
    turn(session, held, SessionState.Disconnected, now=now)
    robot = session.get(Robot, held.robot_id or 0)
    if robot is not None and robot.license_id is not None:
        license_id, robot.license_id = robot.license_id, None
        session.flush()
        session.execute(sa.delete(RobotLicense).where(RobotLicense.id == license_id))


def let_go(session: Session, held: RobotSession, why: str, *, now: str) -> None:
    """What becomes of the job of a robot that is gone: waiting again if it had not begun."""
    job = session.get(Job, held.job_id) if held.job_id is not None else None
    held.job_id = None
    if job is None or job.dispatched_to != held.id or job.state in FINAL:
        return
    if job.state in WAITING:
        job.dispatched_to = job.dispatched_at = None
        job.robot_id, job.machine_id, job.host_machine_name = job.wanted_robot_id, None, None
        job.runtime_type = job.wanted_runtime_type
        return
    if job.state in IN_HAND:
        lose(session, job, why, now=now)


def lose(session: Session, job: Job, why: str, *, now: str) -> None:
    """A job whose robot will not be heard of any more ends Faulted."""
    error = jobs.error("Robot.Lost", "The robot was lost", why, now=now)
    jobs.move(session, job, JobState.Faulted, Mover.BACKGROUND, now=now, info=why, **error)


# --- silence --------------------------------------------------------------------------------

#: Sessions of robots that ought to be heard of.
_HEARD = sa.and_(
    RobotSession.service_user_name.is_not(None), RobotSession.state != SessionState.Disconnected
)
_IN_PREPARATION = sa.and_(_HEARD, RobotSession.is_unresponsive, Job.state.in_(WAITING))
_GIVEN = sa.func.coalesce(Job.dispatched_at, Job.creation_time)


@cache
def silence(after: int) -> Due:
    """When the next robot is to be given up, or a job that such a one never began."""
    heard = sa.select(sa.func.min(RobotSession.reporting_time)).where(
        _HEARD, RobotSession.is_unresponsive.is_(False)
    )
    given = (
        sa.select(sa.func.min(_GIVEN))
        .join(RobotSession, RobotSession.job_id == Job.id)
        .where(_IN_PREPARATION)
    )
    return first(heard, wait=after) | first(given, wait=_patience(after))


def next_silent(session: Session, *, after: int) -> str | None:
    return silence(after)(session)


def give_up_silent(session: Session, *, now: str, after: int) -> list[int]:
    """Mark robots that were not heard of for so many seconds; their jobs end Faulted.

    A job that its robot was still preparing has more time: making an environment can take long,
    and the robot says nothing meanwhile. It is not given to another, for it may yet begin.
    The ids of the sessions that were touched.
    """
    silent = sa.select(RobotSession).where(
        _HEARD, RobotSession.reporting_time <= clock.add(now, -after)
    )
    touched = []
    for held in session.scalars(silent.order_by(RobotSession.id)):
        job = session.get(Job, held.job_id) if held.job_id is not None else None
        lost = job is not None and _is_lost(job, now, after)
        if held.is_unresponsive and not lost:
            continue
        touched.append(held.id)
        held.is_unresponsive = True
        turn(session, held, SessionState.Unknown, now=now)
        if job is not None and lost:
            lose(session, job, f"The robot was not heard of for {after} seconds.", now=now)
    return touched


def _is_lost(job: Job, now: str, after: int) -> bool:
    if job.state in FINAL:
        return False
    if job.state not in WAITING:
        return True
    return clock.between(job.dispatched_at or job.creation_time, now) >= _patience(after)


def _patience(after: int) -> int:
    return max(PREPARATION, after)
