"""How the rows of one entity type lead to those of another: joins, links and foreign keys."""

from collections import Counter
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from concertmaster.odata.model import Navigation


class ForeignKey(NamedTuple):
    """One column here that equals one column there."""

    local: sa.Column[Any]
    remote: sa.Column[Any]


def foreign_key(navigation: Navigation) -> ForeignKey | None:
    """The key that a to-one navigation consists of, if it is one column and nothing else."""
    relationship = navigation.relationship
    pairs = relationship.local_remote_pairs or []
    if navigation.collection or relationship.secondary is not None or len(pairs) != 1:
        return None
    local, remote = pairs[0]
    if not local.foreign_keys or not isinstance(relationship.primaryjoin, sa.BinaryExpression):
        return None
    return ForeignKey(cast("sa.Column[Any]", local), cast("sa.Column[Any]", remote))


def is_unique(column: sa.Column[Any]) -> bool:
    """Whether no two rows share a value of a column."""
    if column.unique or column.primary_key:
        return True
    table = column.table
    together = [c.columns for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    together += [i.columns for i in table.indexes if i.unique and not i.dialect_kwargs]
    return any(len(columns) == 1 and columns[0] is column for columns in together)


class Aliases:
    """Other names for tables in one statement, each used once there and again in the next one.

    Making one for a wide table, and conditions on it, takes longer than the rest of a statement.
    """

    _kept: ClassVar[dict[tuple[sa.FromClause, int], sa.FromClause]] = {}

    def __init__(self) -> None:
        self._taken: Counter[sa.FromClause] = Counter()

    def of(self, table: sa.FromClause) -> sa.FromClause:
        self._taken[table] += 1
        name = (table, self._taken[table])
        if name not in self._kept:
            self._kept[name] = table.alias()
        return self._kept[name]


class Rows:
    """The rows that a variable of an expression ranges over, with what has been joined to them."""

    def __init__(self, first: sa.FromClause, aliases: Aliases) -> None:
        self.aliases = aliases
        self.source: sa.FromClause = first
        self.own: list[sa.FromClause] = [first]
        self.link: sa.ColumnElement[bool] = sa.true()
        self._reached: dict[tuple[Navigation, ...], sa.FromClause] = {(): first}

    def across(self, navigation: Navigation, near: sa.FromClause) -> "Rows":
        """The items of a collection, linked to one of these rows."""
        far = self.aliases.of(navigation.target.table)
        rows = Rows(far, self.aliases)
        secondary = navigation.relationship.secondary
        if secondary is None:
            rows.link = joined(navigation, near, far)
            return rows
        between = self.aliases.of(secondary)
        rows.own.append(between)
        rows.source = far.join(between, second_joined(navigation, between, far))
        rows.link = joined(navigation, near, between)
        return rows

    def reach(self, hops: tuple[Navigation, ...]) -> sa.FromClause:
        """The rows at the end of to-one navigations, joined once for all who ask."""
        if hops not in self._reached:
            near = self.reach(hops[:-1])
            navigation = hops[-1]
            far = self.aliases.of(navigation.target.table)
            self.source = self.source.outerjoin(far, joined(navigation, near, far))
            self.own.append(far)
            self._reached[hops] = far
        return self._reached[hops]


@lru_cache(maxsize=1024)
def joined(
    navigation: Navigation, near: sa.FromClause, far: sa.FromClause
) -> sa.ColumnElement[bool]:
    """The condition under which a far row belongs to a near one.

    The whole primaryjoin counts, not its keys alone: a relationship may restrict its target.
    """
    return _placed(navigation.relationship.primaryjoin, near, far)


@lru_cache(maxsize=1024)
def second_joined(
    navigation: Navigation, between: sa.FromClause, far: sa.FromClause
) -> sa.ColumnElement[bool]:
    """The condition between a table in the middle and its far side."""
    secondaryjoin = navigation.relationship.secondaryjoin
    assert secondaryjoin is not None
    return _placed(secondaryjoin, far, between)


def _placed(condition: Any, near: sa.FromClause, far: sa.FromClause) -> sa.ColumnElement[bool]:
    """A mapped condition on aliases: `remote` columns are those of the far side."""

    def place(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.Column):
            return None
        side = far if "remote" in element._annotations else near
        return side.c[element.key]

    return cast("sa.ColumnElement[bool]", visitors.replacement_traverse(condition, {}, place))
