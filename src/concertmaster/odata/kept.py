"""What to-one expansions have found, kept while the database stays as it is.

A hundred jobs belong to ten releases, and the next list of jobs shows the same ten. SQLite tells a
connection, for the price of a look, whether anybody has written since (`PRAGMA data_version`,
sqlite.org/pragma.html), and itself knows what it wrote: until then what was read once, and turned
into JSON, is what there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from concertmaster.odata.query import Statement, run

#: By key of the child: its JSON, or None where the caller is not shown one.
Children = dict[Any, Any]

_KEPT = "concertmaster_children"  # where a connection keeps them
_MOST = 1_000  # children that one statement has found
_LISTS = 32  # statements, each with its values

_VERSION = Statement("PRAGMA data_version", (), {})


@dataclass(slots=True)
class _Kept:
    version: tuple[int, int]
    children: dict[tuple[Any, ...], Children] = field(default_factory=dict)


def kept_children(
    connection: sa.Connection, statement: Statement, values: Mapping[str, Any]
) -> Children:
    """Those that a statement has found with the same values before; to be added to.

    A statement has them to itself: with other bounds of a caller, others are shown. In a
    transaction nothing is kept, as it does not hear of its own writes.
    """
    if connection.dialect.name != "sqlite" or connection.in_transaction():
        return {}
    driver: Any = connection.connection.dbapi_connection
    version = (run(connection, _VERSION, {})[0][0], driver.total_changes)
    kept: _Kept | None = connection.info.get(_KEPT)
    if kept is None or kept.version != version or len(kept.children) > _LISTS:
        kept = connection.info[_KEPT] = _Kept(version)
    bounds = [values[name] for name in statement.positions or () if name != "x_keys"]
    children = kept.children.setdefault((statement.sql, *bounds), {})
    if len(children) > _MOST:
        children.clear()
    return children
