"""New rows past the session: one statement, which answers a row as the database then holds it.

    INSERT INTO queue_definitions (…) VALUES (…) RETURNING …

The session's unit of work would insert it, too, after three times as long; what needs one (rows
that are related to it, a hook that goes on with it) goes through the session.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm.attributes import instance_state

from concertmaster.odata.declare import Enumeration
from concertmaster.odata.model import primary_attribute
from concertmaster.odata.query import (
    Statement,
    compile_statement,
    once_per_dialect,
    write,
    write_all,
)

Store = Callable[[Any], Any]
T = TypeVar("T")


def new_entity(cls: type[T], values: Mapping[str, Any]) -> T:
    """An entity of a class that no session knows, with values by attribute.

    What its constructor would make, without an event for every attribute, which nobody hears.
    """
    entity: T = cls.__mapper__.class_manager.new_instance()  # type: ignore[attr-defined]
    entity.__dict__.update(values)
    return entity


def stands_alone(entity: Any) -> bool:
    """Whether a new entity is its own columns only, and no session has it in hand yet."""
    values, shape = entity.__dict__, _shape(type(entity))  # type: ignore[arg-type]
    has_key = values.get(shape.key) is not None
    untouched = shape.relationships.isdisjoint(values)
    return untouched and shape.numbered is not has_key and instance_state(entity).transient


@dataclass(frozen=True)
class _Shape:
    key: str  #: the attribute of the primary key
    numbered: bool  #: whether the database gives the key
    relationships: frozenset[str]


@cache
def _shape(cls: type[Any]) -> _Shape:
    mapper = cls.__mapper__
    return _Shape(
        primary_attribute(cls),
        mapper.local_table.autoincrement_column is not None,
        frozenset(relationship.key for relationship in mapper.relationships),
    )


def insert_one(connection: sa.Connection, cls: type[Any], row: Mapping[str, Any]) -> Any:
    """Insert a row of a class, values by attribute; its key."""
    inserting = inserting_of(cls, connection.dialect)
    stored = inserting.values(row)
    return write(connection, inserting.table, inserting.answering, stored)[0][0]


def insert_all(
    connection: sa.Connection, cls: type[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows of a class, values by attribute."""
    inserting = inserting_of(cls, connection.dialect)
    stored = [inserting.values(row) for row in rows]
    write_all(connection, inserting.table, inserting.statement, stored)


def insert_statement(cls: type[Any], answered: Sequence[Any]) -> sa.ClauseElement:
    """All columns by their names, answering some expressions and, last of all, the key."""
    return _insert(cls).returning(*answered, cls.__mapper__.primary_key[0].label("_key"))


def _insert(cls: type[Any]) -> sa.Insert:
    bound = {c.name: sa.bindparam(c.name, type_=c.type) for c in _columns(cls)}
    return sa.insert(cls.__mapper__.local_table).values(bound)


def _columns(cls: type[Any]) -> list[sa.Column[Any]]:
    table = cls.__mapper__.local_table
    return [column for column in table.c if column is not table.autoincrement_column]


@dataclass(slots=True)
class Context:
    """Stands in for SQLAlchemy's where a default looks at its row: values by column."""

    values: dict[str, Any]

    def get_current_parameters(self) -> dict[str, Any]:
        return self.values


@dataclass(frozen=True)
class Inserting:
    """How rows of a class are inserted into one kind of database."""

    table: sa.Table
    statement: Statement
    answering: Statement  #: the same, and answers the key
    key: str  #: the attribute of the primary key
    blank: Mapping[str, Any]  #: every column, with its default where that is always the same
    columns: Mapping[str, tuple[str, Store | None]]  #: by attribute
    defaults: tuple[tuple[str, Callable[[Context], Any], Store | None], ...]  #: still to be made

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is bound: values by attribute, or their defaults, as the database holds them."""
        values, columns = dict(self.blank), self.columns
        for attribute, value in given.items():
            if value is not None and attribute in columns:
                column, store = columns[attribute]
                values[column] = value if store is None else store(value)
        for column, make, store in self.defaults:
            if values[column] is None and (value := make(Context(values))) is not None:
                values[column] = value if store is None else store(value)
        return values


@once_per_dialect
def inserting_of(cls: type[Any], dialect: sa.Dialect) -> Inserting:
    """Made once for each class and kind of database."""
    columns, attribute_of = _columns(cls), cls.__mapper__.get_property_by_column
    stores = {column: _store(column, dialect) for column in columns}
    blank: dict[str, Any] = dict.fromkeys(column.name for column in columns)
    made = []
    for column in columns:
        default: Any = column.default
        if default is None:
            continue
        assert default.is_scalar or default.is_callable, f"{column}: the database would make it"
        if default.is_scalar:
            store = stores[column]
            blank[column.name] = default.arg if store is None else store(default.arg)
        else:
            made.append((column.name, default.arg, stores[column]))
    return Inserting(
        cls.__mapper__.local_table,
        compile_statement(_insert(cls), dialect),
        compile_statement(insert_statement(cls, ()), dialect),
        primary_attribute(cls),
        blank,
        {attribute_of(column).key: (column.name, stores[column]) for column in columns},
        tuple(made),
    )


def _store(column: sa.Column[Any], dialect: sa.Dialect) -> Store | None:
    """From the attribute's form to the database's; None where they are the same."""
    if isinstance(column.type, Enumeration):
        return int  # what its processor comes to, without the way there
    processor: Store | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return processor
