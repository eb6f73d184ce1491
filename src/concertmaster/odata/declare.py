"""The vocabulary of a declaration: what an entity file says beyond SQLAlchemy's own mapping.

A leaf: it imports SQLAlchemy and nothing of ours, so that entities (and through them the
domain) never drag the protocol in. `odata/model.py` reads what is said here.

    class Shelf(Entity, entity_set="Shelves"):
        \"\"\"Where books stand.\"\"\"

        id: Mapped[Key]
        name: Mapped[str] = prop(length=40, unique=True)
        kind: Mapped[ShelfKind] = prop(default=ShelfKind.Open)
        built: Mapped[Instant | None]
        books: Mapped[list["Book"]] = relationship(back_populates="shelf")

Values in Python are what the database holds: an `Instant` is its UTC text, a `Guid` its
lower-case text, an enumeration an `IntEnum`, a `Json` the members in their wire names.
"""

import enum
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

# --- column types -------------------------------------------------------------------------


class InstantText(TypeDecorator[str]):
    """Edm.DateTimeOffset as fixed-width UTC text, `2018-01-15T18:18:02.7900000Z`.

    Text of one width sorts as the moments do, keeps all seven digits on every engine and needs
    no datetime object on the way out.
    """

    impl = sa.String(28)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.String(28, collation=collation))


class GuidText(TypeDecorator[str]):
    """Edm.Guid as 36 lower-case characters."""

    impl = sa.String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.String(36, collation=collation))


class DateText(TypeDecorator[str]):
    """Edm.Date as `2018-01-15`."""

    impl = sa.String(10)
    cache_ok = True


class TimeOfDayText(TypeDecorator[str]):
    """Edm.TimeOfDay as `05:30:00.0000000`."""

    impl = sa.String(16)
    cache_ok = True


class DurationTicks(TypeDecorator[int]):
    """Edm.Duration as a count of 100-nanosecond ticks."""

    impl = sa.BigInteger
    cache_ok = True


class RowVersionNumber(TypeDecorator[int]):
    """A counter that changes with every update; eight bytes in base64 on the wire."""

    impl = sa.BigInteger
    cache_ok = True


class Enumeration(TypeDecorator[enum.IntEnum | enum.IntFlag]):
    """An enumeration by number in the database, by name on the wire."""

    impl = sa.SmallInteger
    cache_ok = True

    def __init__(self, members: type[enum.IntEnum] | type[enum.IntFlag]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(
        self, value: Any, dialect: sa.Dialect
    ) -> enum.IntEnum | enum.IntFlag | None:
        return None if value is None else self.members(value)


class JsonText(TypeDecorator[Any]):
    """A complex value (or a list of them) as the JSON text that goes on the wire."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


def json_text(value: Any) -> str:
    """A value as compact JSON; numbers may be of any size."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Means:
    """Tells two uses of one Python type apart. (A bare text SQLAlchemy would take for a name.)"""

    what: str


Instant = Annotated[str, Means("Edm.DateTimeOffset")]
Guid = Annotated[str, Means("Edm.Guid")]
Date = Annotated[str, Means("Edm.Date")]
TimeOfDay = Annotated[str, Means("Edm.TimeOfDay")]
Duration = Annotated[int, Means("Edm.Duration")]
Int64 = Annotated[int, Means("Edm.Int64")]
Int16 = Annotated[int, Means("Edm.Int16")]
RowVersion = Annotated[int, Means("RowVersion")]
Json = Annotated[Any, Means("Json")]
Key = Annotated[
    int,
    mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    ),
]

# --- words on a property ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """What a declaration says of one property, beyond its SQL type."""

    name: str | None = None  #: wire name, where it is not the attribute's in PascalCase
    hidden: bool = False  #: a column of ours: not on the wire, not in a query
    computed: bool = False  #: the server's to set; ignored in a payload
    immutable: bool = False  #: may be given on create only
    masked: bool | str = False  #: null (or this text) in collections and expansions, shown by key
    secret: bool = False  #: may be written, is always answered null
    required: bool = False  #: must be given, and not be empty, on create and replace
    filterable: bool = True  #: may stand in $filter and $orderby
    minimum: int | None = None
    maximum: int | None = None
    complex: type | None = None  #: the class of a complex value; None is an open one
    collection: bool = False  #: a list of complex or of scalar values


WORDS = "odata"

#: In a connection's `info`: names of tables that the engine wrote to by statements of its own,
#: which SQLAlchemy's events do not see. Who watches writes takes them out at a transaction's end.
WRITTEN = "odata_written"


def prop(
    *arguments: Any,
    length: int | None = None,
    type_: Any = None,
    default: Any = None,
    words: Words | None = None,
    name: str | None = None,
    hidden: bool = False,
    computed: bool = False,
    immutable: bool = False,
    masked: bool | str = False,
    secret: bool = False,
    required: bool = False,
    filterable: bool = True,
    minimum: int | None = None,
    maximum: int | None = None,
    complex: type | None = None,
    collection: bool = False,
    name_like: bool = False,
    **column: Any,
) -> Any:
    """A mapped column with OData's words: `length` is Edm MaxLength, the rest is in `Words`.

    `name_like` text is looked up whatever its case; so is what is `unique`.
    """
    said = words or Words(
        name, hidden, computed, immutable, masked, secret, required, filterable,
        minimum, maximum, complex, collection,
    )  # fmt: skip
    if type_ is None and length is not None:
        type_ = caseless(length) if column.get("unique") or name_like else sa.String(length)
    if default is not None:
        column["default"] = default
    positional = (type_, *arguments) if type_ is not None else arguments
    return mapped_column(*positional, info={WORDS: said}, **column)


class same_name(FunctionElement[bool]):  # noqa: N801 - it reads as a function
    """`same_name(Queue.name, "invoices")`: equal text, the case of A to Z left aside.

    An index on a `name_like` or unique column answers it on SQLite.
    """

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "same_name":
        """Itself: a Boolean function would become `… = 1` on SQLite, which no index answers."""
        return self


@compiles(same_name)
def _same_name(element: same_name, compiler: Any, **words: Any) -> str:
    left, right = (compiler.process(part, **words) for part in element.clauses)
    return f'(lower({left} COLLATE "C") = lower({right} COLLATE "C"))'


@compiles(same_name, "sqlite")
def _same_name_on_sqlite(element: same_name, compiler: Any, **words: Any) -> str:
    left, right = (compiler.process(part, **words) for part in element.clauses)
    return f"({left} = {right} COLLATE NOCASE)"


def caseless(length: int) -> sa.String:
    """Text that is unique whatever its case; on SQLite the column compares so by itself."""
    return sa.String(length).with_variant(sa.String(length, collation="NOCASE"), "sqlite")


HIDDEN: dict[Any, Any] = {WORDS: Words(hidden=True)}  #: info= of a relationship kept off the wire


# --- words on an entity set ---------------------------------------------------------------


@dataclass(frozen=True)
class Declaration:
    """What a class says of its entity set."""

    entity_set: str | None
    methods: frozenset[str] = frozenset({"GET"})  #: what the set answers: GET POST PUT PATCH DELETE
    default_order: str = ""  #: the order of a list that asks for none; the key if empty
    aliases: Mapping[str, str] = field(default_factory=dict)  #: names accepted in queries → path
    host: Mapping[str, Any] = field(default_factory=dict)  #: words of the application, not ours


def snake(name: str) -> str:
    """`QueueItems` → `queue_items`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def pascal(name: str) -> str:
    """`queue_items` → `QueueItems`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


TYPES: dict[Any, Any] = {
    str: sa.String(),
    int: sa.Integer(),
    bool: sa.Boolean(),
    float: sa.Double(),
    Int64: sa.BigInteger(),
    Int16: sa.SmallInteger(),
    Guid: GuidText(),
    Instant: InstantText(),
    Date: DateText(),
    TimeOfDay: TimeOfDayText(),
    Duration: DurationTicks(),
    RowVersion: RowVersionNumber(),
    Json: JsonText(),
}


class Declared:
    """What makes a declarative base one of ours.

        class Entity(Declared, DeclarativeBase):
            type_annotation_map = TYPES

    Every class below says its words as keywords. `entity_set=None` makes a type that is reached
    by navigation only. Keywords that are not the engine's (`permission=…`) are kept for the
    application in `Declaration.host`.
    """

    __odata__: ClassVar[Declaration]

    def __init_subclass__(
        cls,
        *,
        entity_set: str | None = None,
        methods: str = "GET",
        default_order: str = "",
        aliases: Mapping[str, str] | None = None,
        table: str | None = None,
        **host: Any,
    ) -> None:
        if DeclarativeBase not in cls.__bases__ and not cls.__dict__.get("__abstract__"):
            cls.__odata__ = Declaration(
                entity_set, frozenset(methods.split()), default_order, aliases or {}, host
            )
            if "__tablename__" not in cls.__dict__:
                cls.__tablename__ = table or snake(entity_set or cls.__name__ + "s")  # type: ignore[attr-defined]
            _teach_enumerations(cls)
        super().__init_subclass__()


def _teach_enumerations(cls: type[Any]) -> None:
    """Let `Mapped[SomeIntEnum]` mean a numbered column, as `Mapped[int]` means an integer."""
    found = {}
    for annotation in inspect.get_annotations(cls).values():
        for part in _parts(annotation):
            if isinstance(part, type) and issubclass(part, (enum.IntEnum, enum.IntFlag)):
                found[part] = Enumeration(part)
    if found:
        cls.registry.update_type_annotation_map(found)


def _parts(annotation: Any) -> list[Any]:
    """The alternatives inside `Mapped[...]`: `Mapped[A | None]` → `[A, None]`."""
    if typing.get_origin(annotation) is not Mapped:
        return []
    inner = typing.get_args(annotation)[0]
    if isinstance(inner, types.UnionType) or typing.get_origin(inner) is typing.Union:
        return list(typing.get_args(inner))
    return [inner]


__all__ = [
    "HIDDEN", "TYPES", "Date", "Declaration", "Declared", "Duration", "Enumeration", "Guid",
    "Instant", "Int16", "Int64", "Json", "Key", "Mapped", "RowVersion", "TimeOfDay", "Words",
    "pascal", "prop", "same_name", "snake",
]  # fmt: skip
