"""Literals → values that the database holds, by the type that the other operand decides.

Runs for every request, while the plan of the shape stays: a slot says what is wanted, a literal
says what was written. A text in quotes may spell any type but a boolean (`Key eq '5f…'`,
`Id eq '5'`, `Level ge '2'`): clients send it, whether or not the standard has it.
"""

import base64
import functools
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concertmaster.odata import values
from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.expression import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    DURATION,
    ENTITY,
    GUID,
    INSTANT,
    INT32,
    INT64,
    NULL,
    STRING,
    TIME,
    Slot,
    Type,
)  # fmt: skip
from concertmaster.odata.functions import MANY, ONE
from concertmaster.odata.lexer import Literal, shown
from concertmaster.odata.model import EnumType

#: Kind of literal → the type it has by itself.
NATURAL: Mapping[str, Type] = {
    "string": STRING, "json": STRING, "int": INT32, "decimal": DOUBLE, "guid": GUID,
    "datetime": INSTANT, "date": DATE, "time": TIME, "duration": DURATION, "binary": BINARY,
}  # fmt: skip

_QUOTED = frozenset({"string", "json"})
_NEVER_QUOTED = frozenset(type_.name for type_ in (BOOLEAN, BINARY, ENTITY, NULL))


def fitting(slot: Slot, wanted: Type) -> Type | None:
    """What a literal has to be next to an operand of a type; None where it cannot be anything."""
    if slot.kind in _QUOTED and wanted.name not in _NEVER_QUOTED:
        return INT64 if wanted.integer else DOUBLE if wanted.numeric else wanted
    if slot.kind == "int" and wanted.enumeration:
        return wanted
    if slot.kind in ("int", "decimal") and wanted.numeric:
        return INT64 if wanted.integer and slot.kind == "int" else DOUBLE
    if slot.kind == "date" and wanted == INSTANT:
        return INSTANT
    return wanted if slot.wanted.name == wanted.name else None


def values_of(slots: Sequence[Slot], literals: Sequence[Literal], prefix: str) -> dict[str, Any]:
    """The value of each bind parameter of a translated expression.

    Raises:
        InvalidQuery: a literal does not spell a value of its type.
    """
    return {f"{prefix}{slot.index}": value_of(slot, literals[slot.index]) for slot in slots}


def value_of(slot: Slot, literal: Literal) -> Any:
    wanted = slot.wanted
    try:
        if wanted.enumeration:
            return _read_enum(wanted.enumeration, literal)
        return READERS[wanted.name](literal)
    except (ValueError, OverflowError):
        raise InvalidQuery(_refusal(slot, literal)) from None


def _refusal(slot: Slot, literal: Literal) -> str:
    if slot.wanted.enumeration:
        return f"The string '{unquoted(literal)[:200]}' is not a valid enumeration type constant."
    if slot.refusal and slot.kind in _QUOTED:
        return slot.refusal
    if slot.wanted == PATTERN:
        return (
            f"The pattern {shown(literal.text)} is not supported: it may hold characters, "
            "classes, '.', '.*', '.+' and the anchors '^' and '$'."
        )
    if literal.kind == "datetime":
        return (
            f"The DateTimeOffset text '{literal.text}' should be in format "
            "'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."
        )
    return f"Unrecognized '{slot.wanted.name}' literal {shown(literal.text)}."


def unquoted(literal: Literal) -> str:
    """The text inside the quotes of a literal, or all of it where there are none."""
    text = literal.text
    if literal.kind == "json":
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            return text[1:-1]
    _, quote, rest = text.partition("'")
    return rest[:-1].replace("''", "'") if quote else text


# --- one reader for each type -------------------------------------------------------------

#: What no database text holds: NUL (PostgreSQL has none) and halves of surrogate pairs.
_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?\d{1,40}l?", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)[mfdl]?", re.IGNORECASE)
_OFFSET = re.compile(r"Z|[+-]\d\d:\d\d", re.IGNORECASE)


def _read_string(literal: Literal) -> str:
    """The text; characters that cannot be stored become one that nobody stores."""
    text = unquoted(literal)
    return _UNHOLDABLE.sub("\uffff", text) if not text.isascii() or "\x00" in text else text


def _read_integer(literal: Literal) -> int:
    text = unquoted(literal)
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    number = int(text.rstrip("lL"))
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _read_double(literal: Literal) -> float:
    found = _NUMBER.fullmatch(unquoted(literal))
    if not found:
        raise ValueError(literal.text)
    return float(found[1])


def _read_instant(literal: Literal) -> str:
    """A moment with its offset, which is required, or a date, which is its midnight."""
    text = unquoted(literal)
    if len(text) > 10 and not _OFFSET.search(text, 11):
        raise ValueError(text)
    fraction = text.find(".")
    if fraction > 0:  # digits beyond the seventh do not count
        text = re.sub(r"(\.\d{7})\d+", r"\1", text)
    return values.read_instant(text)


def _of_text(read: Callable[[Any], Any]) -> Callable[[Literal], Any]:
    return lambda literal: read(unquoted(literal))


def _read_binary(literal: Literal) -> int:
    """A row version: eight bytes, a number to the database."""
    raw = base64.b64decode(unquoted(literal), altchars=b"-_", validate=False)
    if len(raw) != 8:
        raise ValueError(literal.text)
    return int.from_bytes(raw, "big", signed=True)


def _read_enum(enumeration: EnumType, literal: Literal) -> int:
    """A member by name in any case, by number, or flags by a list of either."""
    text = unquoted(literal)
    if enumeration.flags and "," in text and len(text) < 1000:
        return functools.reduce(operator.or_, (_member(enumeration, p) for p in text.split(",")))
    return _member(enumeration, text)


def _member(enumeration: EnumType, text: str) -> int:
    name = text.strip()
    found = enumeration.by_name.get(name.lower())
    if found is not None:
        return found
    if not _INTEGER.fullmatch(name):
        raise ValueError(text)
    number = int(name.rstrip("lL"))
    known = sum(set(enumeration.by_number)) if enumeration.flags else 0
    if number in enumeration.by_number or (enumeration.flags and 0 <= number <= known):
        return number
    raise ValueError(text)


# --- patterns -----------------------------------------------------------------------------

#: A pattern of `matchesPattern` in a form that both databases can finish: characters in brackets
#: where they are special to either, and two signs for `.*` and `.`.
PATTERN = Type("Edm.String#Pattern")

_PIECES = re.compile(
    r"""\\(?P<escaped>[^\w\s]) | \\(?P<group>[dw]) | (?P<any>\.)
      | \[(?P<class>\^?(?:\w-\w|[\w\ .,])+)\]
      | (?P<plain>[^\\.\[\](){}*+?|^$])""",
    re.VERBOSE,
)
_GROUPS = {"d": "[0-9]", "w": "[0-9A-Za-z_]"}
_MOST_STARS = 8


def _read_pattern(literal: Literal) -> str:
    """The part of regular expressions that takes linear time wherever it is run.

    Anchors, characters, classes and `.`, with `*` and `+` after `.` only. The whole language would
    let one request hold a worker for ever (`(a+)+$`), and no two databases share a dialect of it.
    """
    text = _read_string(literal)
    body = text.removeprefix("^")
    anchored_start = body != text
    anchored_end = body.endswith("$") and not body.endswith("\\$")
    body = body[:-1] if anchored_end else body
    pieces = [] if anchored_start else [MANY]
    position = 0
    while position < len(body):
        found = _PIECES.match(body, position)
        if not found:
            raise ValueError(text)
        position = found.end()
        repeated = body[position : position + 1] if body[position : position + 1] in "*+" else ""
        if repeated:
            if not found["any"]:
                raise ValueError(text)
            position += 1
        pieces.append(_piece(found, repeated))
    if not anchored_end:
        pieces.append(MANY)
    pattern = re.sub(f"{MANY}{{2,}}", MANY, "".join(pieces))
    if pattern.count(MANY) > _MOST_STARS:
        raise ValueError(text)
    return pattern


def _piece(found: re.Match[str], repeated: str) -> str:
    if found["any"]:
        return {"": ONE, "*": MANY, "+": ONE + MANY}[repeated]
    if found["group"]:
        return _GROUPS[found["group"]]
    if found["class"]:
        if any(first > last for first, last in re.findall(r"(\w)-(\w)", found["class"])):
            raise ValueError(found["class"])
        return f"[{found['class']}]"
    character = found["escaped"] or found["plain"]
    if character == "^":
        raise ValueError("a literal ^ cannot be put in brackets")
    if character.isalnum() or character in " _-":
        return character
    return "[\\\\]" if character == "\\" else f"[{character}]"


READERS: Mapping[str, Callable[[Literal], Any]] = {
    STRING.name: _read_string,
    INT32.name: _read_integer,
    INT64.name: _read_integer,
    DOUBLE.name: _read_double,
    GUID.name: _of_text(values.read_guid),
    INSTANT.name: _read_instant,
    DATE.name: _of_text(values.read_date),
    TIME.name: _of_text(values.read_time_of_day),
    DURATION.name: _of_text(values.read_duration),
    BINARY.name: _read_binary,
    PATTERN.name: _read_pattern,
}
