"""The door at which requests fail: before anything is done, or on their answer's way out.

Without a standing rule and without the header a request passes after two look-ups. The controls
themselves never fail, so that a fault can always be taken back.
"""

from anyio import sleep
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.domain.errors import InvalidRequest, NotAuthenticated
from concertmaster.edge.errors import render
from concertmaster.edge.headers import ALWAYS
from concertmaster.faults.answers import answer_of
from concertmaster.faults.rules import Effect
from concertmaster.faults.standing import Faults, Struck
from concertmaster.store import Tenant

#: On a request: what is to happen to it. On an answer: who made it.
HEADER = b"x-concertmaster-fault"

_EXEMPT = ("/_control", "/health")


class Dropped(ConnectionResetError):
    """The connection was dropped by a fault: what clients in the server's own process see."""


class FaultDoor:
    """ASGI middleware behind `TenantAddress`.

    `scope["wire"]` is the server's own `send`: behind it lies the connection that is closed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tenant: Tenant | None = scope["state"]["tenant"]
        asked = authorization = None
        for name, value in scope["headers"]:
            if name == HEADER:
                asked = value
            elif name == b"authorization":
                authorization = value
        if tenant is None:
            await self.app(scope, receive, send)
            return
        faults = tenant.own(Faults)
        if (asked is None and not faults.standing) or scope["path"].lower().startswith(_EXEMPT):
            await self.app(scope, receive, send)
            return
        try:
            struck = _strike(faults, scope, asked, authorization)
        except (InvalidRequest, NotAuthenticated) as refused:
            await _answer(render(Request(scope), refused), scope, receive, send)
            return
        if struck is None:
            await self.app(scope, receive, send)
            return
        scope["state"]["fault"] = struck.by
        if struck.delay:
            await sleep(struck.delay)
        await self._meet(struck, scope, receive, send)

    async def _meet(self, struck: Struck, scope: Scope, receive: Receive, send: Send) -> None:
        effect = struck.effect
        if effect is None:  # it was late, that is all
            await self.app(scope, receive, send)
            return
        scope["state"]["struck"] = struck.by
        if effect.drop:
            if effect.drop == "after":
                await self.app(scope, receive, _nowhere)
            await hang_up(scope, receive, at_once=True)
        elif effect.truncated:
            cut = Cut(effect, scope, receive, send)
            if effect.code:
                await answer_of(Request(scope), effect)(scope, receive, cut.send)
            else:
                await self.app(scope, receive, cut.send)
            await cut.end()
        else:
            made = answer_of(Request(scope), effect)
            made.headers["x-concertmaster-fault"] = struck.by
            await made(scope, receive, send)


def _strike(
    faults: Faults, scope: Scope, asked: bytes | None, authorization: bytes | None
) -> Struck | None:
    """Raises InvalidRequest (the header says nothing) and NotAuthenticated (a token expired)."""
    method, path = scope["method"], scope["path"]
    if authorization in faults.expired:
        scope["state"]["fault"] = scope["state"]["struck"] = str(faults.expired[authorization])
        raise NotAuthenticated
    if asked is not None:
        target = f"{path}?{scope['query_string'].decode('latin-1')}"
        struck = faults.strike_by_header(asked.decode("latin-1"), method, target)
        if struck is not None:
            return struck
    return faults.strike(method, path, authorization)


async def _answer(made: Response, scope: Scope, receive: Receive, send: Send) -> None:
    made.raw_headers += ALWAYS
    await made(scope, receive, send)


async def _nowhere(message: Message) -> None:
    """The answer of a request that is done, and whose caller never hears of it."""


class Cut:
    """An answer that promises all of its bytes and ends before the last of them."""

    def __init__(self, effect: Effect, scope: Scope, receive: Receive, send: Send) -> None:
        self._share = None if effect.truncate is True else int(effect.truncate)
        self._left: int | None = None
        self._scope, self._receive, self._send = scope, receive, send
        self._over = False

    async def send(self, message: Message) -> None:
        if self._over:
            return
        if message["type"] == "http.response.start":
            self._left = self._bytes_of(message)
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            if self._left is None:  # it does not say how much will come: half of the first piece
                self._left = len(body) // 2
            if len(body) > self._left:
                self._over = True
                message = {**message, "body": body[: self._left], "more_body": True}
            self._left -= len(message["body"])
        await self._send(message)

    def _bytes_of(self, start: Message) -> int | None:
        """How many bytes are let through."""
        if self._share is not None:
            return self._share
        for name, value in start["headers"]:
            if name.lower() == b"content-length":
                return int(value) // 2
        return None

    async def end(self) -> None:
        if self._over:
            await hang_up(self._scope, self._receive, at_once=False)


async def hang_up(scope: Scope, receive: Receive, *, at_once: bool) -> None:
    """Close the connection of a request: at once, or when what was sent has left.

    Raises Dropped where there is none to close: the caller runs in the same process.
    """
    cycle = getattr(scope.get("wire"), "__self__", None)  # uvicorn's, of h11 as of httptools
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise Dropped("The connection was dropped by a fault.")
    if at_once:
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":  # the server has seen that it is gone
        pass
