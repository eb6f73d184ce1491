"""What an operation may return beside entities: rows by condition, values without keys.

A `Selection` is queried further like any set: this is how functions that return collections are
written. Its values are cut out of its conditions, so that calls of one function share a plan.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseList
from sqlalchemy.sql.util import ClauseAdapter

from concertmaster.odata.plan import Restriction


@dataclass(frozen=True)
class Selection:
    """Rows of a set, named by conditions: what a function returns to be queried further."""

    cls: type[Any]
    conditions: tuple[sa.ColumnElement[bool], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    context: str | None = None  #: what stands behind `#` in the context URL, if not the set
    single: Exception | None = None  #: answer one row, inline; this when there is none


def select(cls: type[Any], *conditions: Any, **words: Any) -> Selection:
    return Selection(cls, conditions, **words)


@dataclass(frozen=True)
class Complex:
    """A value without a key, answered with the name of its type."""

    type_name: str
    members: Mapping[str, Any]


@dataclass(frozen=True)
class Values:
    """A collection of values without keys: structured ones as mappings, or scalars.

    `$top`, `$skip`, `$count` and `$select` hold for it; what would search it is refused.
    """

    type_name: str
    items: Sequence[Any]


@dataclass(frozen=True)
class Extended:
    """An entity answered with members that its type does not declare."""

    entity: Any
    members: Mapping[str, Any]


def restriction_of(selection: Selection | None) -> Restriction | None:
    """A selection's conditions with their values cut out, so that they share plans."""
    if selection is None or not (selection.conditions or selection.values):
        return None
    values: dict[str, Any] = dict(selection.values)

    def parameter(value: Any, kind: Any) -> sa.BindParameter[Any]:
        name = f"c_{len(values)}"
        values[name] = int(value) if isinstance(value, enum.IntEnum) else value
        return sa.bindparam(name, type_=kind)

    def cut(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.BindParameter) or element.value is None:
            return None
        if not element.expanding:
            return parameter(element.value, element.type)
        if not element.value:  # IN () is no SQL
            return sa.select(sa.null()).where(sa.false()).scalar_subquery()
        members = [parameter(value, element.type) for value in element.value]
        return ClauseList(*members).self_group()

    conditions = [visitors.replacement_traverse(c, {}, cut) for c in selection.conditions]
    return Restriction(
        " & ".join(str(condition) for condition in conditions),
        lambda root: [ClauseAdapter(root).traverse(condition) for condition in conditions],
        values,
    )


def both(first: Restriction | None, second: Restriction | None) -> Restriction | None:
    if first is None or second is None:
        return first or second
    return replace(
        first,
        key=f"{first.key} & {second.key}",
        conditions=lambda root: [*first.conditions(root), *second.conditions(root)],
        values={**first.values, **second.values},
    )


def on_table(restriction: Restriction, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The conditions of a restriction, said of a table itself: for reads through the session."""
    alias = table.alias("r")

    def swap(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.ColumnClause) and element.table is alias:
            return table.c[element.name]
        return None

    return [
        visitors.replacement_traverse(condition, {}, swap)
        for condition in restriction.conditions(alias)
    ]
