"""The door at which requests are written down, with a hint on the answer where one failed.

It stands behind `TenantAddress` and sees OData, plain calls, robots and sign-in alike. With a
journal of size 0 a request passes after one comparison.
"""

import logging
from time import perf_counter_ns
from typing import Any

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.domain.clock import Clock
from concertmaster.domain.errors import OperationNotBuilt
from concertmaster.edge.errors import cause_of
from concertmaster.journal.entries import Entry, Journal
from concertmaster.journal.headers import unknown
from concertmaster.journal.hints import hint_for
from concertmaster.odata.ignored import listen
from concertmaster.store import Registry, Tenant

log = logging.getLogger("concertmaster")

HINT = b"x-concertmaster-hint"
_LONGEST = 500  #: of a hint in a header, in characters

#: Neither what runs the stand-in nor what asks whether it is there.
_EXEMPT = ("/_control", "/health")


class JournalDoor:
    """ASGI middleware; keeps the last `keep` requests of each tenant."""

    def __init__(self, app: ASGIApp, *, keep: int) -> None:
        self.app = app
        self.keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.keep or scope["path"].lower().startswith(_EXEMPT):
            await self.app(scope, receive, send)
            return
        watched = _Watched(scope, send, self.keep)
        try:
            await self.app(scope, receive, watched.send)
        finally:
            watched.note()  # what never answered: dropped, or the client went away


class _Watched:
    """A request on its way: written down as its answer ends, before the client can ask for it."""

    __slots__ = (
        "at", "hint", "ignored", "keep", "method", "noted", "path", "scope", "start", "status",
        "wire",
    )  # fmt: skip

    def __init__(self, scope: Scope, wire: Send, keep: int) -> None:
        self.scope, self.wire, self.keep = scope, wire, keep
        # Taken now: doors behind this one put paths into the case of their routes.
        self.method, self.path = scope["method"], scope["path"]
        self.status: int | None = None
        self.hint: str | None = None
        self.noted = False
        self.ignored = listen()
        self.at = Clock.wall()
        self.start = perf_counter_ns()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if message["status"] >= 400:
                await self._explain(message)
        elif not message.get("more_body"):
            self.note()
        await self.wire(message)

    def note(self) -> None:
        if self.noted:
            return
        self.noted = True
        scope = self.scope
        others = unknown(scope)
        heard = tuple(self.ignored)
        route = scope.get("route")
        entry = Entry(
            self.at, self.method, self.path, scope["query_string"], self.status,
            perf_counter_ns() - self.start, route and _name_of(route), self.hint,
            scope["state"].get("fault"), heard + others if others else heard,
        )  # fmt: skip
        journal = self._tenant.own(Journal)
        journal.note(entry, keep=self.keep)
        cause = cause_of(scope)
        if isinstance(cause, OperationNotBuilt) and entry.fault is None:
            journal.miss(cause.words["operation"], self.method, self.path, self.at)

    @property
    def _tenant(self) -> Tenant:
        """The tenant of the request; the default one where the address led to none."""
        tenant: Tenant | None = self.scope["state"]["tenant"]
        if tenant is None:
            registry: Registry = self.scope["app"].state.registry
            return registry.default
        return tenant

    async def _explain(self, start: Message) -> None:
        """Add the hint to an answer that says no."""
        tenant = self._tenant
        if tenant.dialect == "sqlite":
            self.hint = self._hint(tenant)
        else:  # its statements keep the loop waiting for another machine
            self.hint = await to_thread.run_sync(self._hint, tenant)
        if self.hint:
            value = self.hint.encode("ascii", "backslashreplace")[:_LONGEST]
            start["headers"] = [*start["headers"], (HINT, value)]

    def _hint(self, tenant: Tenant) -> str | None:
        try:
            return hint_for(self.scope, tenant, self.ignored)
        except Exception:  # a hint is not worth an answer
            log.exception("no hint for %s %s", self.method, self.path)
            return None


def _name_of(route: Any) -> str | None:
    return getattr(route, "operation_id", None) or getattr(route, "name", None)
