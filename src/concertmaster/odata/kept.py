"""What answers have found beside their rows, kept while the database stays as it is.

A hundred jobs belong to ten releases, and the next list of jobs shows the same ten; whoever goes
through a list page by page asks each time how long it is. Both databases tell whether anybody has
written since, and until then what was found once is what there is:

- SQLite tells a connection for the price of a look (`PRAGMA data_version`, sqlite.org/pragma.html),
  and itself knows what it wrote. The number means something to that connection only.
- PostgreSQL tells with the rows which transactions they are the work of (`pg_current_snapshot()`,
  section 9.27 of its manual). One that ends changes that for good, in whichever database. All
  connections of a pool are told the same, and share what they find: several threads do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from concertmaster.odata.query import Row, Statement, run

#: By key of the child: its JSON, or None where the caller is not shown one.
Children = dict[Any, Any]

_KEPT = "concertmaster_kept"  # where it is, in a connection's info
_MOST = 1_000  # counts; and children that one statement has found
_LISTS = 32  # statements that found children, each with its values

_VERSION = Statement("PRAGMA data_version", (), {})


def told_with_rows(dialect: str) -> list[sa.ColumnElement[Any]]:
    """What a list selects after all else, so that its rows tell what may be kept beside them."""
    if dialect == "sqlite":
        return []
    return [sa.literal_column("(SELECT pg_current_snapshot()::text)")]


def kept(connection: sa.Connection, rows: Sequence[Row] = ()) -> "Kept":
    """What was found and nobody has changed since; to be added to.

    `rows` are those of a list. In a transaction nothing is kept, as a connection does not hear of
    its own writes.
    """
    if connection.in_transaction():
        return Kept(None)
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        version = (run(connection, _VERSION, {})[0][0], driver.total_changes)
        return _since(version, connection.info)
    if not rows:
        return Kept(None)
    return _since(rows[0][-1], _of_pools.setdefault(connection.engine.pool, {}))


#: Where the connections of a pool keep what they have found.
_of_pools: WeakKeyDictionary[sa.Pool, dict[Any, Any]] = WeakKeyDictionary()


def _since(version: object, place: dict[Any, Any]) -> "Kept":
    """What was found since this version was told for the first time."""
    found: Kept | None = place.get(_KEPT)
    if found is None or found.version != version:
        found = place[_KEPT] = Kept(version)
    return found


class Kept:
    """What statements have found, each with its values: with other bounds, other rows are shown."""

    __slots__ = ("_children", "_counts", "version")

    def __init__(self, version: object) -> None:
        self.version = version
        self._counts: dict[tuple[Any, ...], int] = {}
        self._children: dict[tuple[Any, ...], Children] = {}

    def count(
        self, statement: Statement, values: Mapping[str, Any], take: Callable[[], int]
    ) -> int:
        """The number that a statement finds; taken where it is not known."""
        if self.version is None:
            return take()
        bound = statement.identity(values)
        number = self._counts.get(bound)
        if number is None:
            if len(self._counts) >= _MOST:
                self._counts.clear()
            number = self._counts[bound] = take()
        return number

    def children(self, statement: Statement, values: Mapping[str, Any]) -> Children:
        """Those that a statement has found, whichever parents asked for them; to be added to."""
        if self.version is None:
            return {}
        bound = statement.identity({**values, "x_keys": None})
        if bound not in self._children and len(self._children) >= _LISTS:
            self._children.clear()
        found = self._children.setdefault(bound, {})
        if len(found) > _MOST:  # another one: an answer under way may look into this
            found = self._children[bound] = {}
        return found
