"""Whether the values of a database are such as the server itself writes.

Reads trust what lies in a database: instants are compared as text, JSON goes on the wire unread, a
blob's key is a path. So what comes from outside, in a snapshot's file, is looked through first.
"""

import re
from enum import IntFlag
from typing import Any, Final

import sqlalchemy as sa

from concertmaster.entities import Entity
from concertmaster.odata import declare

#: A kind of column → the pattern of its text (GLOB). The widths are those of the columns.
_DAY: Final = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_TIME: Final = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9][0-9]"
_HEX: Final = "[0-9a-f]"
PATTERNS: Final[tuple[tuple[type[Any], str], ...]] = (
    (declare.InstantText, f"{_DAY}T{_TIME}Z"),
    (declare.DateText, _DAY),
    (declare.TimeOfDayText, _TIME),
    (declare.GuidText, "-".join(_HEX * digits for digits in (8, 4, 4, 4, 12))),
)

#: Columns that hold the key of a blob.
BLOB_KEYS: Final = frozenset({"file", "state_file"})
_BLOB_KEY: Final = re.compile(r"[a-z]+(/[A-Za-z0-9_][A-Za-z0-9._ -]*)+", re.ASCII)


def check_values(connection: sa.Connection) -> None:
    """Look through a migrated SQLite database. Raises ValueError that names the column."""
    driver: Any = connection.connection.driver_connection
    driver.create_function("is_blob_key", 1, _is_blob_key, deterministic=True)
    for table in Entity.metadata.sorted_tables:
        for column in table.columns:
            name, fits = column.name, _condition(column)
            if fits is None:
                continue
            found = driver.execute(
                f'SELECT 1 FROM "{table.name}" WHERE "{name}" IS NOT NULL '  # noqa: S608
                f"AND NOT ({fits}) LIMIT 1"
            ).fetchone()
            if found is not None:
                raise ValueError(f"A value of {table.name}.{name} in the file is none of its kind.")


def _condition(column: sa.Column[Any]) -> str | None:
    """SQL that holds for a good value."""
    kind, name = column.type, f'"{column.name}"'
    if isinstance(kind, declare.Enumeration):
        numbers = [int(member) for member in kind.members]
        if issubclass(kind.members, IntFlag):
            return f"{name} BETWEEN 0 AND {sum(numbers)}"
        return f"{name} IN ({', '.join(map(str, numbers))})"
    if isinstance(kind, declare.JsonText):
        return f"json_valid({name})"
    if column.name in BLOB_KEYS:
        return f"is_blob_key({name})"
    pattern = next((text for cls, text in PATTERNS if isinstance(kind, cls)), None)
    return None if pattern is None else f"{name} GLOB '{pattern}'"


def _is_blob_key(value: Any) -> bool:
    return isinstance(value, str) and _BLOB_KEY.fullmatch(value) is not None
