"""Triggers whose time has come: the ones of time start their jobs, those of queues count them.

A trigger is claimed by setting its next moment where it still has this one, so that of several
replicas one fires it. Moments that passed while nobody was there to fire are one firing, now: that
is Quartz's policy for cron triggers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import activation, launching, occurrences, schedules
from concertmaster.domain.due import first
from concertmaster.domain.errors import ScheduleNotEnabled, ScheduleWithoutQueue
from concertmaster.entities import Calendar, Job, ProcessSchedule

FIRED, FAILED, DISABLED = "schedule.fired", "schedule.failed", "schedule.disabled"


@dataclass(frozen=True)
class Outcome:
    """What came of a trigger that was due."""

    what: str
    schedule_id: int


#: When the next trigger is due.
next_due = first(sa.select(sa.func.min(ProcessSchedule.due_at)))


def fire_due(session: Session, *, now: str) -> list[Outcome]:
    """Fire what is due, the longest due first; what came of it, where something did."""
    due = sa.select(ProcessSchedule).where(ProcessSchedule.due_at <= now)
    outcomes = []
    for schedule in session.scalars(due.order_by(ProcessSchedule.due_at, ProcessSchedule.id)).all():
        what = _fire(session, schedule, now)
        if what is not None:
            outcomes.append(Outcome(what, schedule.id))
    return outcomes


def _fire(session: Session, schedule: ProcessSchedule, now: str) -> str | None:
    calendar = schedules.calendar_of(session, schedule)
    if occurrences.is_over(schedule, now=now):
        return _end(session, schedule, now)
    if schedule.queue_definition_id is not None:
        return _count(session, schedule, calendar, now)
    following = occurrences.next_occurrence(schedule, calendar, after=now)
    values = {"start_process_next_occurrence": following}
    if not _claim(session, schedule, following or schedule.stop_process_date, values):
        return None
    if occurrences.is_day_off(schedule, calendar, now=now):  # it was due before, and nobody there
        return None
    return _told(schedule, launching.launch(session, schedule, now=now))


def _end(session: Session, schedule: ProcessSchedule, now: str) -> str | None:
    """The day has come on which it is switched off."""
    if not _claim(session, schedule, None, {}):
        return None
    launching.disable(session, schedule, "Its last day has come.", now=now)
    return DISABLED


def _count(
    session: Session, schedule: ProcessSchedule, calendar: Calendar | None, now: str
) -> str | None:
    if not _claim(session, schedule, activation.half_hour(session, schedule, after=now), {}):
        return None
    if occurrences.is_day_off(schedule, calendar, now=now):
        return None
    missing = activation.missing_jobs(session, schedule, now=now)
    what = None
    if missing:
        what = _told(schedule, launching.attempt(session, schedule, missing, now=now))
    if schedule.enabled:  # unless that was a failure too many
        schedule.due_at = activation.next_count(session, schedule, now=now)
        session.flush()
    return what


def _told(schedule: ProcessSchedule, went_well: bool) -> str:
    return FIRED if went_well else FAILED


def _claim(
    session: Session,
    schedule: ProcessSchedule,
    following: str | None,
    values: dict[str, str | None],
) -> bool:
    claimed = session.execute(
        sa.update(ProcessSchedule)
        .where(ProcessSchedule.id == schedule.id, ProcessSchedule.due_at == schedule.due_at)
        .values(due_at=following, **values)
        .returning(ProcessSchedule.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.refresh(schedule)
    return claimed is not None


# --- because somebody asked -----------------------------------------------------------------


def fire_now(session: Session, schedule: ProcessSchedule, *, now: str) -> Sequence[Job]:
    """Fire a trigger out of its turn, whether it is on or off and whatever day it is.

    One of a queue counts it, and starts what is missing. Raises what `launching.start` does.
    """
    if schedule.queue_definition_id is None:
        return launching.launch_now(session, schedule, now=now)
    missing = activation.missing_jobs(session, schedule, now=now)
    return launching.start(session, schedule, missing, now=now) if missing else []


def activate(session: Session, schedule: ProcessSchedule, *, now: str) -> Sequence[Job]:
    """Count the queue of a trigger now.

    Raises:
        ScheduleWithoutQueue, ScheduleNotEnabled
    """
    if schedule.queue_definition_id is None:
        raise ScheduleWithoutQueue(name=schedule.name)
    if not schedule.enabled:
        raise ScheduleNotEnabled(name=schedule.name)
    return fire_now(session, schedule, now=now)
