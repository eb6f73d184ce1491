"""Triggers that are due, and jobs whose time is over."""

from sqlalchemy.orm import Session

from concertmaster.domain import firing, time_limits
from concertmaster.work.due import Fired, Kind, in_transaction


def _fire(session: Session, now: str) -> list[Fired]:
    return [Fired(now, one.what, one.schedule_id) for one in firing.fire_due(session, now=now)]


def _stop(session: Session, now: str) -> list[Fired]:
    return [Fired(now, "job.stopping", job.id) for job in time_limits.stop_due(session, now=now)]


TIME_LIMITS = Kind("job.stopping", time_limits.next_due, in_transaction(_stop))
TRIGGERS = Kind("schedule.fired", firing.next_due, in_transaction(_fire))
