"""All rows of a database as one SQLite file, whatever engine it runs on, and back.

The file has the schema that the migrations make on SQLite, so that one form serves both engines:
it is what a snapshot keeps. SQLite copies pages; PostgreSQL goes table by table, in one consistent
reading, and back through COPY with the foreign keys taken off meanwhile.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

#: Rows held in memory at a time.
BATCH: Final = 1000

#: Says which migrations a database has seen; every database gets it by being migrated.
REVISION: Final = "alembic_version"


def dump(engine: sa.Engine, blank: Path, file: Path) -> None:
    """Write the rows of a database to a file; `blank` is a migrated, empty SQLite database."""
    if engine.dialect.name == "sqlite":
        _copy_pages(engine, file)
        return
    file.write_bytes(blank.read_bytes())
    reading = engine.execution_options(isolation_level="REPEATABLE READ")
    with closing(_opened(file)) as target, reading.connect() as source:
        target.execute("PRAGMA synchronous = OFF")
        target.execute("BEGIN")
        for table, columns in tables_of(target).items():
            names = ", ".join(map(_quoted, columns))
            marks = ", ".join("?" for _ in columns)
            rows = source.execution_options(stream_results=True, yield_per=BATCH).exec_driver_sql(
                f"SELECT {names} FROM {_quoted(table)}"  # noqa: S608 - names of our own schema
            )
            insert = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({marks})"  # noqa: S608
            for batch in rows.partitions():
                target.executemany(insert, [tuple(row) for row in batch])
        target.execute("COMMIT")


def _copy_pages(engine: sa.Engine, file: Path) -> None:
    """SQLite's own backup: one consistent state, also while others write."""
    connection = engine.raw_connection()
    try:
        source: Any = connection.driver_connection
        with closing(sqlite3.connect(file)) as target:
            target.execute("PRAGMA synchronous = OFF")
            source.backup(target)
    finally:
        connection.close()


def load(file: Path, engine: sa.Engine) -> None:
    """Put the rows of a file into a migrated, empty PostgreSQL database of the same revision."""
    with closing(_opened(file)) as source, engine.begin() as connection:
        keys = _foreign_keys(connection)
        for table, name, _ in keys:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name)}")
        booleans = _booleans(connection)
        for table, columns in tables_of(source).items():
            flags = [(table, column) in booleans for column in columns]
            copy_in(connection, table, columns, _rows(source, table, columns, flags))
        for table, name, definition in keys:
            connection.exec_driver_sql(
                f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}".replace(
                    "%", "%%"
                )
            )
        _count_on(connection)


def copy_in(
    connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """PostgreSQL's COPY: several times as fast as an INSERT of many rows."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(map(_quoted, columns))
    with driver.cursor().copy(f"COPY {_quoted(table)} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _rows(
    source: sqlite3.Connection, table: str, columns: Sequence[str], flags: Sequence[bool]
) -> Iterator[tuple[Any, ...]]:
    """As PostgreSQL wants them: SQLite keeps truth as a number."""
    names = ", ".join(map(_quoted, columns))
    found = source.execute(f"SELECT {names} FROM {_quoted(table)}")  # noqa: S608
    if not any(flags):
        yield from found
        return
    for row in found:
        yield tuple(
            bool(value) if flag and value is not None else value
            for value, flag in zip(row, flags, strict=True)
        )


def tables_of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The tables of a SQLite database with their columns, but for the one of the migrations."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' AND name <> ? ORDER BY name",
        (REVISION,),
    ).fetchall()
    return {
        name: [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(name)})")]
        for (name,) in names
    }


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.isolation_level = None
    return connection


_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""

_BOOLEANS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'boolean'
"""

_SEQUENCES = """
SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
FROM information_schema.columns WHERE table_schema = 'public'
AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""


def _foreign_keys(connection: sa.Connection) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in connection.exec_driver_sql(_KEYS)]


def _booleans(connection: sa.Connection) -> set[tuple[str, str]]:
    return {tuple(row) for row in connection.exec_driver_sql(_BOOLEANS)}


def _count_on(connection: sa.Connection) -> None:
    """New rows follow on the highest ids."""
    for table, column, sequence in connection.exec_driver_sql(_SEQUENCES).all():
        highest = connection.exec_driver_sql(
            f"SELECT max({_quoted(column)}) FROM {_quoted(table)}"  # noqa: S608
        ).scalar()
        if highest is not None:
            connection.execute(sa.select(sa.func.setval(sequence, highest)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
