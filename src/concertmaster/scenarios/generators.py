"""The words with which a scenario writes many rows, and values that differ from row to row.

In place of a plain row:

    repeat: 200                      the row 200 times; n counts from 1
    each: Jobs                       the row once for each row of another set (times `repeat`)
    each: {set: Jobs, where: {State: [Faulted, Stopped]}}

In place of a value, also inside structured values:

    {n: "INV-{n:04}"}                text with the count, members of this row said above
                                     ({Reference}) and of the `each` row ({its:Robot/Name})
    {cycle: [a, b, c]}               one after the other, and again; `every: 5` changes each 5 rows
    {cycle: {Successful: 12, Faulted: 1}}   by weight, spread evenly
    {from: 100, step: 7, wrap: 900}  100, 107, … and from 100 again before 1000
    {ago: P7D, step: PT50M}          a moment before the seeding; each row `step` later
    {in: P2D, step: PT1H}            a moment after it
    {at: 2018-03-05T18:39:15Z, step: PT2S}   a given moment, `step` later with each row
    {after: StartTime, by: PT40S}    later than a member of this row; null if that is null
    {my: Reference}                  the same as a member of this row said above
    {its: Key}, {its: Robot/Name}    a member of the `each` row, or of what that refers to
    {case: State, when: {Faulted: x}, else: y}   by the value of a member (or of {its: …})
    {json: {a: 1}}                   the same as JSON text
    {literal: {n: 1}}                just that: for content that looks like one of these words

Moments take `as: date` for the day alone. Everything is arithmetic on the count: the same file
makes the same rows.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain import clock
from concertmaster.odata.values import read_duration, read_instant

REPEAT, EACH = "repeat", "each"


class Moment(str):
    """An instant that is in its fixed-width form already."""

    __slots__ = ()

    @property
    def short(self) -> str:
        """As it stands in JSON: without trailing zeros."""
        return clock.short(self)


@dataclass(slots=True)
class Point:
    """Where the writing of rows has come to."""

    now: int  #: ticks
    n: int = 1
    mine: Mapping[str, Any] = field(default_factory=dict)  #: what the row said so far
    its: Callable[[str], Any] | None = None  #: reads the `each` row

    @property
    def index(self) -> int:
        return self.n - 1


Make = Callable[[Point], Any]


def maker(said: Any) -> Make:
    """A value as the file says it → what makes it, row by row."""
    if isinstance(said, Mapping):
        head = next((word for word in said if word in _WORDS), None)
        if head is not None:
            extra, word = _WORDS[head]
            unknown = [str(name) for name in said if name != head and name not in extra]
            if unknown:
                raise ValueError(
                    f"'{unknown[0]}' is nothing that '{head}' understands; "
                    "content is marked with {literal: …}"
                )
            return word(said)
        parts = {str(name): maker(part) for name, part in said.items()}
        return lambda at: {name: _short(make(at)) for name, make in parts.items()}
    if isinstance(said, list):
        items = [maker(item) for item in said]
        return lambda at: [_short(make(at)) for make in items]
    return lambda at: said


def _short(value: Any) -> Any:
    return value.short if isinstance(value, Moment) else value


# --- the words ------------------------------------------------------------------------------

_FIELD = re.compile(r"\{(n)(?::([^{}]*))?\}|\{its:([^{}]+)\}|\{([A-Z]\w*)\}")


def _text(said: Mapping[str, Any]) -> Make:
    pattern = str(said["n"])

    def make(at: Point) -> str:
        def fill(found: re.Match[str]) -> str:
            if found[1]:
                return format(at.n, found[2] or "")
            return str(_its(at, found[3]) if found[3] else _mine(at, found[4]))

        return _FIELD.sub(fill, pattern)

    return make


def _cycle(said: Mapping[str, Any]) -> Make:
    choices, every = said["cycle"], said.get("every", 1)
    if isinstance(choices, Mapping):
        choices = _spread(choices)
    if not isinstance(choices, list) or not choices or not isinstance(every, int) or every < 1:
        raise ValueError("'cycle' takes a list, or values with their weights")
    makers = [maker(choice) for choice in choices]
    return lambda at: makers[at.index // every % len(makers)](at)


def _spread(weights: Mapping[Any, Any]) -> list[Any]:
    """Each value as often as its weight says, as far from its like as can be."""
    if not all(isinstance(weight, int) and weight > 0 for weight in weights.values()):
        raise ValueError("a weight is a whole number above 0")
    total = sum(weights.values())
    if total > 10_000:
        raise ValueError("weights of more than 10,000 in all are too many")
    credit = dict.fromkeys(weights, 0)
    found = []
    for _ in range(total):
        for value, weight in weights.items():
            credit[value] += weight
        best = max(credit, key=lambda value: credit[value])
        credit[best] -= total
        found.append(best)
    return found


def _number(said: Mapping[str, Any]) -> Make:
    first, step, wrap = said["from"], said.get("step", 1), said.get("wrap")
    if wrap is None:
        return lambda at: first + at.index * step
    return lambda at: first + at.index * step % wrap


def _relative(head: str, sign: int) -> Callable[[Mapping[str, Any]], Make]:
    def word(said: Mapping[str, Any]) -> Make:
        offset, step = sign * read_duration(said[head]), read_duration(said.get("step", "PT0S"))
        return _moment(said, lambda at: at.now + offset + at.index * step)

    return word


def _absolute(said: Mapping[str, Any]) -> Make:
    first, step = clock.ticks(read_instant(said["at"])), read_duration(said.get("step", "PT0S"))
    return _moment(said, lambda at: first + at.index * step)


def _after(said: Mapping[str, Any]) -> Make:
    start, by = said["after"], maker(said.get("by", "PT0S"))
    earlier: Make = maker(start)
    if isinstance(start, str) and start[:1].isalpha():
        earlier = _my({"my": start})

    def ticks(at: Point) -> int | None:
        moment = earlier(at)
        return None if moment is None else clock.ticks(read_instant(moment)) + read_duration(by(at))

    return _moment(said, ticks)


def _moment(said: Mapping[str, Any], ticks: Callable[[Point], int | None]) -> Make:
    form = said.get("as", "moment")
    if form not in ("moment", "date"):
        raise ValueError("'as' takes date or moment")

    def make(at: Point) -> str | None:
        found = ticks(at)
        if found is None:
            return None
        text = clock.instant_within(found)
        return text[:10] if form == "date" else Moment(text)

    return make


def _my(said: Mapping[str, Any]) -> Make:
    return lambda at: _mine(at, said["my"])


def _mine(at: Point, name: str) -> Any:
    if name not in at.mine:
        raise ValueError(f"'{name}' is not said above in this row")
    return at.mine[name]


def _each(said: Mapping[str, Any]) -> Make:
    return lambda at: _its(at, said["its"])


def _its(at: Point, path: str) -> Any:
    if at.its is None:
        raise ValueError("'its' needs a row with 'each'")
    return at.its(path)


def _case(said: Mapping[str, Any]) -> Make:
    of, cases = said["case"], said.get("when", {})
    if not isinstance(cases, Mapping):
        raise ValueError("'when' takes values with what they lead to")
    read = maker(of) if isinstance(of, Mapping) else _my({"my": of})
    makers = {value: maker(outcome) for value, outcome in cases.items()}
    otherwise = maker(said.get("else"))
    return lambda at: makers.get(read(at), otherwise)(at)


def _json(said: Mapping[str, Any]) -> Make:
    make = maker(said["json"])
    return lambda at: json.dumps(make(at), ensure_ascii=False, separators=(",", ":"))


def _literal(said: Mapping[str, Any]) -> Make:
    return lambda at: said["literal"]


#: A word → the words that may stand beside it, and what it means.
_WORDS: Mapping[str, tuple[Sequence[str], Callable[[Mapping[str, Any]], Make]]] = {
    "n": ((), _text),
    "cycle": (("every",), _cycle),
    "from": (("step", "wrap"), _number),
    "ago": (("step", "as"), _relative("ago", -1)),
    "in": (("step", "as"), _relative("in", 1)),
    "at": (("step", "as"), _absolute),
    "after": (("by", "as"), _after),
    "my": ((), _my),
    "its": ((), _each),
    "case": (("when", "else"), _case),
    "json": ((), _json),
    "literal": ((), _literal),
}
