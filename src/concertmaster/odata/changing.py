"""Changes: POST, PUT, PATCH and DELETE of one entity, with the hooks around them."""

from collections.abc import Mapping
from typing import Any

import orjson

from concertmaster.odata import response, write
from concertmaster.odata.checks import check_rows
from concertmaster.odata.host import Behaviour, Call, Host
from concertmaster.odata.inserting import new_entity, stands_alone
from concertmaster.odata.operations import read_object
from concertmaster.odata.reading import Reading
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.target import Target
from concertmaster.odata.write import Hooks


class Changing:
    """The changes of a service."""

    def __init__(self, host: Host, hooks: Hooks, behaviour: Behaviour, reading: Reading) -> None:
        self.host = host
        self.hooks = hooks
        self.behaviour = behaviour
        self.reading = reading

    def post(self, call: Call, target: Target, request: Request) -> Response:
        entity_set = target.entity_set
        assert entity_set
        cls = entity_set.type.cls
        entity, change = self._made(call, cls, read_object(request.body))
        if self.hooks.none("after_create", cls) and stands_alone(entity):
            answer = self.reading.inserted(call, entity_set, entity, request)
            self.hooks.run("created", cls, call, entity, change)
            self.host.created(call, entity, change)
        else:
            self._add(call, entity, change)
            answer = self.reading.entities(call, [entity], request, single=True, status=201)
        if request.preferences.representation is not False:
            return answer
        location = answer.headers["location"]
        headers = {
            "location": location,
            "odata-entityid": location,
            "preference-applied": "return=minimal",
        }
        return response.empty_response(headers=headers)

    def create(self, call: Call, cls: type[Any], payload: Mapping[str, Any]) -> Any:
        """Make a row of a payload, with everything that must hold around it."""
        entity, change = self._made(call, cls, payload)
        self._add(call, entity, change)
        return entity

    def _made(
        self, call: Call, cls: type[Any], payload: Mapping[str, Any]
    ) -> tuple[Any, write.Change]:
        """An entity that may be stored: no rule and no other row speaks against it."""
        entity_type = self.reading.set_of(cls).type
        change = write.read_change(entity_type, payload, create=True, strict=self.behaviour.strict)
        entity = new_entity(cls, change.values)
        self.host.prepare(call, entity)
        self.hooks.run("before_create", cls, call, entity, change)
        check_rows(call.connection, entity_type, entity)
        return entity, change

    def _add(self, call: Call, entity: Any, change: write.Change) -> None:
        call.session.add(entity)
        call.session.flush()
        self.hooks.run("created", type(entity), call, entity, change)
        self.hooks.run("after_create", type(entity), call, entity, change)
        call.session.flush()
        self.host.created(call, entity, change)

    def put(self, call: Call, target: Target, request: Request) -> Response:
        return self._update(call, target, request, replaced=True)

    def patch(self, call: Call, target: Target, request: Request) -> Response:
        return self._update(call, target, request, replaced=False)

    def _update(self, call: Call, target: Target, request: Request, *, replaced: bool) -> Response:
        entity_set = target.entity_set
        assert entity_set and target.key is not None
        entity = self.reading.find(call, entity_set, target.key)
        write.check_version(entity_set.type, entity, request.headers.get("if-match"))
        self.change(call, entity, read_object(request.body), replaced=replaced)
        if request.preferences.representation:
            return self.reading.entities(call, [entity], request, single=True)
        if self.behaviour.updated_body is None:
            return response.empty_response()
        return response.json_response(orjson.Fragment(self.behaviour.updated_body))

    def change(
        self, call: Call, entity: Any, payload: Mapping[str, Any], *, replaced: bool
    ) -> None:
        """Apply a payload to a row, with everything that must hold around it."""
        cls = type(entity)
        entity_type = self.reading.set_of(cls).type
        change = write.read_change(
            entity_type, payload, create=False, replace=replaced, strict=self.behaviour.strict
        )
        self.hooks.run("before_update", cls, call, entity, change)
        with call.session.no_autoflush:
            write.update(entity, change)
            check_rows(call.connection, entity_type, entity)
            self.host.updating(call, entity, change)
        call.session.flush()
        self.hooks.run("after_update", cls, call, entity, change)

    def delete(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set and target.key is not None
        narrowed = self.reading.narrowed(call, target, request)
        seen = narrowed.conditions if narrowed else ()
        entity = self.reading.find(call, target.entity_set, target.key, seen)
        write.check_version(target.entity_set.type, entity, request.headers.get("if-match"))
        self.host.deleting(call, entity)  # first: a hook may take the row away by itself
        self.hooks.run("before_delete", target.entity_set.type.cls, call, entity)
        if entity in call.session:
            call.session.delete(entity)
            call.session.flush()
        return response.empty_response()
