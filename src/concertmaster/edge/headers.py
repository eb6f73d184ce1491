"""Headers on every answer, and who may send one to the controls.

`api-supported-versions` is read by clients to choose their dialect; the controls are refused to
pages of other sites, so that a visited web page cannot reset a stand-in.
"""

from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The Web API version whose surface is spoken here.
API_VERSION = "20.0"

ALWAYS = (
    (b"api-supported-versions", API_VERSION.encode()),
    (b"cache-control", b"no-cache, no-store, must-revalidate"),
)


class AnswerHeaders:
    """ASGI middleware: adds what every answer of the product has."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in ALWAYS if name not in given]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class OwnOrigin:
    """ASGI middleware: `/_control` answers no page of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].lower().startswith("/_control"):
            headers = {k.lower(): v.decode("latin-1") for k, v in scope["headers"]}
            origin = headers.get(b"origin")
            if origin is not None and urlsplit(origin).netloc != headers.get(b"host"):
                refusal = Response("The controls answer no page of another site.", 403)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)
