"""The web edge of the engine: one route for the whole service, and its OpenAPI paths.

The only file of `odata/` that imports the web framework. The route reads the path once and
hands the request to the pipeline; FastAPI's own routes are for everything that is not OData.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from concertmaster.odata.model import EntitySet
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.service import Service

#: Whether a request's statements would keep the event loop waiting for another machine.
Remote = Callable[[WebRequest], bool]
#: What the application does when the pipeline raises.
OnError = Callable[[WebRequest, Request, Exception], Awaitable[Response] | Response]


class ODataRoute(BaseRoute):
    """Everything below a prefix, answered by a service."""

    def __init__(
        self, prefix: str, service: Callable[[WebRequest], Service], *, remote: Remote
    ) -> None:
        self.prefix = prefix
        self.service = service
        self.remote = remote

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"][: len(self.prefix) + 1].lower()
        found = path in (self.prefix, self.prefix + "/")
        return (Match.FULL if found else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        from starlette.routing import NoMatchFound

        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        web = WebRequest(scope, receive)
        body = b"" if web.method in ("GET", "DELETE", "HEAD") else await web.body()
        request = read_request(web, self.prefix, body)
        service = self.service(web)
        if self.remote(web):
            answer = await to_thread.run_sync(service.respond, request)
        else:
            answer = service.respond(request)
        await write_response(answer, web.method)(scope, receive, send)


def read_request(web: WebRequest, prefix: str, body: bytes) -> Request:
    """A request of the web framework → the engine's own."""
    scope = web.scope
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    host = headers.get("host") or "{}:{}".format(*(scope.get("server") or ("localhost", 80)))
    root = f"{scope['scheme']}://{host}{scope.get('root_path', '')}"
    return Request(
        method="GET" if web.method == "HEAD" else web.method,
        path=raw_path(scope)[len(prefix) :],
        query=scope["query_string"].decode("latin-1"),
        base=f"{root}{prefix}/",
        headers=headers,
        body=body,
    )


def raw_path(scope: Scope) -> str:
    """The path below the root, still percent-encoded, so that `%2F` in a key stays a key's."""
    raw = scope.get("raw_path")
    path: str = raw.decode("latin-1") if raw else scope["path"]
    return path[len(scope.get("state", {}).get("raw_prefix", "")) :]


def write_response(answer: Response, method: str = "GET") -> WebResponse:
    web = WebResponse(b"" if method == "HEAD" else answer.body, answer.status)
    for name, value in answer.headers.items():
        web.headers[name] = value
    return web


# --- OpenAPI --------------------------------------------------------------------------------

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
        function = operation.kind == "function"
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
        paths.setdefault(path, {})["get" if function else "post"] = entry
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
