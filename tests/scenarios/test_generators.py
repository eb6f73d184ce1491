"""The words for rows in bulk and for values that differ from row to row."""

from itertools import pairwise
from typing import Any

import pytest

from concertmaster.domain import clock
from concertmaster.scenarios.generators import Moment, Point, maker

NOW = clock.ticks("2025-03-10T12:00:00.0000000Z")


def values(said: Any, count: int, **point: Any) -> list[Any]:
    make = maker(said)
    return [make(Point(NOW, n, **point)) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("plain", ["plain"] * 3),
        ({"n": "INV-{n:04}"}, ["INV-0001", "INV-0002", "INV-0003"]),
        ({"n": "no. {n}, {other}"}, ["no. 1, {other}", "no. 2, {other}", "no. 3, {other}"]),
        ({"cycle": ["a", "b"]}, ["a", "b", "a"]),
        ({"cycle": ["a", "b"], "every": 2}, ["a", "a", "b"]),
        ({"cycle": [{"n": "x{n}"}, None]}, ["x1", None, "x3"]),
        ({"from": 100, "step": 7}, [100, 107, 114]),
        ({"from": 100, "step": 7, "wrap": 10}, [100, 107, 104]),
        ({"json": {"a": {"from": 1}}}, ['{"a":1}', '{"a":2}', '{"a":3}']),
        ({"literal": {"n": 1}}, [{"n": 1}] * 3),
        ({"Deep": [{"Count": {"from": 1}}]}, [{"Deep": [{"Count": n}]} for n in (1, 2, 3)]),
        (
            {"ago": "PT3H", "step": "PT30M"},
            [f"2025-03-10T{at}:00.0000000Z" for at in ("09:00", "09:30", "10:00")],
        ),
        ({"in": "P1D", "as": "date"}, ["2025-03-11"] * 3),
        (
            {"at": "2018-01-31T23:59:59.5Z", "step": "PT0.25S"},
            [
                "2018-01-31T23:59:59.5000000Z",
                "2018-01-31T23:59:59.7500000Z",
                "2018-02-01T00:00:00.0000000Z",
            ],
        ),
    ],
)
def test_values(said: Any, made: list[Any]) -> None:
    assert values(said, 3) == made


def test_weights_are_kept_and_spread() -> None:
    made = values({"cycle": {"Successful": 8, "Faulted": 2}}, 20)
    assert made.count("Successful") == 16
    assert made[:10] == made[10:]
    faulted = [at for at, value in enumerate(made) if value == "Faulted"]
    assert min(b - a for a, b in pairwise(faulted)) >= 4


def test_words_of_the_same_row() -> None:
    mine = {"State": "Faulted", "StartTime": "2018-03-05T18:27:27.123Z", "EndTime": None}
    said = {"case": "State", "when": {"Faulted": {"n": "{State} at {n}"}}, "else": "fine"}
    assert values(said, 1, mine=mine) == ["Faulted at 1"]
    assert values({"my": "State"}, 1, mine=mine) == ["Faulted"]
    later = values({"after": "StartTime", "by": "PT1.5S"}, 1, mine=mine)
    assert later == ["2018-03-05T18:27:28.6230000Z"]
    assert values({"after": "EndTime", "by": "PT1S"}, 1, mine=mine) == [None]


def test_words_of_another_row() -> None:
    its = {"Key": "k", "Robot/Name": "Cello"}.__getitem__
    assert values({"its": "Key"}, 1, its=its) == ["k"]
    assert values({"n": "{its:Robot/Name} #{n}"}, 1, its=its) == ["Cello #1"]


def test_moments_in_content_are_as_on_the_wire() -> None:
    assert values({"At": {"ago": "PT0.5S"}}, 1) == [{"At": "2025-03-10T11:59:59.5Z"}]
    assert Moment("2018-01-15T18:18:02.0000000Z").short == "2018-01-15T18:18:02Z"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"ago": "PT3H", "stp": "PT1H"}, "'stp' is nothing that 'ago' understands"),
        ({"ago": "3 hours"}, "a duration such as PT1H30M is expected"),
        ({"cycle": []}, "'cycle' takes a list"),
        ({"cycle": {"a": 0}}, "a weight is a whole number above 0"),
        ({"at": "yesterday"}, "a date and time in ISO 8601 form is expected"),
        ({"in": "P1D", "as": "year"}, "'as' takes date or moment"),
    ],
)
def test_words_that_make_no_sense(said: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        maker(said)


@pytest.mark.parametrize("said", [{"my": "Nothing"}, {"its": "Key"}, {"n": "{Nothing}"}])
def test_words_for_what_is_not_there(said: Any) -> None:
    with pytest.raises(ValueError, match=r"is not said above|needs a row with 'each'"):
        values(said, 1, mine={})
