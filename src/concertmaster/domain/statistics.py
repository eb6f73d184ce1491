"""Figures about a tenant as a whole, counted when they are asked for."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.access import Caller
from concertmaster.entities import (
    Asset,
    Job,
    JobState,
    ProcessSchedule,
    QueueDefinition,
    Release,
    Robot,
    RobotType,
    SessionState,
)
from concertmaster.entities import Session as RobotSession

#: What is counted of the tenant: its title, the class, the permission to see it.
COUNTED: tuple[tuple[str, type[Any], str], ...] = (
    ("Processes", Release, "Processes.View"),
    ("Assets", Asset, "Assets.View"),
    ("Queues", QueueDefinition, "Queues.View"),
    ("Schedules", ProcessSchedule, "Schedules.View"),
)

#: How jobs that have ended are titled.
ENDS: Mapping[str, JobState] = {
    "Successful": JobState.Successful,
    "Faulted": JobState.Faulted,
    "Canceled": JobState.Stopped,
}


def entities(session: Session, caller: Caller) -> list[tuple[str, int, bool]]:
    """(title, how many the caller may see, whether they may see any), for each kind."""
    found = []
    for title, cls, permission in COUNTED:
        folders = caller.folders_where(permission)
        counted = sa.select(sa.func.count()).select_from(cls)
        here = counted.where(cls.organization_unit_id.in_(folders))
        seen = caller.may_somewhere(permission)
        found.append((title, session.scalar(here) or 0 if seen else 0, seen))
    return found


def jobs_by_end(session: Session, folders: Collection[int]) -> dict[str, int]:
    """How many jobs of some folders ended in which way."""
    counted = (
        sa.select(Job.state, sa.func.count())
        .where(Job.organization_unit_id.in_(folders), Job.state.in_(sorted(ENDS.values())))
        .group_by(Job.state)
    )
    by_state = dict(session.execute(counted).all())
    return {title: by_state.get(state, 0) for title, state in ENDS.items()}


def sessions_by_state(session: Session, folders: Collection[int]) -> dict[str, int]:
    """How many robots' connections are in which state."""
    here = sa.or_(
        RobotSession.organization_unit_id.is_(None),
        RobotSession.organization_unit_id.in_(folders),
    )
    unresponsive = sa.or_(RobotSession.is_unresponsive, RobotSession.state == SessionState.Unknown)
    title = sa.case(
        (unresponsive, "Unresponsive"),
        (RobotSession.state == SessionState.Available, "Available"),
        (RobotSession.state == SessionState.Busy, "Busy"),
        else_="Disconnected",
    )
    counted = sa.select(title, sa.func.count()).where(here).group_by(title)
    by_title: dict[str, int] = dict(session.execute(counted).all())
    titles = ("Available", "Busy", "Disconnected", "Unresponsive")
    return {one: by_title.get(one, 0) for one in titles}


def licenses_by_day(session: Session, days: int, *, now: str) -> list[tuple[RobotType, int, str]]:
    """(kind of robot, how many of them worked, midnight UTC) for each day of so many until today.

    A stand-in grants any number of licences: what was used of them is told by the jobs.
    """
    first = f"{clock.add(now, -days * 86_400)[:10]}T00:00:00.0000000Z"
    day = sa.func.substr(Job.start_time, 1, 10)
    kind = sa.func.coalesce(Job.runtime_type, Robot.type)
    used = (
        sa.select(
            day, sa.type_coerce(kind, Robot.type.type), sa.func.count(Job.robot_id.distinct())
        )
        .join(Robot, Robot.id == Job.robot_id)
        .where(Job.start_time >= first, Job.start_time <= now)
        .group_by(day, kind)
        .order_by(day, kind)
    )
    return [
        (RobotType(kind_), number, f"{day_}T00:00:00Z")
        for day_, kind_, number in session.execute(used)
    ]
