"""Instants keep seven digits, and a clock can be another than the one on the wall."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain import clock
from concertmaster.domain.clock import Clock
from concertmaster.domain.errors import InvalidArgument

SAMPLE = "2018-01-15T18:18:02.7900000Z"


@given(st.integers(0, 3_155_378_975_999_999_999))
def test_ticks_and_text_say_the_same(ticks: int) -> None:
    text = clock.instant(ticks)
    assert len(text) == 28
    assert clock.ticks(text) == ticks
    assert clock.parse(text) == text


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_text_sorts_as_moments_do(one: int, other: int) -> None:
    assert (clock.instant(one) < clock.instant(other)) == (one < other)


@given(st.datetimes())
def test_datetimes_come_and_go(moment: datetime) -> None:
    assert clock.to_datetime(clock.of_datetime(moment)) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2018-01-15T18:18:02.79Z", SAMPLE),
        ("2018-01-15T20:18:02.79+02:00", SAMPLE),
        ("2018-01-15t18:18:02.790z", SAMPLE),
        ("2018-01-15 18:18:02.79", SAMPLE),
        ("2018-01-15T18:18:02.790000000000Z", SAMPLE),
        ("2018-01-15", "2018-01-15T00:00:00.0000000Z"),
        ("2018-01-15T18:18-0530", "2018-01-15T23:48:00.0000000Z"),
        ("2018-01-15T18:18:02.00000019Z", "2018-01-15T18:18:02.0000001Z"),
    ],
)
def test_what_clients_write_is_understood(text: str, wanted: str) -> None:
    assert clock.parse(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2018-13-01", "2018-02-30T00:00:00Z", "2018-01-15T25:00:00Z",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
        "\u0662\u0660\u0661\u0668-01-15", "2018-01-15T18:18:02.79Zjunk",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        clock.parse(text)


def test_arithmetic() -> None:
    assert clock.add(SAMPLE, 0.21) == "2018-01-15T18:18:03.0000000Z"
    assert clock.add(SAMPLE, timedelta(days=-1, microseconds=1)) == "2018-01-14T18:18:02.7900010Z"
    assert clock.between(SAMPLE, clock.add(SAMPLE, 90)) == 90
    assert clock.of_datetime(datetime(2018, 1, 15, 20, tzinfo=timezone(timedelta(hours=2)))) == (
        "2018-01-15T18:00:00.0000000Z"
    )
    with pytest.raises(InvalidArgument):
        clock.add("9999-12-31T23:59:59.0000000Z", 5)


def test_real_time() -> None:
    now = clock.to_datetime(Clock().now())
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5


def test_a_frozen_clock_stands_until_it_is_moved() -> None:
    stopped = Clock()
    stopped.freeze(SAMPLE)
    assert stopped.now() == stopped.now() == SAMPLE
    assert stopped.frozen
    assert stopped.advance(60) == "2018-01-15T18:19:02.7900000Z" == stopped.now()
    stopped.thaw()
    assert not stopped.frozen
    assert "2018-01-15T18:19:02.79" <= stopped.now() < "2018-01-15T18:20"
    stopped.reset()
    assert stopped.now() > "2024"


def test_a_clock_that_was_set_goes_on_from_there() -> None:
    fast = Clock()
    fast.set(SAMPLE, scale=1_000_000)
    first, second = fast.now(), fast.now()
    assert SAMPLE <= first < second


def test_identifiers_are_new() -> None:
    one, other = clock.new_guid(), clock.new_guid()
    assert one != other
    assert len(one) == 36
    assert one == one.lower()


def test_identifiers_are_random_uuids() -> None:
    for _ in range(100):
        made = uuid.UUID(text := clock.new_guid())
        assert (made.version, made.variant, str(made)) == (4, uuid.RFC_4122, text)
