"""Calendars: what must hold of one, and the triggers that keep its days."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import occurrences, zones
from concertmaster.domain.errors import CalendarInUse
from concertmaster.entities import Calendar, ProcessSchedule
from concertmaster.odata.declare import same_name


def settle(calendar: Calendar) -> None:
    """Each day once, in order, as midnight; the zone by its Windows name.

    Raises InvalidTimeZone.
    """
    if calendar.time_zone_id:
        calendar.time_zone_id = zones.find(calendar.time_zone_id).windows
    days = sorted({str(text)[:10] for text in calendar.excluded_dates or []})
    calendar.excluded_dates = [f"{day}T00:00:00Z" for day in days]


def follow(session: Session, calendar: Calendar, *, now: str) -> None:
    """Let the triggers of a calendar that has changed know of it."""
    for schedule in session.scalars(_users(calendar)):
        occurrences.show_calendar(schedule, calendar)
        if schedule.enabled:
            occurrences.plan(schedule, calendar, now=now)


def check_unused(session: Session, calendar: Calendar) -> None:
    """Raises CalendarInUse."""
    if session.scalars(_users(calendar).limit(1)).first() is not None:
        raise CalendarInUse(name=calendar.name)


def exists(session: Session, name: str) -> bool:
    """Whether there is a calendar of that name, in any letter case."""
    found = sa.select(Calendar.id).where(same_name(Calendar.name, name))
    return session.scalars(found.limit(1)).first() is not None


def _users(calendar: Calendar) -> sa.Select[ProcessSchedule]:
    return sa.select(ProcessSchedule).where(ProcessSchedule.calendar_id == calendar.id)
