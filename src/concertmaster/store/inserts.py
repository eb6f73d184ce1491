"""Inserts that say what is to happen where the row is there already, on both engines."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_for(dialect: str, table: sa.Table) -> Any:
    """The INSERT of a dialect: it has `on_conflict_do_nothing` and `on_conflict_do_update`.

    To look first and insert then is not enough: another replica may do the same in between.
    """
    return _INSERTS[dialect](table)


def insert_or_leave(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row; one that is there already, under the same key, stays as it is."""
    insert = insert_for(connection.dialect.name, table).values(dict(row))
    connection.execute(insert.on_conflict_do_nothing())
