"""Why a job would wait: what stands between it and a robot, in the codes of the API description."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import jobs, outcomes
from concertmaster.domain.jobs import Start
from concertmaster.entities import (
    Folder,
    Job,
    Machine,
    OutcomeMode,
    Release,
    Robot,
    RobotType,
    SessionState,
    folder_machines,
    folder_users,
)
from concertmaster.entities import Session as RobotSession


class Reason(Enum):
    """A code of `JobPendingReasons`, with its sentence."""

    RobotNotFound = "The robot does not exist or is disabled."
    RobotNotAssignedToFolder = "The robot does not work in the folder."
    RobotBusy = "The robot is busy with another job."
    TemplateNotAssignedToFolder = "No machine is assigned to the folder."
    TemplateNoRuntime = "No machine of the folder has a runtime for unattended jobs."
    TemplateNoHostsAvailable = "No robot that works in the folder is connected."
    TemplateFullCapacity = "All robots that work in the folder are busy."


@dataclass(frozen=True)
class Validation:
    """Whether a job would start at once, and what it would wait for."""

    reasons: Sequence[Reason]

    @property
    def holds(self) -> bool:
        return not self.reasons


def of_start(session: Session, folder_id: int, asked: Start) -> Validation:
    """What jobs would wait for that were started like this. Raises what `jobs.start` raises."""
    _, release, robots = jobs.prepare(session, folder_id, asked)
    found: dict[Reason, None] = {}
    for robot_id in {robot.id if robot else None for robot in robots}:
        found.update(dict.fromkeys(_of(session, folder_id, release, robot_id)))
    return Validation(tuple(found))


def of_job(session: Session, job: Job) -> Validation:
    """What a job waits for, or would wait for if it was run again."""
    release = session.get(Release, job.release_id) if job.release_id is not None else None
    return Validation(tuple(_of(session, job.organization_unit_id, release, job.wanted_robot_id)))


def _of(
    session: Session, folder_id: int, release: Release | None, robot_id: int | None
) -> list[Reason]:
    if release is not None:
        mode = outcomes.of_process(session, release).mode
        if mode in (OutcomeMode.Immediate, OutcomeMode.Manual):
            return []  # no robot is needed
    return _of_robot(session, folder_id, robot_id) if robot_id else _of_folder(session, folder_id)


def _of_robot(session: Session, folder_id: int, robot_id: int) -> list[Reason]:
    robot = session.get(Robot, robot_id)
    if robot is None or not robot.enabled:
        return [Reason.RobotNotFound]
    if robot_id not in set(session.scalars(_robots_in(session, folder_id))):
        return [Reason.RobotNotAssignedToFolder]
    states = set(_states(session, RobotSession.robot_id == robot_id))
    if not states:
        return [Reason.TemplateNoHostsAvailable]
    return [] if SessionState.Available in states else [Reason.RobotBusy]


def _of_folder(session: Session, folder_id: int) -> list[Reason]:
    states = _states(session, RobotSession.robot_id.in_(_robots_in(session, folder_id)))
    if SessionState.Available in states:
        return []
    if states:
        return [Reason.TemplateFullCapacity]
    return [*_of_machines(session, folder_id), Reason.TemplateNoHostsAvailable]


def _of_machines(session: Session, folder_id: int) -> list[Reason]:
    slots = session.scalars(
        sa.select(Machine.unattended_slots)
        .join(folder_machines, folder_machines.c.machine_id == Machine.id)
        .where(folder_machines.c.folder_id == folder_id)
    ).all()
    if not slots:
        return [Reason.TemplateNotAssignedToFolder]
    return [] if any(slots) else [Reason.TemplateNoRuntime]


def _states(session: Session, whose: sa.ColumnElement[bool]) -> Sequence[SessionState]:
    """The states of the connected robots."""
    connected = RobotSession.state.in_((SessionState.Available, SessionState.Busy))
    return session.scalars(sa.select(RobotSession.state).where(whose, connected)).all()


def _robots_in(session: Session, folder_id: int) -> sa.Select[int]:
    """The robots that run jobs of a folder: its own, and those of users that may enter it."""
    folder = session.get_one(Folder, folder_id)
    parts = folder.fully_qualified_name.split("/")
    above = ["/".join(parts[: at + 1]) for at in range(len(parts))]
    users = (
        sa.select(folder_users.c.user_id)
        .join(Folder, Folder.id == folder_users.c.folder_id)
        .where(Folder.fully_qualified_name.in_(above))
    )
    works = sa.or_(Robot.organization_unit_id == folder_id, Robot.user_id.in_(users))
    return sa.select(Robot.id).where(Robot.enabled, Robot.type != RobotType.Attended, works)
