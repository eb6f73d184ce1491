"""Which rows of an ordered select are wanted: `$top`, `$skip` and `$count` as SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from concertmaster.odata.request import Options


@dataclass(frozen=True)
class Outer:
    """The page of a list; how many rows, and after how many, is bound as `o_top` and `o_skip`."""

    order: Sequence[Any]
    top: bool
    skip: bool

    def of(self, statement: Any) -> Any:
        """The rows of a select that are wanted, in order."""
        statement = statement.order_by(*self.order)
        if self.top:
            statement = statement.limit(sa.bindparam("o_top", type_=sa.BigInteger()))
        if self.skip:
            statement = statement.offset(sa.bindparam("o_skip", type_=sa.BigInteger()))
        return statement

    def looked_up(self, columns: Sequence[Any], keys: Any, root: sa.FromClause, key: Any) -> Any:
        """The same rows by the keys of the page; `keys` selects those of all rows.

        Where no index has the rows in order, SQLite sorts with all that is selected in hand, also
        of the rows that are skipped. Keys alone are sorted in half the time, often from an index,
        and each row of the page is then read once.
        """
        page = self.of(keys).subquery("k")
        found = page.join(root, key == page.c[0])
        return sa.select(*columns).select_from(found).order_by(*self.order)

    def sorts(self, root: sa.FromClause) -> bool:
        """Whether rows are cut from a sorted list, and sorted by nothing but columns of theirs."""
        if not self.top or len(self.order) < 2:  # by the key alone nothing is sorted
            return False
        parts = [part for term in self.order for part in visitors.iterate(term)]
        if any(isinstance(part, sa.SelectBase) for part in parts):
            return False
        columns = (part for part in parts if isinstance(part, sa.ColumnClause))
        return all(column.table is root for column in columns)


@dataclass(frozen=True)
class Inner:
    """`$top`, `$skip` and `$count` inside an expansion: constants of the plan."""

    top: int | None
    skip: int
    count: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "Inner":
        nested = Options(system=options)
        return cls(
            nested.number("$top"), nested.number("$skip") or 0, nested.flag("$count") or False
        )

    @property
    def whole(self) -> bool:
        return self.top is None and not self.skip and not self.count

    def condition(self, row: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        after = row > self.skip
        return after if self.top is None else sa.and_(after, row <= self.skip + self.top)
