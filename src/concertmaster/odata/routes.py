"""The web edge of the engine: one door for the whole service.

The only file of `odata/` that imports the web framework. The door stands before the framework's
router: it reads a path once and hands the request to the pipeline; everything that is not OData
is passed on.
"""

from collections.abc import Callable, Sequence

from anyio import to_thread
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from concertmaster.odata.errors import BadRequest
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.service import Service

#: The service of a request, and whether its statements keep the loop waiting for another machine.
Serve = Callable[[Scope], tuple[Service, bool]]
#: What the application answers when the pipeline raises.
OnError = Callable[[WebRequest, Exception], WebResponse]
Headers = Sequence[tuple[bytes, bytes]]

#: More than this is no OData body (bytes).
LARGEST_BODY = 64 * 1024 * 1024


class ODataDoor:
    """ASGI middleware: everything below a prefix, answered by a service."""

    def __init__(
        self, app: ASGIApp, prefix: str, serve: Serve, on_error: OnError, headers: Headers = ()
    ) -> None:
        self.app = app
        self.prefix = prefix
        self.serve = serve
        self.on_error = on_error
        self.headers = list(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_below(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            reads = scope["method"] in ("GET", "HEAD", "DELETE")
            request = read_request(scope, self.prefix, b"" if reads else await read_body(receive))
            scope["odata"] = request  # for whoever looks at what failed
            service, remote = self.serve(scope)
            if remote:
                answer = await to_thread.run_sync(service.respond, request)
            else:
                answer = service.respond(request)
        except Exception as error:  # every way to fail ends in an answer
            failure = self.on_error(WebRequest(scope), error)
            failure.raw_headers += self.headers
            await failure(scope, receive, send)
            return
        await self._send(answer, scope, send)

    def _is_below(self, path: str) -> bool:
        start = path[: len(self.prefix) + 1].lower()
        return start == self.prefix or start == self.prefix + "/"

    async def _send(self, answer: Response, scope: Scope, send: Send) -> None:
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        headers += self.headers
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises BadRequest for one that is too large or was broken off."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The request ended before its body did.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise BadRequest(f"The request body is larger than {LARGEST_BODY} bytes.")
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def read_request(scope: Scope, prefix: str, body: bytes) -> Request:
    """A request of the server → the engine's own."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host") or "{}:{}".format(*(scope.get("server") or ("localhost", 80)))
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method="GET" if scope["method"] == "HEAD" else scope["method"],
        # Still percent-encoded, so that `%2F` in a key stays the key's.
        path=raw.decode("latin-1")[len(prefix) :],
        query=scope["query_string"].decode("latin-1"),
        base=f"{scope['scheme']}://{host}{scope.get('root_path', '')}{prefix}/",
        headers=headers,
        body=body,
    )
