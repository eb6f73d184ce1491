"""Before anything is measured: everyone gives the same answer to the same question."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.contestants import Contestant
from benchmarks.load import Worker, checked, run
from benchmarks.workloads import Question


class Disagreement(Exception):
    """Two contestants answer differently: to compare their figures would say nothing."""


def check(contestants: Sequence[Contestant], questions: int = 3) -> None:
    """Compare the answers to some list requests, member by member."""
    first, *others = contestants
    random = Random("agreement")
    for number in range(questions):
        question = Question.any_of(random, first.jobs)
        expected = answer(first, question, whole=number % 2 == 0)
        for other in others:
            _compare(first, expected, other, answer(other, question, whole=number % 2 == 0))


def answer(contestant: Contestant, question: Question, *, whole: bool) -> dict[str, Any]:
    found: list[bytes] = []

    def once() -> Worker:
        url = question.url(contestant, whole=whole)
        found.append(checked((yield contestant.endpoint.get(url)), 200).body)

    run(contestant.endpoint, [once()], 60)
    body: dict[str, Any] = json.loads(found[0])
    return body


def _compare(
    first: Contestant, expected: dict[str, Any], other: Contestant, found: dict[str, Any]
) -> None:
    for one, two in zip(_facts(expected), _facts(found), strict=False):
        differing = {name: (one[name], two.get(name)) for name in one if one[name] != two.get(name)}
        if differing:
            raise Disagreement(f"{first.name} and {other.name}: {differing}")


def _facts(body: dict[str, Any]) -> list[dict[str, Any]]:
    """How many rows there are, and each of them, flat."""
    counts = {"count": body["@odata.count"], "rows": len(body["value"])}
    return [counts, *(_flat(row) for row in body["value"])]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Members by path; an empty list counts as nothing, for CAP keeps none."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}/{inner}": found for inner, found in _flat(value).items()}
        else:
            flat[name] = value or None if isinstance(value, list) else value
    return flat
