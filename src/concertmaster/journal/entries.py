"""What is kept of a request, and how entries are found again.

A request costs a tuple; parsing its query and finding the operation's name wait until somebody
reads. Headers and bodies are not kept: they hold secrets.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from concertmaster.domain import clock
from concertmaster.domain.errors import InvalidRequest
from concertmaster.edge.patterns import path_pattern
from concertmaster.store import Tenant
from concertmaster.surface import find


class Entry(NamedTuple):
    """One request, as it was."""

    at: int  #: wall time, in ticks (see domain/clock.py)
    method: str
    path: str  #: below the tenant, decoded
    query: bytes
    status: int | None  #: None: the connection was closed without an answer
    took: int  #: nanoseconds until the end of the answer was ready
    handler: str | None = None  #: of a plain route
    hint: str | None = None
    fault: str | None = None  #: which rule made it fail: a number, or `header`
    ignored: tuple[str, ...] = ()  #: what it said that nobody declared

    @property
    def operation(self) -> str | None:
        """The name that the API's description has for it; else that of the handler."""
        return _operation(self.method, self.path) or self.handler

    def shown(self) -> dict[str, Any]:
        return {
            "at": clock.instant(self.at),
            "method": self.method,
            "path": self.path,
            "query": parsed(self.query),
            "status": self.status,
            "ms": round(self.took / 1e6, 3),
            "operation": self.operation,
            "hint": self.hint,
            "fault": self.fault,
            "ignored": list(self.ignored),
        }


@lru_cache(maxsize=4096)
def _operation(method: str, path: str) -> str | None:
    known = find("GET" if method == "HEAD" else method, path)
    return known.name if known else None


def parsed(query: bytes) -> dict[str, str | list[str]]:
    """Options by name; one that is given more than once has a list."""
    options: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        before = options.get(name)
        if before is None:
            options[name] = value
        else:
            options[name] = [*before, value] if isinstance(before, list) else [before, value]
    return options


@dataclass
class Missed:
    """An operation that is not built, and was asked for."""

    operation: str
    method: str
    path: str  #: of the last request
    last: int  #: when that was, in ticks
    count: int = 1

    def shown(self) -> dict[str, Any]:
        return {
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "count": self.count,
            "lastAt": clock.instant(self.last),
        }


@dataclass
class Journal:
    """The last requests of a tenant, oldest first. `tenant.own(Journal)` is its one."""

    tenant: Tenant
    entries: deque[Entry] = field(default_factory=deque)
    missed: dict[str, Missed] = field(default_factory=dict)  #: kept however many requests follow

    def note(self, entry: Entry, *, keep: int) -> None:
        """Write an entry down; of all, the last `keep` stay."""
        self.entries.append(entry)
        while len(self.entries) > keep:
            self.entries.popleft()

    def miss(self, operation: str, method: str, path: str, at: int) -> None:
        """Count one more request for what is not built."""
        known = self.missed.get(operation)
        if known is None:
            self.missed[operation] = Missed(operation, method, path, at)
        else:
            known.count += 1
            known.path, known.last = path, at

    def find(self, asked: "Asked") -> Iterator[Entry]:
        # A copy, since requests go on being noted meanwhile.
        return (entry for entry in self.entries.copy() if asked.fits(entry))

    def clear(self) -> None:
        self.entries.clear()
        self.missed.clear()


_STATUS = re.compile(r"[1-5](?:\d\d|xx)|none", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """Which entries; what is None fits all."""

    method: str | None = None
    path: str | None = None  #: as in `edge/patterns.py`
    status: str | None = None  #: `404`, `4xx`, or `none` where the connection was dropped
    since: str | None = None  #: ISO 8601
    operation: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidRequest, InvalidArgument."""
        if self.status is not None and not _STATUS.fullmatch(self.status):
            raise InvalidRequest(f"status: '{self.status[:20]}' is neither 404 nor 4xx nor none.")
        self._since()

    def _since(self) -> int:
        return 0 if self.since is None else clock.ticks(clock.parse(self.since))

    def fits(self, entry: Entry) -> bool:
        return (
            (self.method is None or entry.method == self.method.strip().upper())
            and (self.path is None or path_pattern(self.path).fullmatch(entry.path) is not None)
            and (self.status is None or _is(self.status.lower(), entry.status))
            and (self.since is None or entry.at >= self._since())
            and (self.operation is None or _same(self.operation, entry.operation))
        )


def _is(asked: str, status: int | None) -> bool:
    if status is None or asked == "none":
        return status is None and asked == "none"
    return str(status) == asked or (asked.endswith("xx") and str(status)[0] == asked[0])


def _same(asked: str, operation: str | None) -> bool:
    return operation is not None and operation.lower() == asked.lower()
