"""A shape is what a plan may be kept under: the text without its values, and nothing less."""

import pytest
import toy

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.filter import bind_filter, bind_path, values_of
from concertmaster.odata.lexer import shape_of


@pytest.mark.parametrize(
    ("text", "shape", "literals"),
    [
        ("Id eq 5", "Id eq ?int", ["5"]),
        ("Id eq -5L", "Id eq ?int", ["-5L"]),
        ("State eq 'Faulted' and Id gt 5", "State eq ?string and Id gt ?int", ["'Faulted'", "5"]),
        ("Info eq 'O''Brian'", "Info eq ?string", ["'O''Brian'"]),
        ("Id in (1,2)", "Id in (?int,?int)", ["1", "2"]),
        ("State eq Ns.JobState'Running'", "State eq Ns.JobState?enum", ["Ns.JobState'Running'"]),
        ("Dur gt duration'PT1H'", "Dur gt duration?enum", ["duration'PT1H'"]),
        ("Info eq null or Active eq true", "Info eq null or Active eq true", []),
        ("Score lt -INF or Score eq NaN", "Score lt -INF or Score eq NaN", []),
        ("cast(Id,'Edm.String') eq 'x'", "cast(Id,'Edm.String') eq ?string", ["'x'"]),
        (
            "Key eq abcdef12-0000-0000-3333-333333333333",
            "Key eq ?guid",
            ["abcdef12-0000-0000-3333-333333333333"],
        ),
        (
            "A ge 2018-01-16T01:18:02.79Z and B eq 2018-01-05 and C lt 05:30:00",
            "A ge ?datetime and B eq ?date and C lt ?time",
            ["2018-01-16T01:18:02.79Z", "2018-01-05", "05:30:00"],
        ),
        ("Robot749 eq 2.5m", "Robot749 eq ?decimal", ["2.5m"]),
    ],
)
def test_literals_are_cut_out(text: str, shape: str, literals: list[str]) -> None:
    found = shape_of(text)
    assert found.text == shape
    assert [literal.text for literal in found.literals] == literals


def test_nobody_can_write_a_shape_by_hand() -> None:
    assert shape_of("Id eq ?int").text != shape_of("Id eq 5").text
    with pytest.raises(InvalidQuery):
        bind_filter("Id eq ?int", toy.JOB, toy.MODEL)


def test_one_bound_filter_serves_every_literal() -> None:
    bound = bind_filter("State eq 'Nope' and Id in (1,'2')", toy.JOB, toy.MODEL)
    other = shape_of("State eq 'faulted' and Id in (7,'8')").literals
    assert values_of(bound.slots, other, "f") == {"f0": 4, "f1": 7, "f2": 8}


def test_values_are_what_the_database_holds() -> None:
    text = (
        "CreationTime ge 2018-01-16T19:00:00.5-05:00 and Due eq 2018-01-05 and Tod gt 05:30 and "
        "Dur gt duration'-P1DT1H' and Key eq 'ABCDEF12-0000-0000-3333-333333333333' and "
        "Rights has 'View,delete' and Score eq 1.5d and CreationTime lt 2018-02-01"
    )
    bound = bind_filter(text, toy.JOB, toy.MODEL)
    assert values_of(bound.slots, shape_of(text).literals, "f") == {
        "f0": "2018-01-17T00:00:00.5000000Z",
        "f1": "2018-01-05",
        "f2": "05:30:00.0000000",
        "f3": -25 * 3600 * 10_000_000,
        "f4": "abcdef12-0000-0000-3333-333333333333",
        "f5": 5,
        "f6": 1.5,
        "f7": "2018-02-01T00:00:00.0000000Z",
    }


def test_aliases_are_part_of_the_shape_through_their_values() -> None:
    assert shape_of("Id eq @p", {"@p": "5"}) == shape_of("Id eq 5")
    assert shape_of("Info eq @p", {"@P": "'a @p b'"}) == shape_of("Info eq 'a @p b'")
    assert shape_of("Active and @p", {"@p": "Id eq 1 or Flag"}).text == (
        "Active and (Id eq ?int or Flag)"
    )
    with pytest.raises(InvalidQuery):
        shape_of(" ".join(["@p"] * 1000), {"@p": "'" + "x" * 100_000 + "'"})


def test_paths_follow_navigations_and_aliases() -> None:
    path = bind_path("robotname", toy.JOB)
    assert [hop.name for hop in path.hops] == ["Robot"]
    assert path.property.name == "Name"
    assert bind_path("Release/Environment", toy.JOB).hops[-1].name == "Environment"
    with pytest.raises(InvalidQuery, match="Could not find a property named 'Nope'"):
        bind_path("Robot/Nope", toy.JOB)
