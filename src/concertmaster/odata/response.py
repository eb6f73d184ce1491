"""Rows → JSON: members as OData writes them, the envelope around them, context URLs.

(OData JSON Format 4.01; shapes of `@odata.context` as ASP.NET Core OData asserts them.)
"""

import base64
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson
import sqlalchemy as sa

from concertmaster.odata import declare
from concertmaster.odata.kept import Kept, kept
from concertmaster.odata.model import EnumType, Property
from concertmaster.odata.plan import ExpandNode, Node
from concertmaster.odata.query import Row, list_value, run

Convert = Callable[[Any], Any]

CONTENT_TYPE = "application/json; odata.metadata=minimal; odata.streaming=true"


@dataclass(slots=True)
class Response:
    """An answer, before any web framework."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    file: "File | None" = None  #: what is answered in place of a body


@dataclass(frozen=True, slots=True)
class File:
    """Content that is too large to be held: read a piece at a time, then closed."""

    content: BinaryIO
    size: int


# --- values ---------------------------------------------------------------------------------


def write_instant(text: str) -> str:
    """`…02.7900000Z` → `…02.79Z`: trailing zeros and an empty fraction are left out."""
    return text[:-1].rstrip("0").rstrip(".") + "Z"


def write_row_version(number: int) -> str:
    """A row version as SQL Server shows one: eight bytes, highest first, in base64."""
    return base64.b64encode(number.to_bytes(8, "big")).decode()


def write_duration(ticks: int) -> str:
    """Ticks of 100 nanoseconds → `PT1H30M`, as XmlConvert writes a TimeSpan."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    seconds, fraction = divmod(ticks, 10_000_000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    text = f"{fraction:07d}".rstrip("0")
    last = f"{seconds}.{text}" if text else str(seconds)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    parts.append(f"{last}S" if seconds or text else "")
    time = "".join(parts)
    if not days and not time:
        return "PT0S"
    return f"{sign}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def write_decimal(value: Any) -> Any:
    return orjson.Fragment(str(value)) if isinstance(value, Decimal) else value


def write_double(value: float) -> Any:
    """Infinities and NaN have names (JSON Format 7.1)."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    return float(value)


def write_binary(value: bytes) -> str:
    return base64.b64encode(bytes(value)).decode()


class Table(dict[Any, Any]):
    """Values of a small set, written by looking them up; null stays null."""

    def __missing__(self, value: Any) -> str:
        return str(value)

    def __call__(self, value: Any) -> Any:
        return self[value]


def enum_writer(enumeration: EnumType) -> Convert:
    names = enumeration.by_number
    if not enumeration.flags:
        table = Table(names)
        table[None] = None
        return table

    def write_flags(number: int) -> str:
        if number in names:
            return names[number]
        return ", ".join(name for bit, name in names.items() if bit and number & bit == bit)

    return write_flags


_WRITERS: tuple[tuple[type, Convert], ...] = (
    (declare.InstantText, write_instant),
    (declare.RowVersionNumber, write_row_version),
    (declare.DurationTicks, write_duration),
    (declare.JsonText, orjson.Fragment),
    (sa.Boolean, Table({None: None, 0: False, 1: True})),
    (sa.Double, write_double),
    (sa.Numeric, write_decimal),
    (sa.LargeBinary, write_binary),
)


@lru_cache(maxsize=4096)
def writer(prop: Property) -> Convert | None:
    """How a value of this property goes on the wire; None where it goes as it is."""
    if prop.enumeration:
        return enum_writer(prop.enumeration)
    kind = prop.column.type
    return next((write for expected, write in _WRITERS if isinstance(kind, expected)), None)


# --- rows -----------------------------------------------------------------------------------


def objects(node: Node, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of a plan's node → JSON objects, without what is expanded."""
    if node.write is None:
        node.write = rows_writer(node.properties)
    return node.write(rows)


def rows_writer(properties: Sequence[Property]) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
    """A function from rows to objects, in one expression, as one would write it for this set.

    Made as text once for each plan: three times as fast as walking the properties of every row.
    The text holds numbers and names of declarations, nothing of a request.
    """
    scope: dict[str, Any] = {}
    members = []
    for index, prop in enumerate(properties):
        value, convert = f"row[{index}]", writer(prop)
        if isinstance(convert, Table):
            scope[f"t{index}"] = convert
            value = f"t{index}[{value}]"
        elif convert is write_instant:  # in every row, and longer called than done
            value = f"None if (v := {value}) is None else v[:-1].rstrip('0').rstrip('.') + 'Z'"
        elif convert is not None:
            scope[f"w{index}"] = convert
            value = f"None if {value} is None else w{index}({value})"
        members.append(f"{prop.name!r}: {value}")
    made: Callable[[Sequence[Row]], list[dict[str, Any]]] = eval(  # noqa: S307 - see above
        f"lambda rows: [{{{', '.join(members)}}} for row in rows]", scope
    )
    return made


# --- what rows expand to --------------------------------------------------------------------

Objects = Sequence[dict[str, Any]]


class Expanding:
    """The expansions of one answer.

    `values` are those of the whole request: what bounds the call bounds its expansions. Single
    entities are added as JSON text, unless `frozen` is false.
    """

    def __init__(
        self,
        connection: sa.Connection,
        values: Mapping[str, Any],
        *,
        known: Kept | None = None,
        frozen: bool = True,
    ) -> None:
        self.connection = connection
        self.values = values
        self.known = known
        self.frozen = frozen

    def add(self, node: Node, rows: Sequence[Row], items: Objects) -> None:
        """Add what a node expands to its objects, which are made of these rows."""
        for branch in node.expands:
            parents = [row[branch.link.parent_index] for row in rows]
            if branch.link.navigation.collection:
                self._add_many(branch, parents, items)
            else:
                self._add_one(branch, parents, items)

    def _add_one(self, branch: ExpandNode, parents: Sequence[Any], items: Objects) -> None:
        """By key. Many parents share a child: as JSON it is written once, for answers to come."""
        name = branch.link.navigation.name
        found = self._kept(branch) if self.frozen and not branch.node.expands else {}
        missing = set(parents) - found.keys()
        missing.discard(None)
        if missing:
            rows, children = self._children(branch, missing)
            found.update(dict.fromkeys(missing))
            for row, child in zip(rows, children, strict=True):
                shown = orjson.Fragment(dumps(child)) if self.frozen else child
                found[row[branch.link.child_index]] = shown
        for item, parent in zip(items, parents, strict=True):
            item[name] = found.get(parent)

    def _add_many(self, branch: ExpandNode, parents: Sequence[Any], items: Objects) -> None:
        name, place = branch.link.navigation.name, branch.link.child_index
        rows, children = self._children(branch, set(parents) - {None})
        groups: dict[Any, list[dict[str, Any]]] = {}
        for row, child in zip(rows, children, strict=True):
            groups.setdefault(row[place], []).append(child)
        if branch.count_index is not None:
            counts = {row[place]: row[branch.count_index] for row in rows}
            for item, parent in zip(items, parents, strict=True):
                item[f"{name}@odata.count"] = counts.get(parent, 0)
        for item, parent in zip(items, parents, strict=True):
            item[name] = groups.get(parent, [])

    def _children(
        self, branch: ExpandNode, wanted: Collection[Any]
    ) -> tuple[Sequence[Row], Objects]:
        """The rows of those that are wanted, and their objects with what they expand in turn."""
        if not wanted:
            return (), ()
        keys = list_value(list(wanted), self.connection.dialect.name)
        values = {**self.values, **branch.values, "x_keys": keys}
        rows = run(self.connection, branch.statement, values)
        children = objects(branch.node, rows)
        self.add(branch.node, rows, children)
        return rows, children

    def _kept(self, branch: ExpandNode) -> dict[Any, Any]:
        if self.known is None:
            self.known = kept(self.connection)
        return self.known.children(branch.statement, {**self.values, **branch.values})


# --- envelopes ------------------------------------------------------------------------------


def context_of(node: Node, *, with_expands: bool) -> str:
    """What stands behind the set's name in a context URL: `(Id,Robot(Name))`, or nothing."""
    parts = list(node.selected) if node.selected is not None else []
    for branch in node.expands if with_expands else ():
        name = branch.link.navigation.name
        parts = [part for part in parts if part != name]
        parts.append(f"{name}{context_of(branch.node, with_expands=True) or '()'}")
    return f"({','.join(parts)})" if parts else ""


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_default)


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def json_response(
    value: Any,
    *,
    status: int = 200,
    metadata: str = "minimal",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A JSON answer with the headers every OData answer has (part 1, 8.1.5)."""
    content_type = CONTENT_TYPE.replace("minimal", metadata)
    return Response(
        status,
        dumps(value),
        {"content-type": content_type, "odata-version": "4.0", **(headers or {})},
    )


def empty_response(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, b"", {"odata-version": "4.0", **(headers or {})})


def text_response(text: str) -> Response:
    return Response(200, text.encode(), {"content-type": "text/plain", "odata-version": "4.0"})


def file_response(name: str, content: bytes, media_type: str) -> Response:
    """A file to be saved under a name (RFC 6266: percent-encoded, whatever letters it has)."""
    told = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(200, content, {"content-type": media_type, "content-disposition": told})


def collection(
    context: str | None,
    items: Iterable[Any],
    *,
    count: int | None = None,
    next_link: str | None = None,
) -> dict[str, Any]:
    """The envelope of a collection; the order of its members is part of the format."""
    envelope: dict[str, Any] = {}
    if context is not None:
        envelope["@odata.context"] = context
    if count is not None:
        envelope["@odata.count"] = count
    envelope["value"] = items
    if next_link is not None:
        envelope["@odata.nextLink"] = next_link
    return envelope
