"""The pipeline: a request goes in, an answer comes out; each step is a module of its own.

    routes → Service.respond → target (what the path names) → host.open (who asks, may they)
           → plan → query → response

A service knows a model, its operations and hooks, and a host: the application, which says who
may do what and in which session.
"""

import enum
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseList
from sqlalchemy.sql.util import ClauseAdapter

from concertmaster.odata import metadata, response, write
from concertmaster.odata.errors import InvalidQuery, MethodNotAllowed, NotFound
from concertmaster.odata.model import EntitySet, EntityType, Model, Navigation, Property
from concertmaster.odata.operations import (
    Nothing,
    Operation,
    Operations,
    body_arguments,
    inline_arguments,
    read_object,
)
from concertmaster.odata.plan import Asked, Limits, Plan, Planner, Restriction
from concertmaster.odata.query import Row, list_value, one_of, run
from concertmaster.odata.request import Request, split_list
from concertmaster.odata.response import Response
from concertmaster.odata.target import Target, resolve
from concertmaster.odata.values import reader
from concertmaster.odata.write import Hooks


class Call(Protocol):
    """What a request may use: made by the host, handed to operations and hooks."""

    @property
    def session(self) -> Session: ...
    @property
    def connection(self) -> sa.Connection: ...


class Host(Protocol):
    """The application behind a service."""

    def open(self, request: Request, target: Target) -> AbstractContextManager[Any]:
        """Admit the request or raise; commit when the block ends well, else roll back."""
        ...

    def restrict(self, call: Any, entity_type: EntityType) -> Restriction | None:
        """Which rows the call may see; None is all."""
        ...

    def prepare(self, call: Any, entity: Any) -> None:
        """Give a new row what it gets from its call."""
        ...


@dataclass(frozen=True)
class Behaviour:
    """Where services differ from one another."""

    limits: Limits = Limits()
    count_by_default: bool = False  #: `@odata.count` unless `$count=false`
    next_links: bool = True  #: page with `@odata.nextLink` instead of cutting silently
    context_expands: bool = True  #: name expansions in context URLs
    ignore_case: bool = True  #: compare strings without regard to ASCII case
    updated_body: bytes | None = None  #: what PUT and PATCH answer; None is 204


@dataclass(frozen=True)
class Selection:
    """Rows of a set, named by conditions: what a function returns to be queried further."""

    cls: type[Any]
    conditions: tuple[sa.ColumnElement[bool], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    context: str | None = None  #: what stands behind `#` in the context URL, if not the set
    single: Exception | None = None  #: answer one row, inline; this when there is none


def select(cls: type[Any], *conditions: Any, **words: Any) -> Selection:
    return Selection(cls, conditions, **words)


@dataclass(frozen=True)
class Complex:
    """A value without a key, answered with the name of its type."""

    type_name: str
    members: Mapping[str, Any]


@dataclass(frozen=True)
class Values:
    """A collection of values without keys: structured ones as mappings, or scalars.

    `$top`, `$skip`, `$count` and `$select` hold for it; what would search it is refused.
    """

    type_name: str
    items: Sequence[Any]


@dataclass(frozen=True)
class Extended:
    """An entity answered with members that its type does not declare."""

    entity: Any
    members: Mapping[str, Any]


class Service:
    """An OData service over a model."""

    def __init__(
        self,
        model: Model,
        host: Host,
        *,
        operations: Operations | None = None,
        hooks: Hooks | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.model = model
        self.host = host
        self.operations = operations or Operations((), model.namespace)
        self.hooks = hooks or Hooks(())
        self.behaviour = behaviour or Behaviour()
        self._planners: dict[str, Planner] = {}

    def respond(self, request: Request) -> Response:
        """The answer to a request.

        Raises:
            ODataError: the request cannot be answered; or what the host raises.
        """
        target = resolve(request, self.model, self.operations)
        if target.document:
            return self._document(target.document, request)
        with self.host.open(request, target) as call:
            if target.operation:
                return self._operation(call, target, request)
            return getattr(self, f"_{request.method.lower()}")(call, target, request)

    def planner(self, dialect: sa.Dialect) -> Planner:
        if dialect.name not in self._planners:
            self._planners[dialect.name] = Planner(
                self.model, dialect, limits=self.behaviour.limits,
                ignore_case=self.behaviour.ignore_case,
            )  # fmt: skip
        return self._planners[dialect.name]

    # --- documents ---------------------------------------------------------------------------

    def _document(self, document: str, request: Request) -> Response:
        if request.method != "GET":
            raise MethodNotAllowed("The requested resource does not support this method.", allow="GET")
        if document == "$metadata":
            return metadata.csdl_response(self.model, self.operations)
        return metadata.service_document(self.model, request.base)

    # --- reading -----------------------------------------------------------------------------

    def _get(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set
        if target.key is not None:
            if target.navigation:
                return self._navigate(call, target, request)
            return self._get_one(call, target, request)
        return self._get_many(
            call, target.entity_set, request, only_count=target.count,
            narrowed=self._narrowed(call, target, request),
        )  # fmt: skip

    def _narrowed(self, call: Call, target: Target, request: Request) -> Selection | None:
        """What the application's `before_read` hooks leave of a set; they may refuse altogether."""
        assert target.entity_set
        cls = target.entity_set.type.cls
        found = self.hooks.run("before_read", cls, call, target, request)
        conditions = tuple(condition for some in found for condition in some or ())
        return Selection(cls, conditions) if conditions else None

    def _get_many(
        self,
        call: Call,
        entity_set: EntitySet,
        request: Request,
        *,
        narrowed: Selection | None = None,
        only_count: bool = False,
    ) -> Response:
        options = request.options
        top, skip = self._page(request)
        count = only_count or self._wants_count(options.flag("$count"))
        asked = Asked(
            entity_set, options=options.system, aliases=options.aliases, top=True, skip=skip > 0,
            rows=not only_count, count=count,
            restriction=_both(self.host.restrict(call, entity_set.type), _restriction(entity_set, narrowed)),
        )  # fmt: skip
        plan, values = self._plan(call, asked)
        total = run(call.connection, plan.count, values)[0][0] if plan.count else None
        if only_count:
            return response.text_response(str(total))
        fetched, next_link = top, None
        if self.behaviour.next_links and top and self._cuts(request, top):
            fetched = top + 1
        rows = run(call.connection, plan.rows, {**values, "o_top": fetched, "o_skip": skip})  # type: ignore[arg-type]
        if fetched > top and len(rows) > top:
            rows, next_link = rows[:top], self._next_link(request, skip, top)
        items = self._written(plan, rows, call.connection)
        context = None
        if _metadata_level(request) != "none":
            name = narrowed.context if narrowed and narrowed.context else entity_set.name
            context = f"{request.base}$metadata#{name}{self._context(plan)}"
        return response.json_response(
            response.collection(context, items, count=total, next_link=next_link),
            metadata=_metadata_level(request),
        )

    def _get_one(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set and target.key is not None
        narrowed = self._narrowed(call, target, request)
        item, plan, row = self._read_one(call, target.entity_set, target.key, request, narrowed)
        if target.property:
            return _property_response(item, target, request)
        version = target.entity_set.type.version
        headers = {}
        if version is not None and version.name in item:
            headers["etag"] = f'W/"{item[version.name]}"'
        return self._entity_response(target.entity_set, item, plan, request, headers=headers)

    def _read_one(
        self,
        call: Call,
        entity_set: EntitySet,
        key: str,
        request: Request,
        narrowed: Selection | None,
    ) -> tuple[dict[str, Any], Plan, Row]:
        _no_collection_options(request)
        prop, value = self._key(entity_set.type, key)
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        asked = Asked(
            entity_set, by_key=prop.attribute, options=options,
            restriction=_both(self.host.restrict(call, entity_set.type), _restriction(entity_set, narrowed)),
        )  # fmt: skip
        plan, values = self._plan(call, asked)
        rows = run(call.connection, plan.rows, {**values, "k_key": value})  # type: ignore[arg-type]
        if not rows:
            raise no_such_row(entity_set.type)
        return self._written(plan, rows[:1], call.connection)[0], plan, rows[0]

    def _get_single(
        self, call: Call, entity_set: EntitySet, request: Request, narrowed: Selection, status: int
    ) -> Response:
        """The one row that a function selects."""
        assert narrowed.single is not None
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        restriction = _both(
            self.host.restrict(call, entity_set.type), _restriction(entity_set, narrowed)
        )
        plan, values = self._plan(
            call, Asked(entity_set, options=options, restriction=restriction)
        )
        rows = run(call.connection, plan.rows, values)  # type: ignore[arg-type]
        if not rows:
            raise narrowed.single
        item = self._written(plan, rows[:1], call.connection)[0]
        return self._entity_response(entity_set, item, plan, request, status=status)

    def _entity_response(
        self,
        entity_set: EntitySet,
        item: Mapping[str, Any],
        plan: Plan,
        request: Request,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        if _metadata_level(request) != "none":
            context = f"{request.base}$metadata#{entity_set.name}{self._context(plan)}/$entity"
            item = {"@odata.context": context, **item}
        return response.json_response(
            item, status=status, metadata=_metadata_level(request), headers=headers
        )

    def _navigate(self, call: Call, target: Target, request: Request) -> Response:
        """`Set(key)/Navigation`: the rows on the other side."""
        assert target.entity_set and target.key is not None and target.navigation
        navigation: Navigation = target.navigation
        narrowed = self._narrowed(call, target, request)
        entity = self._find(
            call, target.entity_set, target.key, narrowed.conditions if narrowed else ()
        )
        related_set = self.model.set_of(navigation.target)
        if related_set is None:
            raise NotFound("The requested resource was not found.", type=navigation.target)
        related = getattr(entity, navigation.attribute)
        key = navigation.target.cls.__mapper__.primary_key[0]
        attribute = navigation.target.cls.__mapper__.get_property_by_column(key).key
        if navigation.collection:
            wanted = [getattr(item, attribute) for item in related]
            narrowed = Selection(navigation.target.cls, (key.in_(wanted),))
            return self._get_many(call, related_set, request, narrowed=narrowed, only_count=target.count)
        if related is None:
            return response.empty_response()
        return self._answer_entities(call, [related], request, single=True)

    # --- writing -----------------------------------------------------------------------------

    def _post(self, call: Call, target: Target, request: Request) -> Response:
        entity_set = target.entity_set
        assert entity_set
        change = write.read_change(entity_set.type, read_object(request.body), create=True)
        entity = self.create(call, change)
        key = getattr(entity, entity_set.type.key.attribute)
        location = f"{request.base}{entity_set.name}({_key_text(entity_set.type.key, key)})"
        if request.preferences.representation is False:
            headers = {"location": location, "odata-entityid": location, "preference-applied": "return=minimal"}
            return response.empty_response(headers=headers)
        return self._answer_entities(
            call, [entity], request, single=True, status=201, headers={"location": location}
        )

    def create(self, call: Call, change: write.Change) -> Any:
        """Make a row of a change, with everything that must hold around it."""
        entity = change.type.cls(**change.values)
        self.host.prepare(call, entity)
        self.hooks.run("before_create", change.type.cls, call, entity, change)
        with call.session.no_autoflush:
            write.check_references(call.session, change.type, entity)
            write.check_unique(call.session, change.type, entity)
        call.session.add(entity)
        call.session.flush()
        self.hooks.run("after_create", change.type.cls, call, entity, change)
        call.session.flush()
        return entity

    def _put(self, call: Call, target: Target, request: Request) -> Response:
        return self._update(call, target, request, replaced=True)

    def _patch(self, call: Call, target: Target, request: Request) -> Response:
        return self._update(call, target, request, replaced=False)

    def _update(self, call: Call, target: Target, request: Request, *, replaced: bool) -> Response:
        entity_set = target.entity_set
        assert entity_set and target.key is not None
        entity = self._find(call, entity_set, target.key)
        write.check_version(entity_set.type, entity, request.headers.get("if-match"))
        change = write.read_change(
            entity_set.type, read_object(request.body), create=False, replace=replaced
        )
        self.hooks.run("before_update", entity_set.type.cls, call, entity, change)
        with call.session.no_autoflush:
            write.update(call.session, entity, change)
            write.check_references(call.session, entity_set.type, entity)
            write.check_unique(call.session, entity_set.type, entity)
        call.session.flush()
        self.hooks.run("after_update", entity_set.type.cls, call, entity, change)
        if request.preferences.representation:
            return self._answer_entities(call, [entity], request, single=True)
        if self.behaviour.updated_body is None:
            return response.empty_response()
        return response.json_response(response.orjson.Fragment(self.behaviour.updated_body))

    def _delete(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set and target.key is not None
        entity = self._find(call, target.entity_set, target.key)
        write.check_version(target.entity_set.type, entity, request.headers.get("if-match"))
        self.hooks.run("before_delete", target.entity_set.type.cls, call, entity)
        if entity in call.session:
            call.session.delete(entity)
            call.session.flush()
        return response.empty_response()

    # --- operations --------------------------------------------------------------------------

    def _operation(self, call: Call, target: Target, request: Request) -> Response:
        operation: Operation = target.operation  # type: ignore[assignment]
        aliases = request.options.aliases
        if operation.kind == "action":
            arguments = body_arguments(request) if operation.parameters else {}
            arguments = {**request.options.custom, **arguments}
        else:
            arguments = {**request.options.custom, **aliases_by_name(aliases)}
            arguments.update(inline_arguments(target.argument, aliases))
        bound = operation.bind(arguments, strings=operation.kind == "function")
        if operation.options:
            bound[operation.options] = request.options
        leading = [call, self._bound_key(target)] if operation.on_entity else [call]
        return self._answer(call, operation, operation.run(*leading, **bound), request)

    def _bound_key(self, target: Target) -> Any:
        """The key of the entity an operation is bound to, as the database holds it."""
        assert target.key is not None
        if target.entity_set is None:
            return target.key
        return self._key(target.entity_set.type, target.key)[1]

    def _answer(self, call: Call, operation: Operation, result: Any, request: Request) -> Response:
        if isinstance(result, Response):
            return result
        status = operation.status or 200
        if result is None and operation.returns is not Nothing:
            return response.empty_response()
        if result is None or isinstance(result, Nothing):
            return response.json_response({}, status=status)
        if isinstance(result, Selection):
            entity_set = self._set_of(result.cls)
            if result.single is not None:
                return self._get_single(call, entity_set, request, result, status)
            return self._get_many(call, entity_set, request, narrowed=result)
        if isinstance(result, Complex):
            context = f"{request.base}$metadata#{result.type_name}"
            return response.json_response({"@odata.context": context, **result.members}, status=status)
        if isinstance(result, Values):
            return self._answer_values(result, request, status)
        if isinstance(result, Extended):
            return self._answer_extended(call, result, request, status)
        if isinstance(result, list):
            return self._answer_entities(call, result, request, status=status, operation=operation)
        if type(result) in self.model.types:
            return self._answer_entities(call, [result], request, single=True, status=status)
        edm = {bool: "Edm.Boolean", int: "Edm.Int64", str: "Edm.String"}[type(result)]
        context = f"{request.base}$metadata#{edm}"
        return response.json_response({"@odata.context": context, "value": result}, status=status)

    def _answer_values(self, result: Values, request: Request, status: int) -> Response:
        options = request.options
        for name in ("$filter", "$orderby", "$expand"):
            if options.get(name):
                raise InvalidQuery(f"The query option '{name}' does not apply to values without a key.")
        top, skip = self._page(request)
        count = len(result.items) if self._wants_count(options.flag("$count")) else None
        items = list(result.items[skip : skip + top])
        if chosen := options.get("$select"):
            wanted = {name.strip().lower() for name in chosen.split(",")}
            items = [{k: v for k, v in item.items() if k.lower() in wanted} for item in items]
        context = f"{request.base}$metadata#Collection({result.type_name})"
        return response.json_response(response.collection(context, items, count=count), status=status)

    def _answer_extended(
        self, call: Call, result: Extended, request: Request, status: int
    ) -> Response:
        system, members = dict(request.options.system), result.members
        known = {name.lower() for name in members}
        chosen = [name.strip() for name in split_list(system.get("$select", "")) if name.strip()]
        for name in ("$select", "$expand"):
            kept = [i for i in split_list(system.pop(name, "")) if i and i.lower() not in known]
            if kept:
                system[name] = ",".join(kept)
        if chosen and "*" not in chosen:
            members = {k: v for k, v in members.items() if k.lower() in map(str.lower, chosen)}
        entity_set = self._set_of(type(result.entity))
        if chosen and "$select" not in system:
            context = f"{request.base}$metadata#{entity_set.name}({','.join(members)})/$entity"
            return response.json_response({"@odata.context": context, **members}, status=status)
        asked = replace(request, query="")
        asked.__dict__["options"] = replace(request.options, system=system)
        answered = self._answer_entities(call, [result.entity], asked, single=True, status=status)
        item = {**response.orjson.loads(answered.body), **members}
        return response.json_response(item, status=status)

    def _answer_entities(
        self,
        call: Call,
        entities: Sequence[Any],
        request: Request,
        *,
        single: bool = False,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        operation: Operation | None = None,
    ) -> Response:
        """Entities that an operation made or changed, read back through the ordinary pipeline."""
        entity_set = self._set_of(_class_of(entities, operation))
        key_attribute = _primary_attribute(entity_set.type)
        keys = [getattr(entity, key_attribute) for entity in entities]
        column = entity_set.type.cls.__mapper__.primary_key[0]
        dialect = call.connection.dialect.name
        restriction = Restriction(
            f"keys:{column.name}",
            lambda root: [one_of(root.c[column.name], "c_keys", dialect)],
            {"c_keys": list_value(keys, dialect)},
        )
        call.session.flush()
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        plan, values = self._plan(call, Asked(entity_set, options=options, restriction=restriction))
        rows = run(call.connection, plan.rows, values)  # type: ignore[arg-type]
        items = self._written(plan, rows, call.connection)
        items.sort(key=_position(keys, entity_set.type, entities, items))
        if single:
            return self._entity_response(
                entity_set, items[0], plan, request, status=status, headers=headers
            )
        context = f"{request.base}$metadata#{entity_set.name}{self._context(plan)}"
        return response.json_response(response.collection(context, items), status=status)

    # --- shared steps ------------------------------------------------------------------------

    def _plan(self, call: Call, asked: Asked) -> tuple[Plan, dict[str, Any]]:
        return self.planner(call.connection.dialect).plan(asked)

    def _written(
        self, plan: Plan, rows: Sequence[Row], connection: sa.Connection
    ) -> list[dict[str, Any]]:
        items = response.objects(plan.node, rows)
        response.expand(plan.node, rows, items, connection)
        return items

    def _context(self, plan: Plan) -> str:
        return response.context_of(plan.node, with_expands=self.behaviour.context_expands)

    def _set_of(self, cls: type[Any]) -> EntitySet:
        entity_type = self.model.type_of(cls)
        return self.model.set_of(entity_type) or EntitySet(
            f"Collection({entity_type.qualified})", entity_type
        )

    def _find(
        self, call: Call, entity_set: EntitySet, key: str, narrowed: Sequence[Any] = ()
    ) -> Any:
        """The row itself, for a change; NotFound where the caller cannot see it."""
        prop, value = self._key(entity_set.type, key)
        root = entity_set.type.table.alias("r")
        statement = sa.select(entity_set.type.cls).where(prop.column == value, *narrowed)
        restriction = self.host.restrict(call, entity_set.type)
        if restriction:
            adapter = ClauseAdapter(entity_set.type.table)
            conditions = [adapter.traverse(_back(c, root, entity_set.type.table)) for c in restriction.conditions(root)]
            statement = statement.where(*conditions).params(restriction.values)
        entity = call.session.scalars(statement.limit(1)).first()
        if entity is None:
            raise no_such_row(entity_set.type)
        return entity

    def _key(self, entity_type: EntityType, text: str) -> tuple[Property, Any]:
        """Which property a key names, and its stored value; `5`, `'a'`, `Id=5`, a GUID."""
        prop = entity_type.key
        name, equals, value = text.partition("=")
        if equals and "'" not in name:
            found = entity_type.find(name.strip())
            if not isinstance(found, Property):
                raise NotFound("The requested resource was not found.", type=entity_type)
            prop, text = found, value.strip()
        if len(text) >= 2 and text[0] == text[-1] == "'":
            text = text[1:-1].replace("''", "'")
        alternate = entity_type.declaration.host.get("alternate_key")
        for candidate in (prop, alternate and entity_type.properties[alternate]):
            try:
                if candidate:
                    return candidate, reader(candidate)(text)
            except ValueError:
                continue
        raise InvalidQuery(f"The key value '{text[:200]}' is not valid for {entity_type.name}.")

    def _wants_count(self, asked: bool | None) -> bool:
        return self.behaviour.count_by_default if asked is None else asked

    def _page(self, request: Request) -> tuple[int, int]:
        limits, options = self.behaviour.limits, request.options
        top, skip = options.number("$top"), options.number("$skip") or 0
        if top is not None and top > limits.top:
            raise InvalidQuery(
                f"The limit of '{limits.top}' for Top query has been exceeded. "
                f"The value from the incoming request is '{top}'."
            )
        page = min(request.preferences.max_page_size or limits.page, limits.page)
        return (page if top is None else min(top, page)), skip

    def _cuts(self, request: Request, top: int) -> bool:
        """Whether the page size, not the client's own `$top`, ends this page."""
        asked = request.options.number("$top")
        return asked is None or asked > top

    def _next_link(self, request: Request, skip: int, top: int) -> str:
        from urllib.parse import quote, urlencode

        options = {**request.options.system, **request.options.aliases, **request.options.custom}
        options["$skip"] = str(skip + top)
        if "$top" in options:
            options["$top"] = str(int(options["$top"]) - top)
        path = "/".join(part for part in request.path.strip("/").split("/"))
        return f"{request.base}{path}?{urlencode(options, safe='$@,()/:', quote_via=quote)}"


def no_such_row(entity_type: EntityType) -> NotFound:
    return NotFound(f"{entity_type.cls.__name__} does not exist.", type=entity_type)


def aliases_by_name(aliases: Mapping[str, str]) -> dict[str, Any]:
    """Implicit aliases: `?@key='x'` gives the parameter `key` (4.01 part 2, 5.3)."""
    from concertmaster.odata.operations import read_literal

    return {name[1:]: read_literal(value, {}) for name, value in aliases.items()}


def _restriction(entity_set: EntitySet, selection: Selection | None) -> Restriction | None:
    """A selection's conditions with their values cut out, so that they share plans."""
    if selection is None or not selection.conditions:
        return None
    values: dict[str, Any] = dict(selection.values)

    def parameter(value: Any, kind: Any) -> sa.BindParameter[Any]:
        name = f"c_{len(values)}"
        values[name] = int(value) if isinstance(value, enum.IntEnum) else value
        return sa.bindparam(name, type_=kind)

    def cut(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.BindParameter) or element.value is None:
            return None
        if not element.expanding:
            return parameter(element.value, element.type)
        if not element.value:  # IN () is no SQL
            return sa.select(sa.null()).where(sa.false()).scalar_subquery()
        members = [parameter(value, element.type) for value in element.value]
        return ClauseList(*members).self_group()

    conditions = [visitors.replacement_traverse(c, {}, cut) for c in selection.conditions]
    return Restriction(
        " & ".join(str(condition) for condition in conditions),
        lambda root: [ClauseAdapter(root).traverse(condition) for condition in conditions],
        values,
    )


def _back(condition: Any, alias: sa.FromClause, table: sa.FromClause) -> Any:
    """A condition on an alias, said of the table itself."""

    def swap(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.ColumnClause) and element.table is alias:
            return table.c[element.name]
        return None

    return visitors.replacement_traverse(condition, {}, swap)


def _both(first: Restriction | None, second: Restriction | None) -> Restriction | None:
    if first is None or second is None:
        return first or second
    return replace(
        first,
        key=f"{first.key} & {second.key}",
        conditions=lambda root: [*first.conditions(root), *second.conditions(root)],
        values={**first.values, **second.values},
    )


def _primary_attribute(entity_type: EntityType) -> str:
    mapper = entity_type.cls.__mapper__
    return str(mapper.get_property_by_column(mapper.primary_key[0]).key)


def _position(
    keys: Sequence[Any], entity_type: EntityType, entities: Sequence[Any], items: Sequence[Any]
) -> Any:
    """Sort key that puts rows back into the order in which the operation returned them."""
    name = entity_type.key.name
    if not items or name not in items[0]:
        return lambda item: 0
    place = {getattr(entity, entity_type.key.attribute): i for i, entity in enumerate(entities)}
    return lambda item: place.get(item[name], 0)


def _class_of(entities: Sequence[Any], operation: Operation | None) -> type[Any]:
    if entities:
        return type(entities[0])
    import typing

    return typing.get_args(operation.returns)[0]  # type: ignore[union-attr,no-any-return]


def _key_text(prop: Property, value: Any) -> str:
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'" if prop.edm == "Edm.String" else str(value)


def _no_collection_options(request: Request) -> None:
    if request.options.system.keys() & {"$filter", "$orderby", "$count", "$skip", "$top"}:
        raise InvalidQuery(
            "The requested resource is not a collection. Query options $filter, $orderby, $count, "
            "$skip, and $top can be applied only on collections."
        )


def _property_response(item: Mapping[str, Any], target: Target, request: Request) -> Response:
    assert target.entity_set and target.property
    value = item[target.property.name]
    if value is None:
        return response.empty_response()
    if target.raw:
        return response.text_response(value if isinstance(value, str) else response.dumps(value).decode())
    context = f"{request.base}$metadata#{target.entity_set.name}({target.key})/{target.property.name}"
    return response.json_response({"@odata.context": context, "value": value})


def _metadata_level(request: Request) -> str:
    asked = request.options.get("$format") or request.headers.get("accept", "")
    return "none" if "odata.metadata=none" in asked.lower() else "minimal"
