"""The door at which a request is answered again whose transaction gave way to another's.

The database undid all that such a request had done, and what it told the world it would have told
after its commit: so nobody sees that it was tried before.
"""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.edge.errors import cause_of
from concertmaster.store import Tenant
from concertmaster.store.contention import TRIES, gave_way

log = logging.getLogger("concertmaster")

#: A body of more bytes is not kept for another try.
LARGEST = 1024 * 1024

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class AgainDoor:
    """ASGI middleware behind `TenantAddress`; on SQLite, with its one writer, it stands open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tenant: Tenant | None = scope["state"]["tenant"]
        if tenant is None or tenant.dialect == "sqlite" or scope["method"] in _READS:
            await self.app(scope, receive, send)
            return
        body = _Body(receive)
        for _ in range(TRIES - 1):
            answer = _Answer(scope, send, body)
            await self.app(scope, body.receive, answer.send)
            if not answer.withheld:
                return
            log.info("%s %s gave way to another, and is done again", scope["method"], scope["path"])
            del scope["state"]["cause"]
            body.rewind()
        await self.app(scope, body.receive, send)


class _Body:
    """The body of a request: as it comes, and as it came."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._came: list[Message] = []
        self._read = 0  #: how many of those were given since the last rewind
        self._size = 0

    @property
    def is_kept(self) -> bool:
        return self._size <= LARGEST

    async def receive(self) -> Message:
        if self._read < len(self._came):
            self._read += 1
            return self._came[self._read - 1]
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self.is_kept:
            self._came.append(message)
            self._read += 1
        else:
            self._came.clear()
        return message

    def rewind(self) -> None:
        self._read = 0


class _Answer:
    """An answer on its way out, unless the request can be done again."""

    def __init__(self, scope: Scope, send: Send, body: _Body) -> None:
        self._scope, self._send, self._body = scope, send, body
        self.withheld = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.withheld = self._body.is_kept and gave_way(cause_of(self._scope))
        if not self.withheld:
            await self._send(message)
