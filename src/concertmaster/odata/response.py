"""Rows → JSON: members as OData writes them, the envelope around them, context URLs.

(OData JSON Format 4.01; shapes of `@odata.context` as ASP.NET Core OData asserts them.)
"""

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    return text.rstrip("0Z").rstrip(".") + "Z"


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


# --- rows, and what they expand to ----------------------------------------------------------


Objects = list[dict[str, Any]]
#: Rows, and by parent what goes into each member that is expanded → objects.
Write = Callable[..., Objects]


def rows_writer(node: Node) -> Write:
    """A function from rows to objects, in one expression, as one would write it for this node.

    Made as text once for each plan: three times as fast as walking the properties of every row.
    The text holds numbers and names of declarations, nothing of a request.
    """
    scope: dict[str, Any] = {}
    members = []
    for index, prop in enumerate(node.properties):
        value, convert = f"row[{index}]", writer(prop)
        if isinstance(convert, Table):
            scope[f"t{index}"] = convert
            value = f"t{index}[{value}]"
        elif convert is write_instant:  # in every row, and longer called than done
            value = f"None if (v := {value}) is None else v.rstrip('0Z').rstrip('.') + 'Z'"
        elif convert is not None:
            scope[f"w{index}"] = convert
            value = f"None if {value} is None else w{index}({value})"
        members.append(f"{prop.name!r}: {value}")
    expanded = [(name, branch) for branch in node.expands for name in _members(branch)]
    for index, (name, branch) in enumerate(expanded):
        members.append(f"{name!r}: x{index}[row[{branch.link.parent_index}]]")
    given = "".join(f", x{index}" for index in range(len(expanded)))
    made: Write = eval(  # noqa: S307 - see above
        f"lambda rows{given}: [{{{', '.join(members)}}} for row in rows]", scope
    )
    return made


def _members(branch: ExpandNode) -> list[str]:
    """The members that an expansion brings."""
    name = branch.link.navigation.name
    return [name] if branch.count_index is None else [f"{name}@odata.count", name]


#: By parent: the value of a member that is expanded.
ByParent = Mapping[Any, Any]


class Rendering:
    """The rows of one answer on their way to objects.

    `values` are those of the whole request: what bounds the call bounds its expansions. Single
    entities are expanded to JSON text, unless `frozen` is false.
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

    def objects(self, node: Node, rows: Sequence[Row]) -> Objects:
        """Rows of a plan's node → JSON objects, with all that they expand to."""
        if node.write is None:
            node.write = rows_writer(node)
        expanded: list[ByParent] = []
        for branch in node.expands:
            place = branch.link.parent_index
            parents = {row[place] for row in rows}
            if branch.link.navigation.collection:
                expanded += self._many(branch, parents)
            else:
                expanded.append(self._one(branch, parents))
        return node.write(rows, *expanded)

    def _one(self, branch: ExpandNode, parents: set[Any]) -> ByParent:
        """By key. Many parents share a child: as JSON it is written once, for answers to come."""
        found = self._kept(branch) if self.frozen and not branch.node.expands else {}
        missing = {parent for parent in parents if parent not in found}
        if missing:
            new = dict.fromkeys(missing)
            for row, child in self._children(branch, missing):
                shown = orjson.Fragment(dumps(child)) if self.frozen else child
                new[row[branch.link.child_index]] = shown
            found.update(new)  # at once: others may look into it
        return found

    def _many(self, branch: ExpandNode, parents: set[Any]) -> list[ByParent]:
        place, count = branch.link.child_index, branch.count_index
        groups: dict[Any, Objects] = {parent: [] for parent in parents}
        counts = dict.fromkeys(parents, 0)
        for row, child in self._children(branch, parents):
            groups[row[place]].append(child)
            if count is not None:
                counts[row[place]] = row[count]
        return [groups] if count is None else [counts, groups]

    def _children(
        self, branch: ExpandNode, parents: set[Any]
    ) -> Iterable[tuple[Row, dict[str, Any]]]:
        """The rows that belong to parents, each with its object."""
        wanted = [parent for parent in parents if parent is not None]
        if not wanted:
            return ()
        keys = list_value(wanted, self.connection.dialect.name)
        values = {**self.values, **branch.values, "x_keys": keys}
        rows = run(self.connection, branch.statement, values)
        return zip(rows, self.objects(branch.node, rows), strict=True)

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
