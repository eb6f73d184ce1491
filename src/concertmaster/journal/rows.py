"""Where a row lies that was not found: in another folder, under a similar name, nowhere."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import orjson
import sqlalchemy as sa

from concertmaster.entities import Folder
from concertmaster.odata.request import Request
from concertmaster.store import Tenant

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")

#: So many names are looked through for a similar one.
_NAMES = 1_000
#: So many values of a request are looked up.
_VALUES = 10


def where_else(
    cls: type[Any], asked: Request, tenant: Tenant, headers: Mapping[str, str]
) -> str | None:
    """What is known of the row of `cls` that was asked for and not found."""
    table: sa.Table = cls.__table__
    sought = list(dict.fromkeys(_sought(cls, asked)))[:_VALUES]
    with tenant.connect() as connection:
        for column, value in sought:
            if column not in table.c:
                continue
            shown = f'"{value}"' if isinstance(value, str) else value
            found = _find(connection, table, column, value)
            if found is not None:
                if found.folder is None:
                    return None  # it is there: something else is missing
                return f'{cls.__name__} {shown} exists in folder "{found.folder}"'
            if column == "name" and (near := _similar(connection, table, str(value))):
                return f'no {cls.__name__} {shown}; did you mean "{near}"?'
    if not sought:
        return None
    column, value = sought[0]
    where = " in any folder" if "organization_unit_id" in table.c else ""
    shown = f'"{value}"' if isinstance(value, str) else value
    return f"there is no {cls.__name__} with {_wire(column)} {shown}{where}"


def _sought(cls: type[Any], asked: Request) -> Iterator[tuple[str, Any]]:
    """Column and value of what may have been meant: the key in the path, names in it, the body."""
    try:
        segments = asked.segments
    except Exception:  # a path that could not be read has no key either
        return
    for segment in segments:
        if segment.argument:
            yield from _of_text(segment.argument)
    for value in asked.options.custom.values():
        yield from _of_value(value)
    try:
        body = orjson.loads(asked.body) if asked.body else None
    except orjson.JSONDecodeError:
        return
    yield from _of_body(body, cls.__name__.lower())


def _of_text(text: str) -> Iterator[tuple[str, Any]]:
    """`5`, `'a'`, `Id=5`, `name='a',x=1`, a GUID."""
    quoted = [part.replace("''", "'") for part in _QUOTED.findall(text)]
    for value in quoted or [text.rpartition("=")[2].strip()]:
        yield from _of_value(value)


def _of_value(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        if 0 <= value < 2**63:
            yield "id", value
    elif isinstance(value, str) and value.strip():
        text = value.strip()
        if text.isascii() and text.isdigit() and len(text) < 19:
            yield "id", int(text)
        elif _GUID.fullmatch(text.strip("{}")):
            yield "key", text.strip("{}").lower()
        elif len(text) <= 200 and "\0" not in text:
            yield "name", text


def _of_body(body: Any, entity: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Members that name the entity by themselves: `QueueName`, `ReleaseKey`, `Name`, `JobIds`."""
    if not isinstance(body, dict) or depth > 3:
        return
    for member, value in body.items():
        name = str(member).lower()
        word = re.sub(r"(ids?|keys?|name)$", "", name)
        if name == "name" or (word and word != name and (word in entity or entity in word)):
            for each in value if isinstance(value, list) else [value]:
                yield from _of_value(each)
        elif isinstance(value, dict):
            yield from _of_body(value, entity, depth + 1)


def _find(connection: sa.Connection, table: sa.Table, column: str, value: Any) -> Any:
    """A row by a column, with the path of its folder (None where it has none)."""
    held = sa.func.lower(table.c[column]) == value.lower() if column == "name" else None
    condition = table.c[column] == value if held is None else held
    if "organization_unit_id" not in table.c:
        columns = sa.select(sa.null().label("folder"))
        return connection.execute(columns.select_from(table).where(condition).limit(1)).first()
    path = Folder.__table__.c.fully_qualified_name.label("folder")
    joined = table.outerjoin(Folder.__table__, table.c.organization_unit_id == Folder.id)
    return connection.execute(sa.select(path).select_from(joined).where(condition).limit(1)).first()


def _similar(connection: sa.Connection, table: sa.Table, name: str) -> str | None:
    rows = connection.scalars(sa.select(table.c.name).distinct().limit(_NAMES))
    by_lower = {str(known).lower(): str(known) for known in rows if known}
    near = get_close_matches(name.lower(), by_lower, 1, 0.6)
    return by_lower[near[0]] if near else None


def _wire(column: str) -> str:
    return column.capitalize()
