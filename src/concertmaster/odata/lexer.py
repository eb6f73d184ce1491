"""The text of a $filter → its words, and its shape: the same text with the literals cut out.

One regular expression serves both, so the n-th literal of a shape is the n-th literal that the
parser meets. A plan made for `State eq ?string` answers every `State eq '…'`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.remembered import remembered

#: Every alternative is linear: possessive where a prefix might be read twice.
_WORDS = re.compile(
    r"""\s*+(?:
      (?P<guid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\w))
    | (?P<enum>[^\W\d][\w.]*+'[^']*+(?:''[^']*+)*+')       # Ns.State'Running', duration'PT1H'
    | (?P<path>-INF(?![\w.]) | [$@]?[^\W\d][\w.]*+(?:/[$@]?[^\W\d][\w.]*+)*+)
    | (?P<typename>'Edm\.[A-Za-z0-9]+')                     # cast(x,'Edm.String'): no value, a type
    | (?P<string>'[^']*+(?:''[^']*+)*+')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d++)?)?(?:Z|[+-]\d\d:\d\d)?(?![\w:]))
    | (?P<date>\d{4}-\d\d-\d\d(?!\w))
    | (?P<time>\d\d:\d\d(?::\d\d(?:\.\d++)?)?(?![\w:]))
    | (?P<decimal>[+-]?\d++(?:\.\d++(?:e[+-]?\d++)?[mfd]?|e[+-]?\d++[mfd]?|[mfd])(?![\w.]))
    | (?P<int>[+-]?\d++l?(?![\w.]))
    | (?P<mark>[(),:=\-;\[\]])
    | (?P<json>"(?:[^"\\]|\\.)*+")
    | (?P<open>'.*)                                         # a string that does not end
    | (?P<other>\S)
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

#: The kinds of words that are values: cut out of a shape.
CUT = {
    kind: f"?{kind}"
    for kind in (
        "string", "int", "decimal", "guid", "datetime", "date", "time", "enum", "json",
    )
}  # fmt: skip

#: Literals with a prefix of their own: `duration'PT1H'`.
PREFIXED = {"duration": "duration", "binary": "binary"}

_LONGEST = 1_000_000


class Literal(NamedTuple):
    """A value as it was written: `kind` is that of the word, `text` all its characters."""

    kind: str
    text: str


@dataclass(slots=True)
class Shape:
    """A text without its literals, and the literals in their order."""

    text: str
    literals: tuple[Literal, ...]


class Word(NamedTuple):
    """A word of a filter and where it stands; `slot` counts the literals before a literal."""

    kind: str
    text: str
    start: int
    end: int
    slot: int = -1


def shape_of(text: str, aliases: Mapping[str, str] | None = None) -> Shape:
    """Cut the literals out of a text; `null`, `true`, `false` and operators stay in it."""
    return _shape_of(substituted(text, aliases or {}))


@remembered
def _shape_of(text: str) -> Shape:
    pieces: list[str] = []
    literals: list[Literal] = []
    copied = 0
    for match in _WORDS.finditer(text.rstrip()):
        kind = match.lastgroup
        if kind == "path" or kind == "mark":
            continue
        start, end = match.span(kind or 0)
        if kind in CUT:
            literal = text[start:end]
            if kind == "enum":  # the type's name decides what the value is compared with
                name, _, _ = literal.partition("'")
                pieces += (text[copied:start], name)
            else:
                pieces.append(text[copied:start])
            pieces.append(CUT[kind])
            literals.append(Literal(kind, literal))
            copied = end
        elif text[start] == "?":  # nobody can write a mark of ours
            pieces += (text[copied:start], "??")
            copied = end
    pieces.append(text[copied:])
    return Shape("".join(pieces), tuple(literals))


def words_of(text: str) -> Iterator[Word]:
    """The words of a text, one by one, then for ever a word of kind `end`.

    Raises:
        InvalidQuery: a character or an open string that is no word.
    """
    slot = 0
    for match in _WORDS.finditer(text.rstrip()):
        kind = match.lastgroup or "other"
        start, end = match.span(kind)
        word = match[kind]
        if kind in CUT:
            yield Word(kind, word, start, end, slot)
            slot += 1
        elif kind == "open":
            raise InvalidQuery(
                f"There is an unterminated string literal at position {len(text)} in {shown(text)}."
            )
        elif kind == "other":
            raise InvalidQuery(
                f"Syntax error: character '{word}' is not valid at position {start} "
                f"in {shown(text)}."
            )
        else:
            yield Word(word if kind == "mark" else kind, word, start, end)
    while True:
        yield Word("end", "", len(text), len(text))


def substituted(text: str, aliases: Mapping[str, str]) -> str:
    """Put the values of parameter aliases (`@p` given as `@p='x'`) in their places.

    An alias without a value is null (OData 4.01 part 2, 5.3). Done before the shape is taken, so
    a plan never depends on how a value came in.
    """
    if "@" not in text:
        return text
    known = {name.lower(): value for name, value in aliases.items()}
    pieces: list[str] = []
    copied = length = 0
    for match in _WORDS.finditer(text.rstrip()):
        if match.lastgroup != "path" or not match["path"].startswith("@"):
            continue
        name, slash, rest = match["path"].partition("/")
        value = known.get(name.lower(), "").strip() or "null"
        if not _alone(value) and value[0] not in "([":
            value = f"({value})"
        start, end = match.span("path")
        pieces += (text[copied:start], value, slash, rest)
        copied = end
        length += len(value)
        if length > _LONGEST:
            raise InvalidQuery("The values of the parameter aliases are too long.")
    pieces.append(text[copied:])
    return "".join(pieces)


def _alone(value: str) -> bool:
    """Whether a value is one word, which needs no parentheses around it."""
    first = _WORDS.match(value)
    return first is not None and first.end() == len(value)


def shown(text: str) -> str:
    """A text as messages quote it: whole, unless it is very long."""
    return f"'{text}'" if len(text) <= 500 else f"'{text[:500]}…'"
