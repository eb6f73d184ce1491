"""Operations: arguments bound, the function called, its result turned into an answer."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from concertmaster.odata import response
from concertmaster.odata.changing import Changing
from concertmaster.odata.declare import Guid
from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.host import Call
from concertmaster.odata.operations import (
    Body,
    Nothing,
    Operation,
    body_arguments,
    inline_arguments,
    read_literal,
)
from concertmaster.odata.reading import Reading
from concertmaster.odata.request import Request, split_list
from concertmaster.odata.response import Response
from concertmaster.odata.selection import Complex, Extended, Selection, Values
from concertmaster.odata.target import Target


class Calling:
    """The operations of a service."""

    def __init__(self, reading: Reading, changing: Changing) -> None:
        self.reading = reading
        self.changing = changing

    def call(self, call: Call, target: Target, request: Request) -> Response:
        operation: Operation = target.operation  # type: ignore[assignment]
        aliases = request.options.aliases
        if operation.kind in ("action", "replacement"):
            reads_json = operation.parameters and not operation.body
            arguments = body_arguments(request) if reads_json else {}
            arguments = {**request.options.custom, **arguments}
        else:
            arguments = {**request.options.custom, **aliases_by_name(aliases)}
        arguments.update(inline_arguments(target.argument, aliases))
        bound = operation.bind(arguments, strict=self.reading.behaviour.strict)
        if operation.body:
            content = request.form or io.BytesIO(request.body)
            bound[operation.body] = Body(content, request.headers.get("content-type", ""))
        if operation.rows:
            bound[operation.rows] = _Rows(self.changing, call)
        if operation.options:
            bound[operation.options] = request.options
            request = replace(request, query="")  # they were the operation's, not its answer's
        leading = [call, self._bound_key(target)] if operation.on_entity else [call]
        result = operation.run(*leading, **bound)
        if operation.kind != "function":
            key = leading[1] if operation.on_entity else None
            self.reading.host.acted(call, operation, key, bound, result)
        return self.answer(call, operation, result, request)

    def _bound_key(self, target: Target) -> Any:
        """The key of the entity an operation is bound to, as the database holds it."""
        assert target.key is not None
        if target.entity_set is None:
            return target.key
        return self.reading.key(target.entity_set.type, target.key)[1]

    def answer(self, call: Call, operation: Operation, result: Any, request: Request) -> Response:
        if isinstance(result, Response):
            return result
        status = operation.status or 200
        if result is None and operation.returns is not Nothing:
            return response.empty_response()
        if result is None or isinstance(result, Nothing):
            return response.json_response({}, status=status)
        if isinstance(result, Selection):
            entity_set = self.reading.set_of(result.cls)
            if result.single is not None:
                return self.reading.single(call, entity_set, request, result, status)
            return self.reading.many(call, entity_set, request, narrowed=result)
        if isinstance(result, Complex):
            context = f"{request.base}$metadata#{result.type_name}"
            return response.json_response(
                {"@odata.context": context, **result.members}, status=status
            )
        if isinstance(result, Values):
            return self._values(result, request, status)
        if isinstance(result, Extended):
            return self._extended(call, result, request, status)
        if isinstance(result, list):
            return self.reading.entities(call, result, request, status=status, operation=operation)
        if type(result) in self.reading.model.types:
            return self.reading.entities(call, [result], request, single=True, status=status)
        edm = {bool: "Edm.Boolean", int: "Edm.Int64", str: "Edm.String"}[type(result)]
        edm = "Edm.Guid" if operation.returns == Guid else edm
        context = f"{request.base}$metadata#{edm}"
        return response.json_response({"@odata.context": context, "value": result}, status=status)

    def _values(self, result: Values, request: Request, status: int) -> Response:
        options = request.options
        for name in ("$filter", "$orderby", "$expand"):
            if options.get(name):
                raise InvalidQuery(
                    f"The query option '{name}' does not apply to values without a key."
                )
        top, skip = self.reading.page(request)
        count = len(result.items) if self.reading.wants_count(options.flag("$count")) else None
        items = list(result.items[skip : skip + top])
        if chosen := options.get("$select"):
            wanted = {name.strip().lower() for name in chosen.split(",")}
            items = [{k: v for k, v in item.items() if k.lower() in wanted} for item in items]
        context = f"{request.base}$metadata#Collection({result.type_name})"
        return response.json_response(
            response.collection(context, items, count=count), status=status
        )

    def _extended(self, call: Call, result: Extended, request: Request, status: int) -> Response:
        system, members = dict(request.options.system), result.members
        known = {name.lower() for name in members}
        chosen = [name.strip() for name in split_list(system.get("$select", "")) if name.strip()]
        for name in ("$select", "$expand"):
            kept = [i for i in split_list(system.pop(name, "")) if i and i.lower() not in known]
            if kept:
                system[name] = ",".join(kept)
        if chosen and "*" not in chosen:
            members = {k: v for k, v in members.items() if k.lower() in map(str.lower, chosen)}
        entity_set = self.reading.set_of(type(result.entity))
        if chosen and "$select" not in system:
            context = f"{request.base}$metadata#{entity_set.name}({','.join(members)})/$entity"
            return response.json_response({"@odata.context": context, **members}, status=status)
        asked = replace(request, query=urlencode(system, quote_via=quote))
        answered = self.reading.entities(call, [result.entity], asked, single=True, status=status)
        item = {**orjson.loads(answered.body), **members}
        return response.json_response(item, status=status)


@dataclass(frozen=True)
class _Rows:
    """Rows made and changed for a call."""

    changing: Changing
    call: Call

    def create(self, cls: type[Any], payload: Mapping[str, Any]) -> Any:
        return self.changing.create(self.call, cls, payload)

    def replace(self, entity: Any, payload: Mapping[str, Any]) -> None:
        self.changing.change(self.call, entity, payload, replaced=True)


def aliases_by_name(aliases: Mapping[str, str]) -> dict[str, Any]:
    """Implicit aliases: `?@key='x'` gives the parameter `key` (4.01 part 2, 5.3)."""
    return {name[1:]: read_literal(value, {}) for name, value in aliases.items()}
