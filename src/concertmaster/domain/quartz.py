"""Quartz cron: which moments an expression names, and which comes next in a time zone.

    seconds minutes hours day-of-month month day-of-week [year]
    0       15      10    ?            *     MON-FRI

Six or seven fields in any letter case; one of the two day fields is `?`, and only one. Beyond
values, names, lists, ranges (which may run over the end: `22-2`, `SAT-MON`) and steps:

- day of month: `L` the last day, `L-3` three days before it, `15W` the weekday nearest the 15th
  within the month, `LW` the last weekday, `L-3W` the weekday nearest `L-3`
- day of week, where 1 is Sunday: `L` Saturday, `6L` the last Friday, `6#3` the third Friday

Clock changes are as in Quartz.NET 3, which Orchestrator runs on: it walks wall-clock times and
settles the offset last. A time that is skipped in spring fires as long after the change as it
would have been after the gap began (02:30 → 03:30); one that comes twice in autumn fires at its
first occurrence only, and so do the minutes of `0 * * * * ?`.

Why not a library: none of those on PyPI reads all of this as Quartz does; see docs/adr/0013.
"""

import calendar
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import product
from typing import Final


class CronError(ValueError):
    """The expression is none of Quartz's; the text says why."""


@dataclass(frozen=True)
class Field:
    """One field of an expression: its values, and the names some of them have."""

    title: str
    low: int
    high: int
    names: Mapping[str, int]
    most_step: int


def _names(first: int, text: str) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(text.split(), first)}


SECOND: Final = Field("Seconds", 0, 59, {}, 59)
MINUTE: Final = Field("Minutes", 0, 59, {}, 59)
HOUR: Final = Field("Hours", 0, 23, {}, 23)
DAY: Final = Field("Day-of-Month", 1, 31, {}, 31)
MONTH: Final = Field(
    "Month", 1, 12, _names(1, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), 12
)
WEEKDAY: Final = Field("Day-of-Week", 1, 7, _names(1, "SUN MON TUE WED THU FRI SAT"), 7)
YEAR: Final = Field("Year", 1970, 2099, {}, 129)

ANY = "?"
SATURDAY, SUNDAY = 7, 1

_BEFORE_ALL: Final = datetime(YEAR.low - 1, 12, 30, tzinfo=UTC)

#: Days of a month, some of which may not exist: the caller leaves those out.
DayRule = Callable[[int, int], Iterator[int]]


@dataclass(frozen=True)
class Cron:
    """An expression that was read."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    rules: tuple[DayRule, ...]  #: a day counts when one of them names it

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first moment after another (aware), in UTC; None when there is none any more."""
        if moment.year > YEAR.high:
            return None
        moment = max(moment, _BEFORE_ALL)
        start = (moment.replace(microsecond=0) + timedelta(seconds=1)).astimezone(zone)
        wall = self._wall_clock_from(start.replace(tzinfo=None))
        if wall is None:
            return None
        # fold=0: the first of two occurrences; in a gap, the offset from before the change.
        found = wall.replace(tzinfo=zone).astimezone(UTC)
        if found <= moment:  # we stand between two occurrences of this time
            found = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        return found

    def days(self, year: int, month: int) -> list[int]:
        """The days of a month on which it fires."""
        last = calendar.monthrange(year, month)[1]
        named = {day for rule in self.rules for day in rule(year, month)}
        return sorted(day for day in named if 1 <= day <= last)

    def _wall_clock_from(self, start: datetime) -> datetime | None:
        """The first wall-clock time that matches, no earlier than another."""
        for year, month in self._months_from(start.year, start.month):
            for day in self.days(year, month):
                on = date(year, month, day)
                if on < start.date():
                    continue
                at = self._time_from(start.time() if on == start.date() else time.min)
                if at is not None:
                    return datetime.combine(on, at)
        return None

    def _months_from(self, year: int, month: int) -> Iterator[tuple[int, int]]:
        years = self.years[bisect_left(self.years, year) :]
        return (pair for pair in product(years, self.months) if pair >= (year, month))

    def _time_from(self, start: time) -> time | None:
        for hour in self.hours[bisect_left(self.hours, start.hour) :]:
            minute_from = start.minute if hour == start.hour else 0
            for minute in self.minutes[bisect_left(self.minutes, minute_from) :]:
                same = hour == start.hour and minute == start.minute
                seconds = self.seconds[bisect_left(self.seconds, start.second if same else 0) :]
                if seconds:
                    return time(hour, minute, seconds[0])
        return None


@lru_cache(maxsize=1024)
def parse(expression: str) -> Cron:
    """Text → what it says.

    Raises:
        CronError: a field is missing, or says what Quartz does not understand.
    """
    fields = expression.upper().split()
    if not 6 <= len(fields) <= 7:
        raise CronError(f"6 or 7 fields are expected, and there are {len(fields)}")
    seconds, minutes, hours, days, months, weekdays, *rest = fields
    if (days == ANY) == (weekdays == ANY):
        raise CronError("'?' must stand for either Day-of-Month or Day-of-Week")
    return Cron(
        seconds=_values(SECOND, seconds),
        minutes=_values(MINUTE, minutes),
        hours=_values(HOUR, hours),
        months=_values(MONTH, months),
        years=_values(YEAR, rest[0] if rest else "*"),
        rules=_day_rules(days) if weekdays == ANY else _weekday_rules(weekdays),
    )


# --- values ---------------------------------------------------------------------------------

_SPAN = re.compile(r"(\*|\w+)?(?:-(\w+))?(?:/(\d+))?", re.ASCII)


def _values(field: Field, text: str) -> tuple[int, ...]:
    """`5,10-20/2,MON` → the numbers, in order."""
    return tuple(sorted({value for part in text.split(",") for value in _span(field, part)}))


def _span(field: Field, text: str) -> Iterator[int]:
    found = _SPAN.fullmatch(text)
    first, last, step = found.groups() if found else (None, None, None)
    if not found or (first is None and (last or not step)) or (first == "*" and last):
        raise CronError(f"'{text}' is not understood in {field.title}")
    start = field.low if first in (None, "*") else _number(field, first)
    open_ended = step or first == "*"
    end = _number(field, last) if last else field.high if open_ended else start
    if step and not 1 <= int(step) <= field.most_step:
        raise CronError(f"the step {step} in {field.title} is not between 1 and {field.most_step}")
    if end < start and field is YEAR:
        raise CronError("a range of years must not run backwards")
    size = field.high - field.low + 1
    if end < start:  # over the end of the field, and on from its beginning
        end += size
    for value in range(start, end + 1, int(step or 1)):
        yield (value - field.low) % size + field.low


def _number(field: Field, text: str | None) -> int:
    value = field.names.get(text or "", int(text) if text and text.isdecimal() else -1)
    if not field.low <= value <= field.high:
        raise CronError(f"'{text}' in {field.title} is not between {field.low} and {field.high}")
    return value


# --- days -----------------------------------------------------------------------------------

_FROM_LAST = re.compile(r"L(?:-(\d{1,2}))?(W)?", re.ASCII)
_NEAREST = re.compile(r"(\d{1,2})W", re.ASCII)
_LAST_OF_WEEK = re.compile(r"(\w+)L", re.ASCII)
_NTH_OF_WEEK = re.compile(r"(\w+)#(\d)", re.ASCII)


def _day_rules(text: str) -> tuple[DayRule, ...]:
    return tuple(_day_rule(part) for part in text.split(","))


def _day_rule(text: str) -> DayRule:
    if found := _FROM_LAST.fullmatch(text):
        before = int(found[1] or 0)
        if before > 30:
            raise CronError("the offset from the last day must not be above 30")
        return _nearest_weekday(None, before) if found[2] else _before_last(before)
    if found := _NEAREST.fullmatch(text):
        return _nearest_weekday(_number(DAY, found[1]), 0)
    days = tuple(_span(DAY, text))
    return lambda year, month: iter(days)


def _weekday_rules(text: str) -> tuple[DayRule, ...]:
    parts = text.split(",")
    special = [part for part in parts if part == "L" or "#" in part or _is_last(part)]
    if special and len(parts) > 1:
        raise CronError(f"'{special[0]}' must stand alone in Day-of-Week")
    return tuple(_weekday_rule(part) for part in parts)


def _is_last(text: str) -> bool:
    return _LAST_OF_WEEK.fullmatch(text) is not None


def _weekday_rule(text: str) -> DayRule:
    if text == "L":
        return _on_weekdays((SATURDAY,))
    if found := _LAST_OF_WEEK.fullmatch(text):
        return _last_of_week(_number(WEEKDAY, found[1]))
    if found := _NTH_OF_WEEK.fullmatch(text):
        if not 1 <= int(found[2]) <= 5:
            raise CronError("a number from 1 to 5 must follow '#'")
        return _nth_of_week(_number(WEEKDAY, found[1]), int(found[2]))
    return _on_weekdays(tuple(_span(WEEKDAY, text)))


def _before_last(days: int) -> DayRule:
    def rule(year: int, month: int) -> Iterator[int]:
        yield _last(year, month) - days

    return rule


def _nearest_weekday(day: int | None, before: int) -> DayRule:
    """Monday to Friday nearest a day (or one counted from the last), in the same month."""

    def rule(year: int, month: int) -> Iterator[int]:
        last = _last(year, month)
        wanted = last - before if day is None else min(day, last)
        if wanted < 1:
            return
        weekday = _weekday(year, month, wanted)
        if weekday == SATURDAY:
            yield wanted + 2 if wanted == 1 else wanted - 1
        elif weekday == SUNDAY:
            yield wanted - 2 if wanted == last else wanted + 1
        else:
            yield wanted

    return rule


def _on_weekdays(weekdays: tuple[int, ...]) -> DayRule:
    def rule(year: int, month: int) -> Iterator[int]:
        for weekday in weekdays:
            yield from range(_first_of_week(year, month, weekday), 32, 7)

    return rule


def _last_of_week(weekday: int) -> DayRule:
    def rule(year: int, month: int) -> Iterator[int]:
        first = _first_of_week(year, month, weekday)
        yield first + (_last(year, month) - first) // 7 * 7

    return rule


def _nth_of_week(weekday: int, nth: int) -> DayRule:
    def rule(year: int, month: int) -> Iterator[int]:
        yield _first_of_week(year, month, weekday) + 7 * (nth - 1)

    return rule


def _last(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """1 is Sunday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _first_of_week(year: int, month: int, weekday: int) -> int:
    return (weekday - _weekday(year, month, 1)) % 7 + 1
