"""The web edge of the engine: one door for the whole service.

The only file of `odata/` that imports the web framework. The door stands before the framework's
router: it reads a path once and hands the request to the pipeline; everything that is not OData
is passed on.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

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
#: A form may bring files of 300 MB and more.
LARGEST_FORM = 2 * 1024**3
#: What is larger goes to the disk (bytes).
SPOOLED = 1024 * 1024
#: Bytes of a file that are read and sent at a time.
PIECE = 256 * 1024


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
            answer = await self._answer(scope, receive)
        except Exception as error:  # every way to fail ends in an answer
            failure = self.on_error(WebRequest(scope), error)
            failure.raw_headers += self.headers
            await failure(scope, receive, send)
            return
        await self._send(answer, scope, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] in ("GET", "HEAD", "DELETE"):
            request = read_request(scope, self.prefix, b"")
        elif is_form(scope):
            with await spool(receive) as form:
                request = read_request(scope, self.prefix, b"", form)
                scope["odata"] = request
                # What is done with a large file would keep the loop waiting.
                return await to_thread.run_sync(self.serve(scope)[0].respond, request)
        else:
            request = read_request(scope, self.prefix, await read_body(receive))
        scope["odata"] = request  # for whoever looks at what failed
        service, remote = self.serve(scope)
        if remote:
            return await to_thread.run_sync(service.respond, request)
        request.promises = []
        answer = service.respond(request)
        for promise in request.promises:
            await promise
        return answer

    def _is_below(self, path: str) -> bool:
        start = path[: len(self.prefix) + 1].lower()
        return start == self.prefix or start == self.prefix + "/"

    async def _send(self, answer: Response, scope: Scope, send: Send) -> None:
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        size = answer.file.size if answer.file else len(answer.body)
        headers.append((b"content-length", str(size).encode()))
        headers += self.headers
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.file:
            with answer.file.content as content:
                while scope["method"] != "HEAD" and (
                    piece := await to_thread.run_sync(content.read, PIECE)
                ):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": body})


def is_form(scope: Scope) -> bool:
    """Whether the body is a form, which may bring files."""
    kinds = (value for name, value in scope["headers"] if name == b"content-type")
    return any(kind.lower().startswith(b"multipart/form-data") for kind in kinds)


async def spool(receive: Receive) -> BinaryIO:
    """The whole body as a file, on the disk where it is large.

    Raises BadRequest for one that is too large or was broken off.
    """
    file = SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - closed by who asked for it
    try:
        async for part in _parts(receive, LARGEST_FORM):
            file.write(part)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return cast("BinaryIO", file)


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises BadRequest for one that is too large or was broken off."""
    body, more = await _part(receive, LARGEST_BODY)
    if not more:  # as most bodies come
        return body
    return b"".join([body, *[part async for part in _parts(receive, LARGEST_BODY, len(body))]])


async def _parts(receive: Receive, most: int, size: int = 0) -> AsyncIterator[bytes]:
    """What is left of a body of which so many bytes have come."""
    more = True
    while more:
        part, more = await _part(receive, most, size)
        size += len(part)
        yield part


async def _part(receive: Receive, most: int, before: int = 0) -> tuple[bytes, bool]:
    """A piece of the body, after so many bytes of it, and whether there are more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise BadRequest("The request ended before its body did.")
    part: bytes = message.get("body", b"")
    if before + len(part) > most:
        raise BadRequest(f"The request body is larger than {most} bytes.")
    return part, message.get("more_body", False)


def read_request(scope: Scope, prefix: str, body: bytes, form: BinaryIO | None = None) -> Request:
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
        form=form,
    )
