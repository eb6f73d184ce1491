"""The canonical functions: what they take and give, and how each database computes them.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, 5.1.1.4 on.
One table of signatures, one table of SQL for what both databases share, one more for each where
they differ. Moments arrive as fixed-width text, `2018-01-15T18:18:02.7900000Z`, so their parts
are substrings; durations are ticks of 100 ns. Only the letters A to Z
have a case, on either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from concertmaster.odata.expression import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    DURATION,
    INSTANT,
    INT32,
    STRING,
    TIME,
    Type,
)  # fmt: skip

SQL = sa.ColumnElement[Any]


@dataclass(frozen=True)
class Signature:
    """`copies` is how often the SQL repeats an argument, which bounds what may be nested."""

    arguments: tuple[Type, ...]
    result: Type
    copies: int = 1


def _takes(*arguments: Type, gives: Type, copies: int = 1) -> Signature:
    return Signature(arguments, gives, copies)


_PART = (_takes(INSTANT, gives=INT32), _takes(DATE, gives=INT32))
_CLOCK = (_takes(INSTANT, gives=INT32), _takes(TIME, gives=INT32))
_ROUNDS = (_takes(DOUBLE, gives=DOUBLE), _takes(DECIMAL, gives=DECIMAL))
_TWO_TEXTS = (_takes(STRING, STRING, gives=BOOLEAN),)
_ONE_TEXT = (_takes(STRING, gives=STRING),)

FUNCTIONS: Mapping[str, tuple[Signature, ...]] = {
    "contains": _TWO_TEXTS,
    "startswith": _TWO_TEXTS,
    "endswith": (_takes(STRING, STRING, gives=BOOLEAN, copies=2),),
    "matchespattern": _TWO_TEXTS,
    "concat": (_takes(STRING, STRING, gives=STRING),),
    "indexof": (_takes(STRING, STRING, gives=INT32),),
    "length": (_takes(STRING, gives=INT32),),
    "substring": (
        _takes(STRING, INT32, gives=STRING, copies=3),
        _takes(STRING, INT32, INT32, gives=STRING, copies=3),
    ),
    "tolower": _ONE_TEXT,
    "toupper": _ONE_TEXT,
    "trim": _ONE_TEXT,
    "year": _PART,
    "month": _PART,
    "day": _PART,
    "hour": _CLOCK,
    "minute": _CLOCK,
    "second": _CLOCK,
    "fractionalseconds": (_takes(INSTANT, gives=DECIMAL), _takes(TIME, gives=DECIMAL)),
    "date": (_takes(INSTANT, gives=DATE),),
    "time": (_takes(INSTANT, gives=TIME),),
    "totaloffsetminutes": (_takes(INSTANT, gives=INT32),),
    "totalseconds": (_takes(DURATION, gives=DECIMAL),),
    "now": (_takes(gives=INSTANT),),
    "mindatetime": (_takes(gives=INSTANT),),
    "maxdatetime": (_takes(gives=INSTANT),),
    "round": _ROUNDS,
    "floor": (_takes(DOUBLE, gives=DOUBLE, copies=3), _takes(DECIMAL, gives=DECIMAL, copies=3)),
    "ceiling": (_takes(DOUBLE, gives=DOUBLE, copies=3), _takes(DECIMAL, gives=DECIMAL, copies=3)),
}

#: Names as ODL writes them, where that is not lower case.
SPELLED = {"matchespattern": "matchesPattern"}

MIN_INSTANT = "0001-01-01T00:00:00.0000000Z"
MAX_INSTANT = "9999-12-31T23:59:59.9999999Z"


def considered(name: str) -> str:
    """The signatures of a function, as a refusal lists them."""
    spelled = SPELLED.get(name, name)
    return "; ".join(
        f"{spelled}({', '.join(f'{taken.name} Nullable=true' for taken in signature.arguments)})"
        for signature in FUNCTIONS[name]
    )


#: `.*` and `.` in a pattern of `matchesPattern`, as `literals.py` hands it over: the form that both
#: databases can be given (characters in brackets mean the same to GLOB and to `~`).
MANY, ONE = "\ue000", "\ue001"


# --- SQL ----------------------------------------------------------------------------------

#: What `trim` takes away: white space as .NET sees it.
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


@dataclass(frozen=True)
class Given:
    """What a builder works with: the arguments in SQL, the types they have, how text is folded."""

    arguments: Sequence[SQL]
    types: Sequence[Type]
    fold: Callable[[SQL], SQL]

    @property
    def folded(self) -> tuple[SQL, SQL]:
        """Two texts in which letter case does not count, where the service says so."""
        return self.fold(self.arguments[0]), self.fold(self.arguments[1])


Builder = Callable[[Given], SQL]


#: Beyond the end of any text, with room to add one.
_FARTHEST = sa.literal_column(str(2**31 - 2), sa.Integer())


def number(value: int) -> SQL:
    """A number that belongs to the statement, not to the request."""
    return sa.literal_column(str(value), sa.Integer())


def _cut(text: SQL, start: int, length: int) -> SQL:
    return sa.func.substr(text, number(start), number(length), type_=sa.String())


def _part(instant: int, time: int, length: int) -> Builder:
    """A number inside a moment or a date, or at another place inside a time of day."""

    def build(given: Given) -> SQL:
        start = time if given.types[0] == TIME else instant
        return sa.cast(_cut(given.arguments[0], start, length), sa.Integer())

    return build


def _fraction(given: Given) -> SQL:
    start = 9 if given.types[0] == TIME else 20
    text = sa.literal_column("'0'", sa.String()).concat(_cut(given.arguments[0], start, 8))
    return sa.cast(text, sa.Double())


def _no_offset(given: Given) -> SQL:
    return sa.case((given.arguments[0].is_not(sa.null()), number(0)), else_=sa.null())


def _seconds(given: Given) -> SQL:
    return sa.cast(given.arguments[0], sa.Double()) / sa.literal_column("10000000.0", sa.Double())


def _length(text: SQL) -> SQL:
    return sa.func.length(text, type_=sa.Integer())


def _lower(text: SQL) -> SQL:
    return sa.func.lower(text, type_=sa.String())


def _upper(text: SQL) -> SQL:
    return sa.func.upper(text, type_=sa.String())


COMMON: Mapping[str, Builder] = {
    "concat": lambda given: given.arguments[0].concat(given.arguments[1]),
    "length": lambda given: _length(given.arguments[0]),
    "year": _part(1, 1, 4),
    "month": _part(6, 6, 2),
    "day": _part(9, 9, 2),
    "hour": _part(12, 1, 2),
    "minute": _part(15, 4, 2),
    "second": _part(18, 7, 2),
    "fractionalseconds": _fraction,
    "date": lambda given: _cut(given.arguments[0], 1, 10),
    "time": lambda given: _cut(given.arguments[0], 12, 16),
    "totaloffsetminutes": _no_offset,
    "totalseconds": _seconds,
    "mindatetime": lambda given: sa.literal(MIN_INSTANT, sa.String()),
    "maxdatetime": lambda given: sa.literal(MAX_INSTANT, sa.String()),
}


# --- SQLite -------------------------------------------------------------------------------


def _sqlite_find(given: Given) -> SQL:
    return sa.func.instr(*given.folded, type_=sa.Integer())


def _sqlite_ends(given: Given) -> SQL:
    text, end = given.folded
    return sa.func.substr(text, _length(text) - _length(end) + number(1)) == end


def _sqlite_substring(given: Given) -> SQL:
    """A negative start counts from the end (4.01, 5.1.1.7.1); nothing is before the beginning."""
    text, start, *length = given.arguments
    start = sa.func.min(start, _FARTHEST, type_=sa.Integer())
    from_end = sa.func.max(_length(text) + start, number(0), type_=sa.Integer())
    first = sa.case((start < number(0), from_end), else_=start) + number(1)
    count = [sa.func.max(part, number(0)) for part in length]
    return sa.func.substr(text, first, *count, type_=sa.String())


def _whole(value: SQL) -> SQL:
    return sa.cast(value, sa.Integer())


def _sqlite_floor(given: Given) -> SQL:
    """Without floor(), which a build of SQLite may lack. Beyond 2^53 every number is whole."""
    value = given.arguments[0]
    small = sa.func.abs(value) < sa.literal_column("9007199254740992.0", sa.Double())
    down = sa.case((value < _whole(value), number(1)), else_=number(0))
    return sa.case((small, _whole(value) - down), else_=value)


def _sqlite_ceiling(given: Given) -> SQL:
    value = given.arguments[0]
    small = sa.func.abs(value) < sa.literal_column("9007199254740992.0", sa.Double())
    up = sa.case((value > _whole(value), number(1)), else_=number(0))
    return sa.case((small, _whole(value) + up), else_=value)


def _sqlite_matches(given: Given) -> SQL:
    text, pattern = given.arguments
    glob = sa.func.replace(sa.func.replace(pattern, MANY, "*"), ONE, "?")
    return sa.type_coerce(text.op("GLOB", is_comparison=True)(glob), sa.Boolean())


SQLITE: Mapping[str, Builder] = {
    **COMMON,
    "contains": lambda given: _sqlite_find(given) > number(0),
    "startswith": lambda given: _sqlite_find(given) == number(1),
    "matchespattern": _sqlite_matches,
    "endswith": _sqlite_ends,
    "indexof": lambda given: _sqlite_find(given) - number(1),
    "substring": _sqlite_substring,
    "tolower": lambda given: _lower(given.arguments[0]),
    "toupper": lambda given: _upper(given.arguments[0]),
    "trim": lambda given: sa.func.trim(given.arguments[0], _SPACE, type_=sa.String()),
    "round": lambda given: sa.func.round(given.arguments[0], type_=sa.Double()),
    "floor": _sqlite_floor,
    "ceiling": _sqlite_ceiling,
}


# --- PostgreSQL ---------------------------------------------------------------------------


def by_character(text: SQL) -> SQL:
    """Text that compares by its characters' numbers, as SQLite compares."""
    return sa.collate(text, "C")


def exact(value: SQL) -> SQL:
    """A number that cannot overflow: numeric has 131072 digits before the point."""
    return value if type(value.type) is sa.Numeric else sa.cast(value, sa.Numeric())


def _postgresql_find(given: Given) -> SQL:
    return sa.func.strpos(*given.folded, type_=sa.Integer())


def _postgresql_ends(given: Given) -> SQL:
    text, end = given.folded
    return sa.func.right(text, _length(end)) == end


def _within_integer(value: SQL) -> SQL:
    low = number(-(2**31) + 1)
    return sa.cast(sa.func.least(sa.func.greatest(value, low), _FARTHEST), sa.Integer())


def _postgresql_substring(given: Given) -> SQL:
    text, start, *length = given.arguments
    start = _within_integer(start)
    from_end = sa.func.greatest(_length(text) + start, number(0), type_=sa.Integer())
    first = sa.case((start < number(0), from_end), else_=start) + number(1)
    count = [sa.func.greatest(_within_integer(part), number(0)) for part in length]
    return sa.func.substr(text, first, *count, type_=sa.String())


def _postgresql_matches(given: Given) -> SQL:
    text, pattern = given.arguments
    whole = sa.func.replace(sa.func.replace(pattern, MANY, ".*"), ONE, ".", type_=sa.String())
    anchored = sa.literal_column("'^'", sa.String()).concat(whole)
    regex = anchored.concat(sa.literal_column("'$'", sa.String())).self_group()
    return sa.type_coerce(by_character(text).op("~", is_comparison=True)(regex), sa.Boolean())


POSTGRESQL: Mapping[str, Builder] = {
    **COMMON,
    "contains": lambda given: _postgresql_find(given) > number(0),
    "startswith": lambda given: _postgresql_find(given) == number(1),
    "matchespattern": _postgresql_matches,
    "endswith": _postgresql_ends,
    "indexof": lambda given: _postgresql_find(given) - number(1),
    "substring": _postgresql_substring,
    "tolower": lambda given: _lower(by_character(given.arguments[0])),
    "toupper": lambda given: _upper(by_character(given.arguments[0])),
    "trim": lambda given: sa.func.btrim(given.arguments[0], _SPACE, type_=sa.String()),
    # round() of a double goes to the even neighbour; of a numeric away from zero, as OData's
    "round": lambda given: sa.func.round(exact(given.arguments[0]), type_=sa.Numeric()),
    "floor": lambda given: sa.func.floor(exact(given.arguments[0]), type_=sa.Numeric()),
    "ceiling": lambda given: sa.func.ceil(exact(given.arguments[0]), type_=sa.Numeric()),
    "totalseconds": lambda given: (
        exact(given.arguments[0]) / sa.literal_column("10000000.0", sa.Numeric())
    ),
    "fractionalseconds": lambda given: exact(_fraction(given)),
}

BUILDERS: Mapping[str, Mapping[str, Builder]] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
