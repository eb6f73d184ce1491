"""Input arguments, held against what a process says it takes."""

import json

import pytest

from concertmaster.domain.arguments import Argument, check_arguments, read_arguments
from concertmaster.domain.errors import InvalidArgument

STUDIO = {
    "Input": json.dumps(
        [
            {"name": "age", "type": "System.Int32, mscorlib, Version=4.0.0.0", "required": True},
            {"name": "name", "type": "System.String", "required": False},
            {"name": "flag", "type": "System.Boolean", "required": True, "hasDefault": True},
            {"name": "odd", "type": "My.Own.Type, mine"},
        ]
    ),
    "Output": None,
}
SCHEMA = {
    "Input": json.dumps(
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
            "required": ["a"],
        }
    )
}


def test_both_shapes_are_read() -> None:
    found = read_arguments(STUDIO)
    assert found is not None
    assert found[0] == Argument("age", "system.int32", True)
    assert [argument.required for argument in found] == [True, False, False, False]
    assert read_arguments(SCHEMA) == [Argument("a", "integer", True), Argument("b", "string")]


@pytest.mark.parametrize(
    "metadata", [None, {}, {"Input": None}, {"Input": "no json"}, {"Input": "3"}]
)
def test_a_process_that_says_nothing_takes_anything(metadata: dict[str, str] | None) -> None:
    assert read_arguments(metadata) is None
    check_arguments('{"whatever": [1]}', metadata)


@pytest.mark.parametrize(
    "text", ['{"age": 5}', '{"AGE": 5, "name": 7}', '{"age": null, "odd": {}}']
)
def test_what_fits(text: str) -> None:
    check_arguments(text, STUDIO)


def test_a_default_stands_in_for_a_required_argument() -> None:
    check_arguments(None, SCHEMA, defaults='{"a": 1}')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"age": "x"}', "age.*not of type"),
        ('{"age": true}', "age.*not of type"),
        ('{"age": 1, "nope": 2}', "no input argument 'nope'"),
        ("{}", "age.*required"),
        (None, "age.*required"),
        ("[1]", "must be a JSON object"),
        ("{", "must be a JSON object"),
        ("[" * 9_000, "must be a JSON object"),
        (json.dumps({"name": "x" * 10_000}), "maximum length of 10000"),
    ],
)
def test_what_does_not_fit(text: str | None, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=reason):
        check_arguments(text, STUDIO)
