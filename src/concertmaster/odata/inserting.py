"""A new row in one statement, which answers the row as the database then holds it.

    INSERT INTO queue_definitions (…) VALUES (…) RETURNING …

The session's unit of work would insert it, too, after three times as long; what needs one (rows
that are related to it, a hook that goes on with it) goes through the session.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from concertmaster.odata.model import EntityType


def stands_alone(entity_type: EntityType, entity: Any) -> bool:
    """Whether a new entity is its own columns only, and no session has it in hand yet."""
    state = sa.inspect(entity)
    touched = entity.__dict__.keys() & state.mapper.relationships.keys()
    numbered = entity_type.table.autoincrement_column is not None
    has_key = None not in state.mapper.primary_key_from_instance(entity)
    return state.transient and not touched and numbered is not has_key


def insert_statement(entity_type: EntityType, answered: Sequence[Any]) -> sa.ClauseElement:
    """All columns by their names, answering some expressions and, last of all, the key."""
    bound = {c.name: sa.bindparam(c.name, type_=c.type) for c in _columns(entity_type)}
    key = entity_type.cls.__mapper__.primary_key[0]
    return sa.insert(entity_type.table).values(bound).returning(*answered, key.label("_key"))


def values_of(entity_type: EntityType, entity: Any, dialect: sa.Dialect) -> dict[str, Any]:
    """What is bound: the entity's values, or their defaults, as the database holds them."""
    sources, given = _sources(entity_type, dialect), entity.__dict__
    values = Given((source.name, given.get(source.attribute)) for source in sources)
    for source in sources:
        if source.default is not None and values[source.name] is None:
            values[source.name] = source.default(values)
    for source in sources:
        if source.store is not None:
            values[source.name] = source.store(values[source.name])
    return values


class Given(dict[str, Any]):
    """Values by column; stands in for SQLAlchemy's context where a default looks at its row."""

    def get_current_parameters(self) -> "Given":
        return self


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the value of a column comes from."""

    name: str
    attribute: str
    default: Callable[[Given], Any] | None
    store: Callable[[Any], Any] | None  #: from the attribute's form to the database's


_SOURCES: dict[tuple[EntityType, str], tuple[_Source, ...]] = {}


def _sources(entity_type: EntityType, dialect: sa.Dialect) -> tuple[_Source, ...]:
    made = _SOURCES.get((entity_type, dialect.name))
    if made is None:
        attribute_of = entity_type.cls.__mapper__.get_property_by_column
        made = _SOURCES[entity_type, dialect.name] = tuple(
            _Source(
                column.name, attribute_of(column).key, _default(column),
                column.type.dialect_impl(dialect).bind_processor(dialect),
            )
            for column in _columns(entity_type)
        )  # fmt: skip
    return made


def _columns(entity_type: EntityType) -> list[sa.Column[Any]]:
    return [c for c in entity_type.table.c if c is not entity_type.table.autoincrement_column]


def _default(column: sa.Column[Any]) -> Callable[[Given], Any] | None:
    made: Any = column.default
    if made is None:
        return None
    assert made.is_scalar or made.is_callable, f"{column}: the database would have to make it"
    given: Callable[[Given], Any] = made.arg if made.is_callable else lambda _values: made.arg
    return given
