"""The rows of a scenario → the database: a statement for each table, however many rows."""

from typing import Any

import sqlalchemy as sa

from concertmaster.domain import retention
from concertmaster.entities import Entity
from concertmaster.scenarios.building import World
from concertmaster.scenarios.kinds import Kind, kinds
from concertmaster.scenarios.reading import ScenarioError


def store(connection: sa.Connection, world: World) -> None:
    """Write everything; new rows will follow on the highest ids."""
    by_table: dict[sa.Table, list[Any]] = {
        kinds()[cls].table: list(rows.values()) for cls, rows in world.rows.items() if rows
    }
    by_table |= {table: rows for table, rows in world.links.items() if rows}
    for table in Entity.metadata.sorted_tables:  # what is referred to first
        if table in by_table:
            _insert(connection, table, by_table[table])
    retention.keep_all(connection)
    if connection.dialect.name == "postgresql":
        for cls, rows in world.rows.items():
            if rows and kinds()[cls].counted:
                _count_on(connection, kinds()[cls], max(rows))


def _insert(connection: sa.Connection, table: sa.Table, rows: list[Any]) -> None:
    empty = [
        column.name
        for column in table.columns
        if column.default is None and all(row[column.name] is None for row in rows)
    ]
    for row in rows:
        for name in empty:  # every one costs time in every row
            del row[name]
    try:
        connection.execute(sa.insert(table), rows)
    except sa.exc.IntegrityError as error:
        raise ScenarioError(f"rows of {table.name} do not go together: {error.orig}") from error


def _count_on(connection: sa.Connection, kind: Kind, highest: int) -> None:
    """SQLite counts on by itself; a sequence has to be told."""
    sequence = sa.func.pg_get_serial_sequence(kind.table.name, kind.key)
    connection.execute(sa.select(sa.func.setval(sequence, highest)))
