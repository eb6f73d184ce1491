"""Values on their way in and out: each reader and writer, and that they undo one another."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.odata import declare, response, values


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2018-01-15T18:18:02.79Z", "2018-01-15T18:18:02.7900000Z"),
        ("2018-01-15T18:18:02Z", "2018-01-15T18:18:02.0000000Z"),
        ("2018-01-15T18:18Z", "2018-01-15T18:18:00.0000000Z"),
        ("2018-01-15", "2018-01-15T00:00:00.0000000Z"),
        ("2018-01-15T20:18:02.1234567+02:00", "2018-01-15T18:18:02.1234567Z"),
        ("2018-01-15T18:18:02.123456789Z", "2018-01-15T18:18:02.1234567Z"),
        ("2018-01-15T13:18:02-05:00", "2018-01-15T18:18:02.0000000Z"),
        ("2018-01-15T18:18:02", "2018-01-15T18:18:02.0000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
    ],
)
def test_instants(text: str, stored: str) -> None:
    assert values.read_instant(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2018-13-01",
        "2018-02-30T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        5,
        None,
        "2018-01-01T25:00:00Z",
    ],
)
def test_bad_instants(text: object) -> None:
    with pytest.raises(ValueError, match="date"):
        values.read_instant(text)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("2018-01-15T18:18:02.7900000Z", "2018-01-15T18:18:02.79Z"),
        ("2018-01-15T18:18:02.0000000Z", "2018-01-15T18:18:02Z"),
        ("2018-03-07T18:20:29.3833333Z", "2018-03-07T18:20:29.3833333Z"),
    ],
)
def test_written_instants_lose_their_zeros(stored: str, written: str) -> None:
    assert response.write_instant(stored) == written


@given(st.integers(-(2**62), 2**62))
def test_durations_come_back(ticks: int) -> None:
    assert values.read_duration(response.write_duration(ticks)) == ticks


@given(st.integers(0, 2**63 - 1))
def test_row_versions_come_back(number: int) -> None:
    assert values.read_row_version(response.write_row_version(number)) == number


def test_a_row_version_as_the_guide_shows_it() -> None:
    assert response.write_row_version(0x43202F + 0x80) == "AAAAAABDIK8="


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (values.read_string, {}),
        (values.read_string, "a\x00b"),
        (values.read_boolean, "yes"),
        (values.read_boolean, 1),
        (values.integer_reader(32), 2**31),
        (values.integer_reader(32), "abc"),
        (values.integer_reader(32), True),
        (values.integer_reader(64), 1.5),
        (values.read_double, "x"),
        (values.read_decimal, "NaN"),
        (values.read_guid, "nope"),
        (values.read_date, "2018-02-30"),
        (values.read_time_of_day, "25:00"),
        (values.read_duration, "P"),
        (values.read_row_version, "***"),
        (values.read_binary, "***"),
    ],
)
def test_what_does_not_fit_is_refused(read: object, value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(value)  # type: ignore[operator]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)  # fmt: skip
def test_json_is_kept_as_it_came_whatever_the_size_of_its_numbers(value: object) -> None:
    assert json.loads(declare.json_text(value)) == value
