"""Quartz cron: what expressions mean, and how they go through the changes of a clock."""

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from concertmaster.domain import quartz

WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def after(expression: str, moment: str, zone: str = "UTC") -> str | None:
    """The next occurrence as it stands on a wall clock in the zone; all times of a test are so."""
    rules = ZoneInfo(zone)
    start = datetime.fromisoformat(moment)
    found = quartz.parse(expression).after(start.astimezone(UTC), rules)
    return found and found.astimezone(rules).isoformat(timespec="seconds").replace("+00:00", "Z")


def first(expression: str, count: int, moment: str, zone: str) -> list[str]:
    found = []
    for _ in range(count):
        moment = after(expression, moment, zone) or ""
        found.append(moment)
    return found


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        # the day fields
        ("0 0 12 * * ?", "2024-01-01T12:00:00Z", "2024-01-02T12:00:00Z"),
        ("0 15 10 ? * MON-FRI", "2024-01-05T11:00:00Z", "2024-01-08T10:15:00Z"),
        ("0 15 10 ? * 6", "2024-01-01T00:00:00Z", "2024-01-05T10:15:00Z"),  # 6 is Friday
        ("0 15 10 ? * 2", "2024-01-02T00:00:00Z", "2024-01-08T10:15:00Z"),  # 2 is Monday
        ("0 15 10 ? * 1", "2024-01-02T00:00:00Z", "2024-01-07T10:15:00Z"),  # 1 is Sunday
        ("0 0 8 ? * sat-mon", "2024-01-03T00:00:00Z", "2024-01-06T08:00:00Z"),
        ("0 0 12 ? * 2/2", "2023-09-05T12:00:00Z", "2023-09-06T12:00:00Z"),
        ("0 0 0 ? * L", "2024-01-01T00:00:00Z", "2024-01-06T00:00:00Z"),  # Saturday
        ("0 15 10 ? * 6L", "2024-01-01T00:00:00Z", "2024-01-26T10:15:00Z"),
        ("0 15 10 ? * FRIL", "2024-02-01T00:00:00Z", "2024-02-23T10:15:00Z"),
        ("0 15 10 ? * FRI#2", "2024-01-01T00:00:00Z", "2024-01-12T10:15:00Z"),
        ("0 15 10 ? * 6#3", "2024-01-01T00:00:00Z", "2024-01-19T10:15:00Z"),
        ("0 15 10 ? * 6#5", "2024-01-01T00:00:00Z", "2024-03-29T10:15:00Z"),
        ("0 15 10 L * ?", "2024-02-01T00:00:00Z", "2024-02-29T10:15:00Z"),
        ("0 15 10 L-3 * ?", "2024-02-01T00:00:00Z", "2024-02-26T10:15:00Z"),
        ("0 15 10 L-30 * ?", "2024-02-01T00:00:00Z", "2024-03-01T10:15:00Z"),
        ("0 15 10 LW * ?", "2024-03-01T00:00:00Z", "2024-03-29T10:15:00Z"),
        ("0 15 10 L-1W * ?", "2010-10-01T00:00:00Z", "2010-10-29T10:15:00Z"),
        ("0 15 10 15W * ?", "2024-05-16T00:00:00Z", "2024-06-14T10:15:00Z"),  # a Saturday
        ("0 0 12 15W * ?", "2024-08-15T12:00:00Z", "2024-09-16T12:00:00Z"),  # a Sunday
        ("0 0 12 15W * ?", "2023-12-15T12:00:00Z", "2024-01-15T12:00:00Z"),
        ("0 15 10 1W * ?", "2024-06-01T00:00:00Z", "2024-06-03T10:15:00Z"),  # not back into May
        ("0 0 12 31W * ?", "2025-01-31T12:00:00Z", "2025-02-28T12:00:00Z"),
        ("0 15 10 6,15,LW * ?", "2010-10-15T12:00:00Z", "2010-10-29T10:15:00Z"),
        ("0 0 0 29 2 ?", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 0 28-5 * ?", "2024-01-06T00:00:00Z", "2024-01-28T00:00:00Z"),
        ("0 0 0 1/1 * ? *", "2024-01-31T00:00:00Z", "2024-02-01T00:00:00Z"),
        # the others
        ("0/10 * * * * ?", "2024-01-01T00:00:05Z", "2024-01-01T00:00:10Z"),
        ("5,55 * * * * ?", "2024-01-01T00:00:05Z", "2024-01-01T00:00:55Z"),
        ("0 5/15 * * * ?", "2024-01-01T00:21:00Z", "2024-01-01T00:35:00Z"),
        ("0 /20 * * * ?", "2024-01-01T00:21:00Z", "2024-01-01T00:40:00Z"),
        ("0 0 22-2 * * ?", "2024-01-01T23:30:00Z", "2024-01-02T00:00:00Z"),
        ("0 50-10/10 * * * ?", "2024-01-01T00:10:00Z", "2024-01-01T00:50:00Z"),
        ("0 0 0 ? NOV-FEB FRI", "2024-03-01T00:00:00Z", "2024-11-01T00:00:00Z"),
        ("0 0 12 1 JAN ? 2030", "2024-01-01T00:00:05Z", "2030-01-01T12:00:00Z"),
        ("0 0 12 1 1 ? 2026-2030/2", "2026-02-01T00:00:05Z", "2028-01-01T12:00:00Z"),
        ("0 0 12 1 1 ? 2020", "2024-01-01T00:00:00Z", None),
        ("0 0 0 30 2 ?", "2024-01-01T00:00:00Z", None),
        ("0 0 0 1 1 ?", "2099-06-01T00:00:00Z", None),
        ("0 0 0 1 1 ?", "9999-12-31T23:59:59Z", None),
        ("0 0 0 1 1 ? *", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_what_expressions_mean(expression: str, moment: str, expected: str | None) -> None:
    assert after(expression, moment) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * * * *", "0 0 12 * *", "0 0 12 * * ? 2030 1", "0 0 12 * * *", "0 0 12 ? * ?",
        "0 0 12 1 * MON", "60 0 12 * * ?", "0 60 12 * * ?", "0 0 24 * * ?", "0 0 12 0 * ?",
        "0 0 12 32 * ?", "0 0 12 1 13 ?", "0 0 12 ? * 0", "0 0 12 ? * 8", "0 0 12 ? * XYZ",
        "0 0 12 1 * ? 1969", "0 0 12 1 * ? 2100", "0 0 12 1 * ? 2030-2026", "0 0/0 12 * * ?",
        "0 0/60 12 * * ?", "0 / 12 * * ?", "0 0/ 12 * * ?", "0 0 12 L-31 * ?", "0 0 12 32W * ?",
        "0 0 12 ? * FRI#6", "0 0 12 ? * FRI#0", "0 0 12 ? * SAT,SUN,L", "0 0 12 ? * 3#1,6#3",
        "0 0 12 ? * FRI*", "0 0x 0/1 ? * * *", "? 0 12 * * ?", "0 0 12 *-5 * ?", "0 ,5 12 * * ?",
        "0 0 12 ? * L-2", "0 0 1٢ * * ?", "0 0 12 W * ?", "@daily",
    ],
)  # fmt: skip
def test_what_quartz_does_not_understand(expression: str) -> None:
    with pytest.raises(quartz.CronError):
        quartz.parse(expression)


# --- clock changes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "zone", "start", "expected"),
    [  # a time that is skipped fires once, as long after as the clock was put ahead
        ("0 30 2 * * ?", "America/New_York", "2024-03-10T00:00:00-05:00",
         ["2024-03-10T03:30:00-04:00", "2024-03-11T02:30:00-04:00"]),
        ("0 15 2 * * ?", "Australia/Lord_Howe", "2019-10-06T00:00:00+10:30",
         ["2019-10-06T02:45:00+11:00", "2019-10-07T02:15:00+11:00"]),
        ("0 0 0 * * ?", "America/Santiago", "2019-09-07T12:00:00-04:00",
         ["2019-09-08T01:00:00-03:00", "2019-09-09T00:00:00-03:00"]),
        ("0 30 2,3 * * ?", "America/New_York", "2024-03-10T00:00:00-05:00",
         ["2024-03-10T03:30:00-04:00", "2024-03-11T02:30:00-04:00"]),
        # a time that comes twice fires at its first occurrence
        ("0 30 1 * * ?", "America/New_York", "2024-11-03T00:00:00-04:00",
         ["2024-11-03T01:30:00-04:00", "2024-11-04T01:30:00-05:00"]),
        ("0 30 2 * * ?", "Europe/Berlin", "2018-10-28T00:00:00+02:00",
         ["2018-10-28T02:30:00+02:00", "2018-10-29T02:30:00+01:00"]),
        ("0 30 23 * * ?", "America/Santiago", "2019-04-06T00:00:00-03:00",
         ["2019-04-06T23:30:00-03:00", "2019-04-07T23:30:00-04:00"]),
        # and so do those of an interval: the second time round is left out
        ("0 0/30 * * * ?", "Europe/Berlin", "2018-10-28T02:10:00+02:00",
         ["2018-10-28T02:30:00+02:00", "2018-10-28T03:00:00+01:00"]),
        # unless one asks in the midst of it
        ("0 0/30 * * * ?", "Europe/Berlin", "2018-10-28T02:10:00+01:00",
         ["2018-10-28T02:30:00+01:00", "2018-10-28T03:00:00+01:00"]),
    ],
)  # fmt: skip
def test_clock_changes(expression: str, zone: str, start: str, expected: list[str]) -> None:
    assert first(expression, len(expected), start, zone) == expected


def test_an_interval_goes_on_through_the_gap() -> None:
    found = first("0 0/30 * * * ?", 4, "2024-03-10T01:29:00-05:00", "America/New_York")
    clock = [text[11:16] for text in found]
    assert clock == ["01:30", "03:00", "03:30", "04:00"]


# --- against a reckoning by hand ------------------------------------------------------------

Field = tuple[str, frozenset[int]]


def spans(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[Field]:
    """A list of values, ranges and steps, as text and as what it means, told apart by hand."""
    number = st.integers(low, high)

    def word(value: int) -> str:
        return names[value - low] if names else str(value)

    def around(first: int, last: int) -> list[int]:
        ring = list(range(low, high + 1))
        turned = ring[first - low :] + ring[: first - low]
        return turned[: turned.index(last) + 1]

    one = st.builds(lambda v: (word(v), frozenset({v})), number)
    span = st.builds(lambda a, b: (f"{word(a)}-{word(b)}", frozenset(around(a, b))), number, number)
    step = st.builds(
        lambda a, n: (f"{a}/{n}", frozenset(range(a, high + 1, n))), number, st.integers(1, high)
    )
    stepped = st.builds(
        lambda a, b, n: (f"{word(a)}-{word(b)}/{n}", frozenset(around(a, b)[::n])),
        number, number, st.integers(1, high),
    )  # fmt: skip
    everything = st.just(("*", frozenset(range(low, high + 1))))
    listed = st.lists(one | span | step | stepped, min_size=1, max_size=3).map(
        lambda parts: (
            ",".join(text for text, _ in parts),
            frozenset().union(*(values for _, values in parts)),
        )
    )
    return listed | everything


@st.composite
def day_fields(draw: st.DrawFn) -> tuple[str, str, object]:
    """Both day fields, and a predicate on dates."""
    kind = draw(st.sampled_from(["days", "weekdays", "nth", "last", "from last", "near"]))
    if kind == "days":
        text, values = draw(spans(1, 31))
        return text, "?", lambda day: day.day in values
    if kind == "weekdays":
        text, values = draw(spans(1, 7, WEEKDAYS))
        return "?", text, lambda day: day.isoweekday() % 7 + 1 in values
    weekday = draw(st.integers(1, 7))
    if kind == "nth":
        nth = draw(st.integers(1, 5))
        return "?", f"{weekday}#{nth}", lambda day: (
            day.isoweekday() % 7 + 1 == weekday and (day.day - 1) // 7 + 1 == nth
        )  # fmt: skip
    if kind == "last":
        return "?", f"{WEEKDAYS[weekday - 1]}L", lambda day: (
            day.isoweekday() % 7 + 1 == weekday
            and (day + timedelta(days=7)).month != day.month
        )  # fmt: skip
    if kind == "from last":
        n = draw(st.integers(0, 30))
        return f"L-{n}", "?", lambda day: (
            (day + timedelta(days=n)).month == day.month
            and (day + timedelta(days=n + 1)).month != day.month
        )  # fmt: skip
    wanted = draw(st.integers(1, 31))
    return f"{wanted}W", "?", lambda day: day == nearest(day.year, day.month, wanted)


def nearest(year: int, month: int, wanted: int) -> date:
    """The weekday of a month that has the least distance to a day; there never are two."""
    last = calendar.monthrange(year, month)[1]
    goal = date(year, month, min(wanted, last))
    days = [date(year, month, d) for d in range(1, last + 1)]
    return min((d for d in days if d.isoweekday() < 6), key=lambda d: abs(d - goal))


@given(
    minute=spans(0, 59), hour=spans(0, 23), months=spans(1, 12), days=day_fields(),
    start=st.datetimes(datetime(2023, 12, 1), datetime(2025, 2, 1)),
)  # fmt: skip
@example(
    minute=("0", frozenset({0})), hour=("0", frozenset({0})), months=("2", frozenset({2})),
    days=("29", "?", lambda day: day.day == 29), start=datetime(2024, 2, 29),
)  # fmt: skip
def test_agrees_with_a_search_minute_by_minute(
    minute: Field, hour: Field, months: Field, days: tuple[str, str, object], start: datetime
) -> None:
    day_text, weekday_text, on = days
    text = f"0 {minute[0]} {hour[0]} {day_text} {months[0]} {weekday_text}"
    start = start.replace(tzinfo=UTC, microsecond=0)
    found = quartz.parse(text).after(start, UTC)
    expected = None
    for number in range(500):  # days; then none is expected to be found sooner
        day = start.date() + timedelta(days=number)
        if day.month not in months[1] or not on(day):  # type: ignore[operator]
            continue
        times = (
            datetime(day.year, day.month, day.day, h, m, tzinfo=UTC)
            for h in sorted(hour[1]) for m in sorted(minute[1])
        )  # fmt: skip
        expected = next((time for time in times if time > start), None)
        if expected:
            break
    if expected is None:
        assert found is None or found > start + timedelta(days=499)
    else:
        assert found == expected
