"""When triggers are due: their expressions, their time zones, their days off, their end.

Of rows alone: a trigger and, where it has one, its calendar.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from concertmaster.domain import clock, quartz, zones
from concertmaster.domain.errors import InvalidArgument, InvalidCron, ScheduleWillNeverRun
from concertmaster.entities import Calendar, ProcessSchedule

#: When the queue of a trigger is counted again: Orchestrator's `Queue.ProcessActivationSchedule`.
RECOUNT: Final = "0 0/30 * 1/1 * ? *"


def settle(schedule: ProcessSchedule, calendar: Calendar | None) -> None:
    """Check the time of a trigger and say what follows from it.

    Raises InvalidArgument, InvalidCron, InvalidTimeZone.
    """
    expression = schedule.start_process_cron or ""
    if not expression.strip():
        raise InvalidArgument("The field StartProcessCron is required.")
    try:
        quartz.parse(expression)
    except quartz.CronError as error:
        raise InvalidCron(expression=expression, reason=error) from None
    schedule.start_process_cron_summary = describe(expression)
    zone = zones.find(schedule.time_zone_id)
    schedule.time_zone_id, schedule.time_zone_iana = zone.windows, zone.iana
    schedule.use_calendar = calendar is not None
    show_calendar(schedule, calendar)


def show_calendar(schedule: ProcessSchedule, calendar: Calendar | None) -> None:
    """What a trigger says of its calendar."""
    schedule.calendar_name = calendar.name if calendar else None
    schedule.calendar_key = calendar.key if calendar else None


@lru_cache(maxsize=1024)
def describe(expression: str) -> str:
    """An expression in words; itself where there are none for it."""
    from cron_descriptor import FormatError, Options, get_description

    options = Options()
    options.day_of_week_start_index_zero = False
    options.locale_code = "en_US"
    try:
        return str(get_description(expression, options))
    except (FormatError, IndexError, ValueError, TypeError):
        return expression


def plan(schedule: ProcessSchedule, calendar: Calendar | None, *, now: str) -> None:
    """Say when a trigger is due, as from now. One of a queue counts it at once."""
    if not schedule.enabled:
        schedule.due_at = schedule.start_process_next_occurrence = None
    elif schedule.queue_definition_id is not None:
        schedule.due_at, schedule.start_process_next_occurrence = now, None
    else:
        found = next_occurrence(schedule, calendar, after=now)
        schedule.start_process_next_occurrence = found
        schedule.due_at = found or schedule.stop_process_date  # on that day it is switched off


def check_runs(schedule: ProcessSchedule) -> None:
    """Raises ScheduleWillNeverRun where an enabled trigger has no moment to wait for."""
    timed = schedule.enabled and schedule.queue_definition_id is None
    if timed and schedule.start_process_next_occurrence is None:
        raise ScheduleWillNeverRun(expression=schedule.start_process_cron)


def is_over(schedule: ProcessSchedule, *, now: str) -> bool:
    """Whether the day has come on which a trigger is switched off."""
    return schedule.stop_process_date is not None and schedule.stop_process_date <= now


def next_occurrence(
    schedule: ProcessSchedule, calendar: Calendar | None, *, after: str
) -> str | None:
    """When a trigger of time fires next; None when it never does again."""
    return _next(schedule, calendar, schedule.start_process_cron or "", after)


def next_count(schedule: ProcessSchedule, calendar: Calendar | None, *, after: str) -> str | None:
    """When the queue of a trigger is counted again without anything having happened."""
    return _next(schedule, calendar, RECOUNT, after)


def is_day_off(schedule: ProcessSchedule, calendar: Calendar | None, *, now: str) -> bool:
    """Whether today is no working day for a trigger."""
    closed, zone = _days_off(schedule, calendar)
    return clock.to_datetime(now).astimezone(zone).date() in closed


def _next(
    schedule: ProcessSchedule, calendar: Calendar | None, expression: str, after: str
) -> str | None:
    cron, zone = quartz.parse(expression), zones.find(schedule.time_zone_id).rules
    closed, closed_zone = _days_off(schedule, calendar)
    moment = cron.after(clock.to_datetime(after), zone)
    while moment is not None and (day := moment.astimezone(closed_zone).date()) in closed:
        midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=closed_zone)
        moment = cron.after(midnight.astimezone(UTC) - timedelta(seconds=1), zone)
    found = None if moment is None else clock.of_datetime(moment)
    return None if found is not None and is_over(schedule, now=found) else found


def _days_off(
    schedule: ProcessSchedule, calendar: Calendar | None
) -> tuple[frozenset[date], ZoneInfo]:
    """The days on which a trigger rests, and the zone in which they are days: its calendar's."""
    if calendar is None:
        return frozenset(), zones.find(schedule.time_zone_id).rules
    zone = zones.find(calendar.time_zone_id or schedule.time_zone_id).rules
    return frozenset(date.fromisoformat(text[:10]) for text in calendar.excluded_dates), zone
