"""A database file from outside → one of our own making with the same rows, or a refusal.

Nothing of the file is used but values: they are read by name from tables that our migrations know,
checked, and written into a database that the migrations made. Views, triggers, computed columns and
whatever else a schema can do to its reader are refused before a row is read.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from concertmaster.store import migrations
from concertmaster.store.archives import ArchiveRefused
from concertmaster.store.portable import BATCH, REVISION, tables_of

_HEADER: Final = b"SQLite format 3\0"

#: Steps of SQLite's machine after which a statement on a foreign file is given up.
_PATIENCE: Final = 2_000_000_000

#: Whether the values of a migrated database are such as the server itself writes; ValueError.
Check = Callable[[sa.Connection], None]


def receive(source: Path, target: Path, blank: Path, check: Check) -> None:
    """Write a checked, migrated copy of `source` to `target`; `blank` is a migrated, empty one.

    Raises:
        ArchiveRefused: with the reason.
    """
    try:
        with closing(_opened(source)) as reading:
            revision = _revision(reading)
            _prepare(target, blank, revision)
            with closing(sqlite3.connect(target, isolation_level=None)) as writing:
                _copy(reading, writing)
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(target)))
        try:
            migrations.upgrade_if_behind(engine)
            with engine.connect() as connection:
                check(connection)
        finally:
            engine.dispose()
    except (sqlite3.Error, sa.exc.SQLAlchemyError, OverflowError, UnicodeError) as error:
        raise ArchiveRefused(f"The database in the file cannot be used: {error}.") from error
    except ValueError as error:
        raise ArchiveRefused(str(error)) from error


def _opened(file: Path) -> sqlite3.Connection:
    """For reading only, and with none of the powers that a schema may claim."""
    with file.open("rb") as opened:
        if opened.read(len(_HEADER)) != _HEADER:
            raise ArchiveRefused("The database in the file is no SQLite database.")
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    steps = iter(range(_PATIENCE // 1_000_000))
    connection.set_progress_handler(lambda: next(steps, None) is None, 1_000_000)
    odd = connection.execute(
        "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') "
        "OR (type = 'table' AND sql NOT LIKE 'CREATE TABLE%')"
    ).fetchone()
    if odd is not None:
        raise ArchiveRefused(f"The database in the file has more than tables: {odd[0]}.")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ArchiveRefused("The database in the file is damaged.")
    return connection


def _revision(connection: sqlite3.Connection) -> str:
    rows = connection.execute(f"SELECT version_num FROM {REVISION}").fetchall()  # noqa: S608
    found = str(rows[0][0]) if len(rows) == 1 else ""
    if found not in migrations.known():
        raise ArchiveRefused(
            f"The snapshot was made by a version of Concertmaster that this one does not know "
            f"(revision '{found[:40]}', the newest here is {migrations.head()})."
        )
    return found


def _prepare(target: Path, blank: Path, revision: str) -> None:
    """An empty database of the revision that the rows are of."""
    if revision == migrations.head():
        target.write_bytes(blank.read_bytes())
        return
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(target)))
    with engine.connect() as connection:
        migrations.upgrade(connection, revision)
    engine.dispose()


def _copy(reading: sqlite3.Connection, writing: sqlite3.Connection) -> None:
    wanted, given = tables_of(writing), tables_of(reading)
    if more := given.keys() - wanted.keys():
        raise ArchiveRefused(
            f"The database in the file has a table that is none of ours: {min(more)}."
        )
    writing.execute("PRAGMA foreign_keys = OFF")
    writing.execute("PRAGMA synchronous = OFF")
    writing.execute("BEGIN")
    for table, columns in wanted.items():
        plain = {row[1] for row in reading.execute(f'PRAGMA table_xinfo("{table}")') if not row[6]}
        if not set(columns) <= plain:
            raise ArchiveRefused(f"The table {table} in the file lacks columns.")
        fits = [
            _fit(row[2], is_key=bool(row[5]))
            for row in writing.execute(f'PRAGMA table_info("{table}")')
        ]
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" for _ in columns)
        rows = reading.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608 - names of ours
        writing.executemany(
            f'INSERT INTO "{table}" ({names}) VALUES ({marks})',  # noqa: S608
            _checked(rows, table, columns, fits),
        )
    writing.execute("COMMIT")
    if broken := writing.execute("PRAGMA foreign_key_check").fetchone():
        raise ArchiveRefused(f"A row of {broken[0]} in the file refers to none that is there.")


Fit = Callable[[Any], bool]


def _checked(
    rows: sqlite3.Cursor, table: str, columns: Sequence[str], fits: Sequence[Fit]
) -> Iterator[tuple[Any, ...]]:
    rows.arraysize = BATCH
    for row in rows:
        for value, fit, column in zip(row, fits, columns, strict=True):
            if value is not None and not fit(value):
                raise ArchiveRefused(
                    f"A value of {table}.{column} in the file is none of its kind."
                )
        yield row


def _fit(declared: str, *, is_key: bool) -> Fit:
    """What a column may hold, by its declared type: SQLite itself would take anything."""
    name, _, length = declared.upper().partition("(")
    bits = _WHOLE.get(name)
    if bits is not None:
        bound: int = 2**63 if is_key else 2**bits
        return lambda value: isinstance(value, int) and -bound <= value < bound
    if name == "BOOLEAN":
        return lambda value: value in (0, 1) and isinstance(value, int)
    if name in ("FLOAT", "DOUBLE", "REAL", "NUMERIC"):
        return lambda value: isinstance(value, int | float)
    digits = re.match(r"\d+", length)
    most = int(digits[0]) if digits else 2**30
    return lambda value: isinstance(value, str) and len(value) <= most and "\0" not in value


_WHOLE: Final = {"INTEGER": 31, "SMALLINT": 15, "BIGINT": 63}
