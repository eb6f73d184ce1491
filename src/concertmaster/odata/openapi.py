"""The OpenAPI paths of a model and its operations, made from the declarations when asked for."""

from typing import Any

from concertmaster.odata.model import EntitySet, Model
from concertmaster.odata.operations import KINDS, Operations

_VERBS = {kind: method.lower() for method, kind in KINDS.items()}
_QUERY = (
    ("$filter", "string"), ("$orderby", "string"), ("$select", "string"), ("$expand", "string"),
    ("$top", "integer"), ("$skip", "integer"), ("$count", "boolean"),
)  # fmt: skip


def openapi_paths(model: Model, operations: Operations, prefix: str) -> dict[str, Any]:
    """Every set and operation below a prefix, as paths of an OpenAPI 3 document."""
    paths: dict[str, Any] = {}
    for entity_set in model:
        _set_paths(paths, entity_set, prefix)
    for operation in operations.all:
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
