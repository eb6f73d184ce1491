"""The web edge of the engine: one door for the whole service, and its OpenAPI paths.

The only file of `odata/` that imports the web framework. The door stands before the framework's
router: it reads a path once and hands the request to the pipeline; everything that is not OData
is passed on.
"""

from collections.abc import Callable, Sequence
from typing import Any

from anyio import to_thread
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from concertmaster.odata.errors import BadRequest
from concertmaster.odata.model import EntitySet
from concertmaster.odata.operations import KINDS
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
    """The whole body. Raises BadRequest for one that is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
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


# --- OpenAPI --------------------------------------------------------------------------------

_VERBS = {kind: method.lower() for method, kind in KINDS.items()}
_QUERY = (
    ("$filter", "string"), ("$orderby", "string"), ("$select", "string"), ("$expand", "string"),
    ("$top", "integer"), ("$skip", "integer"), ("$count", "boolean"),
)  # fmt: skip


def openapi_paths(service: Service, prefix: str) -> dict[str, Any]:
    """Paths of the OpenAPI document, made from the declarations when they are asked for."""
    paths: dict[str, Any] = {}
    for entity_set in service.model:
        _set_paths(paths, entity_set, prefix)
    for operation in service.operations.all:
        key = "({key})" if operation.on_entity else ""
        owner = f"/{operation.set_name}{key}" if operation.set_name else ""
        function = operation.kind != "action"
        inline = (
            ",".join(f"{p.wire}={{{p.wire}}}" for p in operation.parameters) if function else ""
        )
        shown = f"({inline})" if inline else ""
        path = f"{prefix}{owner}/{operation.qualified}{shown}"
        names = (["key"] if operation.on_entity else []) + (
            [p.wire for p in operation.parameters] if function else []
        )
        entry: dict[str, Any] = {
            "tags": [operation.set_name or "Operations"],
            "operationId": f"{operation.set_name}_{operation.name}",
            "summary": operation.doc.split("\n")[0],
            "parameters": [_parameter(name, "path", "string") for name in names],
            "responses": {str(operation.status or 200): {"description": "Done."}},
        }
        if not function and operation.parameters:
            properties = {
                p.wire: p.adapter.json_schema(ref_template="#/components/schemas/{model}")
                for p in operation.parameters
            }
            for schema in properties.values():
                schema.pop("$defs", None)
            entry["requestBody"] = {
                "content": {"application/json": {"schema": {"type": "object", "properties": {
                    name: {"title": schema.get("title", name), "type": schema.get("type", "object")}
                    for name, schema in properties.items()
                }}}}
            }  # fmt: skip
        paths.setdefault(path, {})[_VERBS[operation.kind]] = entry
    return paths


def _set_paths(paths: dict[str, Any], entity_set: EntitySet, prefix: str) -> None:
    name = entity_set.name
    many, one = f"{prefix}/{name}", f"{prefix}/{name}({{key}})"
    for method in sorted(entity_set.declaration.methods):
        collection = method == "POST"
        verbs = (
            [(many, "get"), (one, "get")]
            if method == "GET"
            else [(many if collection else one, method.lower())]
        )
        for path, verb in verbs:
            parameters = [] if path == many else [_parameter("key", "path", "string")]
            if verb == "get":
                wanted = _QUERY if path == many else _QUERY[2:4]
                parameters += [_parameter(option, "query", kind) for option, kind in wanted]
            suffix = "ById" if path == one else ""
            entry: dict[str, Any] = {
                "tags": [name],
                "operationId": f"{name}_{verb.capitalize()}{suffix}",
                "summary": entity_set.type.doc.split("\n")[0],
                "parameters": parameters,
                "responses": {"201" if collection else "200": {"description": "Done."}},
            }
            if verb in ("post", "put", "patch"):
                entry["requestBody"] = {
                    "content": {"application/json": {"schema": {"type": "object"}}}
                }
            paths.setdefault(path, {})[verb] = entry


def _parameter(name: str, where: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": kind}}
