"""URL and headers → what was asked: path segments, query options, preferences.

Nothing here knows which sets exist; `plan.py` holds what was asked against the model.
What is made anew for each request is no frozen dataclass, here and in the steps that follow: those
take five times as long to make.
(OData 4.01 part 2, Protocol and URL Conventions: 4 resource path, 5 query options.)
"""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import unquote, unquote_plus

from concertmaster.odata.errors import BadRequest, InvalidQuery
from concertmaster.odata.lazily import cached_property
from concertmaster.odata.remembered import remembered

#: The system query options this engine reads; any other `$name` is refused.
SYSTEM_OPTIONS = frozenset(
    {"$filter", "$orderby", "$top", "$skip", "$count", "$select", "$expand", "$format"}
)
#: Part of the standard, not of this engine yet: refused by name.
LATER_OPTIONS = frozenset({"$search", "$apply", "$compute", "$skiptoken", "$deltatoken", "$levels"})

_BARE_OPTIONS = frozenset(name[1:] for name in SYSTEM_OPTIONS | LATER_OPTIONS)


@dataclass(slots=True)
class Segment:
    """One step of a resource path: `Jobs(5)` is a name and what stands in its parentheses."""

    name: str
    argument: str | None = None  #: None without parentheses, '' for empty ones


@dataclass(slots=True)
class Preferences:
    """What `Prefer` asks for, as far as it is honoured (part 1, 8.2.8)."""

    representation: bool | None = None  #: return=representation / return=minimal
    max_page_size: int | None = None


@dataclass
class Request:
    """A request as the engine sees it; `base` is the service root, ending in a slash."""

    method: str
    path: str  #: below the service root, still percent-encoded
    query: str
    base: str
    headers: Mapping[str, str] = field(default_factory=dict)  #: names in lower case
    body: bytes = b""
    form: BinaryIO | None = None  #: the body, where it is a form: too large to be held
    #: What has to come true before the answer is sent; None where nobody waits for that.
    promises: list[Awaitable[None]] | None = None

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        return split_path(self.path)

    @cached_property
    def options(self) -> "Options":
        return Options.parse(self.query)

    @cached_property
    def preferences(self) -> Preferences:
        return parse_prefer(self.headers.get("prefer", ""))


def split_path(path: str) -> tuple[Segment, ...]:
    """`/Jobs(5)/Robot` → its segments; quotes and parentheses may hold slashes.

    Raises:
        BadRequest: unbalanced parentheses or quotes, or text that is not UTF-8.
    """
    path = path.strip("/")
    if not path:
        return ()
    if "(" not in path and "%28" not in path:
        return tuple(Segment(_decode(part)) for part in path.split("/"))
    parts, start, depth, quoted = [], 0, 0, False
    for index, char in enumerate(path):
        # An encoded apostrophe delimits a string as a bare one does (part 2, 2 URL parsing).
        if char == "'" or (char == "%" and path[index : index + 3] == "%27"):
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "/" and depth == 0:
            parts.append(path[start:index])
            start = index + 1
    if depth != 0 or quoted:
        raise BadRequest("The request URI is not valid: parentheses or quotes do not match.")
    parts.append(path[start:])
    return tuple(_segment(_decode(part)) for part in parts)


def _segment(text: str) -> Segment:
    name, opened, argument = text.partition("(")
    if not opened:
        return Segment(text)
    if not argument.endswith(")"):
        raise BadRequest(f"The request URI is not valid: bad segment '{text}'.")
    return Segment(name, argument[:-1].strip())


def _decode(text: str) -> str:
    if "%" not in text:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest("The request URI is not valid UTF-8.") from None


@dataclass(slots=True)
class Options:
    """Query options by kind: system (`$top`), aliases (`@p`), and everything else."""

    system: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, query: str) -> "Options":
        """Raises InvalidQuery for a repeated, unknown or dollarless system option."""
        if not query:
            return _NO_OPTIONS
        system: dict[str, str] = {}
        aliases: dict[str, str] = {}
        custom: dict[str, str] = {}
        for part in query.split("&"):
            if not part:
                continue
            name, _, value = part.partition("=")
            name, value = _decode_option(name).strip(), _decode_option(value)
            if name.startswith("$"):
                name = name.lower()
                _check_system(name, system)
                system[name] = value
            elif name.startswith("@"):
                aliases[name] = value
            elif name.lower() in _BARE_OPTIONS:
                raise InvalidQuery(f"The query option '{name}' must begin with '$'.")
            else:
                custom[name] = value
        return cls(system, aliases, custom)

    def get(self, name: str) -> str | None:
        return self.system.get(name)

    def number(self, name: str) -> int | None:
        """The value of `$top` or `$skip`; None when not asked."""
        text = self.system.get(name)
        if text is None:
            return None
        stripped = text.strip()
        if not re.fullmatch(r"[0-9]{1,18}", stripped):
            raise InvalidQuery(
                f"The value '{text}' is not a non-negative integer value. In OData, the {name} "
                "query option must specify a non-negative integer value."
            )
        return int(stripped)

    def flag(self, name: str) -> bool | None:
        """The value of `$count`, in any letter case; None when not asked."""
        text = self.system.get(name)
        if text is None:
            return None
        value = {"true": True, "false": False}.get(text.strip().lower())
        if value is None:
            raise InvalidQuery(f"'{text}' is not a valid count option.")
        return value


_NO_OPTIONS = Options()


def _check_system(name: str, seen: Mapping[str, str]) -> None:
    if name in seen:
        raise InvalidQuery(
            f"Query option '{name}' was specified more than once, "
            "but it must be specified at most once."
        )
    if name not in SYSTEM_OPTIONS:
        raise InvalidQuery(f"The query parameter '{name}' is not supported.")


def _decode_option(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return _decoded(text)


@remembered
def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidQuery("The query string is not valid UTF-8.") from None


def parse_prefer(header: str) -> Preferences:
    """`Prefer: return=minimal, odata.maxpagesize=50` → what we act upon; the rest is ignored."""
    if not header:
        return _NO_PREFERENCES
    representation: bool | None = None
    size: int | None = None
    for part in header.lower().split(","):
        name, _, value = part.strip().partition("=")
        value = value.strip().strip('"')
        if name == "return" and value in ("representation", "minimal"):
            representation = value == "representation"
        elif name in ("maxpagesize", "odata.maxpagesize") and value.isascii() and value.isdigit():
            size = int(value[:9]) or None
    return Preferences(representation, size)


_NO_PREFERENCES = Preferences()


@dataclass(frozen=True, slots=True)
class ExpandItem:
    """One item of `$expand`: a navigation path and its nested options."""

    path: str
    options: Mapping[str, str]


def split_list(text: str, separator: str = ",") -> list[str]:
    """Split at top level only: `A($select=x,y),B` → two items."""
    items, depth, start, quoted = [], 0, 0, False
    for index, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                break
        elif char == separator and depth == 0:
            items.append(text[start:index])
            start = index + 1
    if depth != 0 or quoted:
        raise InvalidQuery(f"Parentheses or quotes do not match in '{text[:200]}'.")
    items.append(text[start:])
    return [item.strip() for item in items]


def parse_expand(text: str) -> list[ExpandItem]:
    """`Robot($select=Name;$expand=License),Release` → items (part 2, 5.1.3)."""
    items = []
    for part in split_list(text):
        path, opened, inner = part.partition("(")
        if opened and not inner.endswith(")"):
            raise InvalidQuery(f"Term '{part}' is not valid in a $select or $expand expression.")
        options: dict[str, str] = {}
        for option in split_list(inner[:-1], ";") if opened else ():
            name, equals, value = option.partition("=")
            name = name.strip().lower()
            name = name if name.startswith("$") else "$" + name
            if not equals:
                raise InvalidQuery(
                    f"Term '{part}' is not valid in a $select or $expand expression."
                )
            _check_system(name, options)
            options[name] = value.strip()
        items.append(ExpandItem(path.strip(), options))
    return items
