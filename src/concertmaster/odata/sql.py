"""What the two databases write differently: text, numbers, moments. One class each, one face.

Both have to answer alike. SQLite turns an integer that overflows into a float and a division by
zero into null; PostgreSQL raises, so it calculates in numeric, which has room, and divides by
NULLIF. Text compares by the numbers of its characters, with or without
regard to the case of the letters A to Z.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from concertmaster.odata.expression import (
    BOOLEAN,
    DATE,
    GUID,
    INSTANT,
    STRING,
    TIME,
    Type,
)  # fmt: skip
from concertmaster.odata.functions import (
    POSTGRESQL,
    SQL,
    SQLITE,
    Builder,
    by_character,
    exact,
    number,
)  # fmt: skip

TICKS_A_SECOND = 10_000_000
TICKS_A_DAY = 86_400 * TICKS_A_SECOND

_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "Edm.Boolean": sa.Boolean(),
    "Edm.Double": sa.Double(),
    "Edm.Single": sa.Double(),
    "Edm.Decimal": sa.Double(),
    STRING.name: sa.String(),
    GUID.name: sa.String(),
    INSTANT.name: sa.String(),
    DATE.name: sa.String(),
    TIME.name: sa.String(),
    "Edm.String#Pattern": sa.String(),
}


def sql_type(kind: Type) -> sa.types.TypeEngine[Any]:
    """The plain type behind an Edm type; whatever is not here is a whole number."""
    return _TYPES.get(kind.name, _WHOLE)


_WHOLE = sa.BigInteger()


@cache
def dialect_of(name: str, ignore_case: bool) -> "Dialect":
    return {"sqlite": Sqlite, "postgresql": Postgresql}[name](ignore_case)


def _operator(symbol: str, left: SQL, right: SQL, kind: Any) -> SQL:
    """`(left symbol right)`, without the conversions that SQLAlchemy adds to a division."""
    grouped = left.self_group(against=sa.sql.operators.mul).op(symbol, precedence=8)
    return sa.type_coerce(grouped(right).self_group(), kind)


class Dialect(ABC):
    """The face of both."""

    functions: Mapping[str, Builder]

    def __init__(self, ignore_case: bool) -> None:
        self.ignore_case = ignore_case

    # --- text ---

    @abstractmethod
    def folded(self, text: SQL) -> SQL:
        """Text for searching in: letters in lower case, where case does not count."""

    @abstractmethod
    def collated(self, text: SQL, equality: bool) -> SQL:
        """Text for comparing with other text."""

    def ordered(self, value: SQL, kind: Type) -> SQL:
        return self.collated(value, False) if kind == STRING else value

    @abstractmethod
    def null_lowest(self, term: sa.UnaryExpression[Any], descending: bool) -> SQL: ...

    def unique_as_compared(self, column: sa.Column[Any]) -> bool:
        """Whether a unique column is unique for the way text is compared, too."""
        return not self.ignore_case

    # --- numbers ---

    def exact(self, value: SQL) -> SQL:
        """A number that calculations cannot drive out of its range."""
        return value

    def alike(self, left: SQL, right: SQL) -> tuple[SQL, SQL]:
        """Two numbers that can be compared."""
        return left, right

    @abstractmethod
    def calculated(self, operator: str, left: SQL, right: SQL, *, whole: bool) -> SQL: ...

    def cast(self, value: SQL, source: Type, wanted: Type) -> SQL:
        if source.name == wanted.name:
            return value
        if wanted == STRING:
            return self._to_text(value, source)
        if source == STRING:
            return self._to_integer(value)
        if (source, wanted) == (INSTANT, DATE):
            return sa.func.substr(value, number(1), number(10), type_=sa.String())
        if (source, wanted) == (DATE, INSTANT):
            return value.concat(sa.literal_column("'T00:00:00.0000000Z'", sa.String()))
        if wanted.integer and not (source.integer or source.enumeration):
            return self._truncated(value)
        if wanted.numeric and not wanted.integer and source.integer:
            return self._fractional(value)
        return value

    def _to_text(self, value: SQL, source: Type) -> SQL:
        if source == BOOLEAN:
            written = {True: "true", False: "false"}
            return sa.case(
                *((value.is_(sa.true() if k else sa.false()), v) for k, v in written.items())
            )
        if source.enumeration:
            names = source.enumeration.by_number.items()
            return sa.case(
                *((value == number(k), v) for k, v in names), else_=sa.cast(value, sa.Text())
            )
        if source == INSTANT:  # as it is written on the wire: without zeros at the end
            trimmed = sa.func.rtrim(sa.func.rtrim(sa.func.rtrim(value, "Z"), "0"), ".")
            return sa.type_coerce(trimmed, sa.String()).concat(
                sa.literal_column("'Z'", sa.String())
            )
        if source in (DATE, TIME, GUID):
            return value
        return sa.cast(value, sa.Text())

    def _to_integer(self, text: SQL) -> SQL:
        """The number that a text spells, or null; up to 18 digits."""
        sign = sa.func.rtrim(text, "0123456789", type_=sa.String())
        spelled = sa.and_(
            sign.in_([sa.literal_column(quoted) for quoted in ("''", "'+'", "'-'")]),
            sa.func.length(text).between(number(1), number(18)),
            sa.func.length(text) > sa.func.length(sign),
        )
        return sa.case((spelled, sa.cast(text, sa.BigInteger())), else_=sa.null())

    @abstractmethod
    def _truncated(self, value: SQL) -> SQL: ...

    @abstractmethod
    def _fractional(self, value: SQL) -> SQL: ...

    # --- moments ---

    @abstractmethod
    def ticks(self, value: SQL, date: bool) -> SQL:
        """Fixed-width text → ticks since 1970."""

    @abstractmethod
    def text(self, ticks: SQL, date: bool) -> SQL:
        """Ticks since 1970 → fixed-width text; null outside the years 1 to 9999."""

    def moved(self, operator: str, left: SQL, right: SQL, *, whole_days: bool) -> SQL:
        """Ticks plus or minus ticks; a date moves by the whole days of a duration."""
        if whole_days:
            days = self.calculated("div", right, number(TICKS_A_DAY), whole=True)
            right = self.calculated("mul", days, number(TICKS_A_DAY), whole=True)
        return self.calculated(operator, left, right, whole=True)


_SQLITE = sqlite.dialect()


class Sqlite(Dialect):
    functions = SQLITE

    def folded(self, text: SQL) -> SQL:
        return sa.func.lower(text, type_=sa.String()) if self.ignore_case else text

    def collated(self, text: SQL, equality: bool) -> SQL:
        return sa.collate(text, "NOCASE" if self.ignore_case else "BINARY")

    def null_lowest(
        self,
        term: sa.UnaryExpression[Any],
        descending: bool,
    ) -> SQL:
        return term  # as it is

    def unique_as_compared(self, column: sa.Column[Any]) -> bool:
        here = column.type.dialect_impl(_SQLITE)
        collation = getattr(here, "collation", None) or ""
        return not self.ignore_case or collation.upper() == "NOCASE"

    def calculated(self, operator: str, left: SQL, right: SQL, *, whole: bool) -> SQL:
        kind: Any = sa.BigInteger() if whole else sa.Double()
        build = _SQLITE_CALCULATIONS[operator]
        return sa.type_coerce(build(left, right, whole), kind)

    def _truncated(self, value: SQL) -> SQL:
        return sa.cast(value, sa.Integer())

    def _fractional(self, value: SQL) -> SQL:
        return sa.cast(value, sa.Double())

    def ticks(self, value: SQL, date: bool) -> SQL:
        seconds = sa.cast(sa.func.strftime("%s", _head(value, date)), sa.Integer())
        ticks = seconds * number(TICKS_A_SECOND)
        if not date:
            ticks = ticks + sa.cast(_digits(value), sa.Integer())
        return sa.type_coerce(ticks.self_group(), sa.BigInteger())

    def text(self, ticks: SQL, date: bool) -> SQL:
        form = "%Y-%m-%d" if date else "%Y-%m-%dT%H:%M:%S."
        # division rounds towards zero and time does not: count from the year 0
        since = sa.type_coerce(ticks + number(_BEFORE_1970), sa.BigInteger())
        seconds = _operator("/", since, number(TICKS_A_SECOND), sa.BigInteger())
        before = number(_BEFORE_1970 // TICKS_A_SECOND)
        written: SQL = sa.func.strftime(form, seconds - before, "unixepoch", type_=sa.String())
        if not date:
            rest = _operator("%", since, number(TICKS_A_SECOND), sa.BigInteger())
            written = written.concat(sa.func.printf("%07dZ", rest, type_=sa.String()))
        return sa.case((ticks.between(number(_FIRST), number(_LAST)), written), else_=sa.null())


class Postgresql(Dialect):
    functions = POSTGRESQL

    def folded(self, text: SQL) -> SQL:
        plain = by_character(text)
        return sa.func.lower(plain, type_=sa.String()) if self.ignore_case else plain

    def collated(self, text: SQL, equality: bool) -> SQL:
        if self.ignore_case:
            return self.folded(text)
        if equality and isinstance(text, (sa.BindParameter, sa.sql.elements.TypeCoerce)):
            return text  # any collation knows equality, and an index of its own serves it
        return by_character(text)

    def null_lowest(self, term: sa.UnaryExpression[Any], descending: bool) -> SQL:
        return term.nulls_last() if descending else term.nulls_first()

    def exact(self, value: SQL) -> SQL:
        return exact(value)

    def alike(self, left: SQL, right: SQL) -> tuple[SQL, SQL]:
        if _is_exact(left) != _is_exact(right):
            return exact(left), exact(right)
        return left, right

    def calculated(self, operator: str, left: SQL, right: SQL, *, whole: bool) -> SQL:
        found = _POSTGRESQL_CALCULATIONS[operator](exact(left), exact(right), whole)
        return sa.type_coerce(found, sa.Numeric())

    def _truncated(self, value: SQL) -> SQL:
        return sa.func.trunc(exact(value), type_=sa.Numeric())

    def _fractional(self, value: SQL) -> SQL:
        return exact(value)

    def ticks(self, value: SQL, date: bool) -> SQL:
        moment = sa.cast(_head(value, date), sa.TIMESTAMP())
        seconds = sa.cast(sa.func.date_part("epoch", moment), sa.Numeric())
        ticks = seconds * number(TICKS_A_SECOND)
        if not date:
            ticks = ticks + sa.cast(_digits(value), sa.Numeric())
        return sa.type_coerce(ticks.self_group(), sa.Numeric())

    def text(self, ticks: SQL, date: bool) -> SQL:
        ticks = exact(ticks)
        form = "YYYY-MM-DD" if date else 'YYYY-MM-DD"T"HH24:MI:SS.'
        second = number(TICKS_A_SECOND)
        seconds = sa.func.floor(_operator("/", ticks, second, sa.Numeric()))
        moment = sa.func.timezone("UTC", sa.func.to_timestamp(sa.cast(seconds, sa.Double())))
        written: SQL = sa.func.to_char(moment, form, type_=sa.String())
        if not date:
            rest = sa.func.mod(ticks + number(_BEFORE_1970), second)
            digits = sa.func.to_char(rest, "FM0000000", type_=sa.String())
            written = written.concat(digits).concat(sa.literal_column("'Z'", sa.String()))
        return sa.case((ticks.between(number(_FIRST), number(_LAST)), written), else_=sa.null())


#: Ticks from 0001-01-01 to 1970, of the first and of the last moment there is.
_BEFORE_1970 = 62_135_596_800 * TICKS_A_SECOND
_FIRST = -_BEFORE_1970
_LAST = 253_402_300_800 * TICKS_A_SECOND - 1


def _is_exact(value: SQL) -> bool:
    return type(value.type) is sa.Numeric


def _head(value: SQL, date: bool) -> SQL:
    return value if date else sa.func.substr(value, number(1), number(19), type_=sa.String())


def _digits(value: SQL) -> SQL:
    return sa.func.substr(value, number(21), number(7), type_=sa.String())


def _nonzero(value: SQL) -> SQL:
    return sa.func.nullif(value, number(0), type_=value.type)


def _sqlite_divided(left: SQL, right: SQL, whole: bool) -> SQL:
    if whole:
        return sa.cast(_operator("/", left, right, sa.BigInteger()), sa.Integer())
    one: SQL = sa.literal_column("1.0", sa.Double())
    return _operator("/", _operator("*", left, one, sa.Double()), right, sa.Double())


def _sqlite_remainder(left: SQL, right: SQL, whole: bool) -> SQL:
    """% cuts fractions off before it divides, so fractions are done by hand."""
    if whole:
        return _operator("%", left, right, sa.BigInteger())
    real: Any = sa.Double()
    times = sa.cast(_operator("/", sa.cast(left, real), right, real), sa.Integer())
    return _operator("-", left, _operator("*", right, times, real), real)


Calculation = Callable[[SQL, SQL, bool], SQL]

_SQLITE_CALCULATIONS: Mapping[str, Calculation] = {
    "add": lambda left, right, whole: _operator("+", left, right, None),
    "sub": lambda left, right, whole: _operator("-", left, right, None),
    "mul": lambda left, right, whole: _operator("*", left, right, None),
    "div": _sqlite_divided,
    "divby": lambda left, right, whole: _sqlite_divided(left, right, False),
    "mod": _sqlite_remainder,
}


def _postgresql_divided(left: SQL, right: SQL, whole: bool) -> SQL:
    if whole:
        return sa.func.div(left, _nonzero(right), type_=sa.Numeric())
    return _operator("/", left, _nonzero(right), sa.Numeric())


_POSTGRESQL_CALCULATIONS: Mapping[str, Calculation] = {
    "add": lambda left, right, whole: _operator("+", left, right, None),
    "sub": lambda left, right, whole: _operator("-", left, right, None),
    "mul": lambda left, right, whole: _operator("*", left, right, None),
    "div": _postgresql_divided,
    "divby": lambda left, right, whole: _postgresql_divided(left, right, False),
    "mod": lambda left, right, whole: sa.func.mod(left, _nonzero(right), type_=sa.Numeric()),
}
