"""Hosts of robots, as an administrator treats them: under maintenance, watched, forgotten.

A host is what several sessions share: one machine, one name.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, jobs
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.domain.job_states import IN_HAND
from concertmaster.entities import Job, SessionState
from concertmaster.entities import Session as RobotSession
from concertmaster.entities.jobs import StopStrategy
from concertmaster.entities.sessions import MaintenanceMode


def find(session: Session, session_id: int) -> RobotSession:
    """Raises ItemNotFound."""
    found = session.get(RobotSession, session_id)
    if found is None:
        raise ItemNotFound(entity="Session")
    return found


def _same_host(session: Session, held: RobotSession) -> Sequence[RobotSession]:
    same = (RobotSession.machine_id == held.machine_id) & (
        RobotSession.host_machine_name == held.host_machine_name
    )
    return session.scalars(sa.select(RobotSession).where(same)).all()


def maintain(
    session: Session,
    session_id: int,
    mode: MaintenanceMode,
    strategy: StopStrategy | None,
    *,
    now: str,
) -> None:
    """A host under maintenance takes no jobs; what it has goes on unless a strategy is given."""
    for held in _same_host(session, find(session, session_id)):
        held.maintenance_mode = mode
        job = session.get(Job, held.job_id) if held.job_id is not None else None
        if job is None or strategy is None or mode is not MaintenanceMode.Enabled:
            continue
        if job.state in IN_HAND:
            jobs.stop(session, [job], strategy, now=now)


def debug(session: Session, session_id: int, minutes: int | None, *, now: str) -> None:
    """Watch a host for so many minutes; None ends it."""
    until = None if minutes is None else clock.add(now, minutes * 60)
    for held in _same_host(session, find(session, session_id)):
        held.debug_mode_expiration_date = until


def forget(session: Session, ids: Sequence[int]) -> None:
    """Delete sessions that nobody is connected with.

    Raises:
        ItemNotFound: one is not there.
        Conflict: one is still connected.
    """
    found = [find(session, one) for one in dict.fromkeys(ids)]
    for held in found:
        if held.state != SessionState.Disconnected and not held.is_unresponsive:
            raise Conflict("A session that is connected cannot be deleted.", resource_ids=[held.id])
        session.delete(held)
