"""Reads: a target and its options → a plan → rows → an answer.

Everything that shows entities ends here, also what operations and writes answer, so that
`$select` and `$expand` mean the same everywhere.
"""

import typing
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import sqlalchemy as sa

from concertmaster.odata import response
from concertmaster.odata.errors import InvalidQuery, NotFound
from concertmaster.odata.host import Behaviour, Call, Host
from concertmaster.odata.ignored import ignore
from concertmaster.odata.inserting import inserting_of
from concertmaster.odata.kept import Kept, kept
from concertmaster.odata.model import (
    EntitySet,
    EntityType,
    Model,
    Navigation,
    Property,
    primary_attribute,
)
from concertmaster.odata.operations import Operation
from concertmaster.odata.plan import Asked, Plan, Planner, Restriction
from concertmaster.odata.query import Row, list_value, one_of, run, write
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.selection import Selection, both, on_table, restriction_of
from concertmaster.odata.target import Target
from concertmaster.odata.values import reader
from concertmaster.odata.write import Hooks


class Reading:
    """The reads of a service."""

    def __init__(self, model: Model, host: Host, hooks: Hooks, behaviour: Behaviour) -> None:
        self.model = model
        self.host = host
        self.hooks = hooks
        self.behaviour = behaviour
        self._planners: dict[str, Planner] = {}

    def get(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set
        if target.key is not None:
            if target.navigation:
                return self._navigate(call, target, request)
            return self._one(call, target, request)
        return self.many(
            call, target.entity_set, request, only_count=target.count,
            narrowed=self.narrowed(call, target, request),
        )  # fmt: skip

    def narrowed(self, call: Call, target: Target, request: Request) -> Selection | None:
        """What the application's `before_read` hooks leave of a set; they may refuse altogether."""
        assert target.entity_set
        cls = target.entity_set.type.cls
        found = self.hooks.run("before_read", cls, call, target, request)
        conditions = tuple(condition for some in found for condition in some or ())
        return Selection(cls, conditions) if conditions else None

    def many(
        self,
        call: Call,
        entity_set: EntitySet,
        request: Request,
        *,
        narrowed: Selection | None = None,
        only_count: bool = False,
    ) -> Response:
        options = request.options
        if options.custom and narrowed is None:
            if self.behaviour.strict:
                raise InvalidQuery(f"The query option '{next(iter(options.custom))}' is not known.")
            for name in options.custom:
                ignore("option", name)
        top, skip = self.page(request)
        count = only_count or self.wants_count(options.flag("$count"))
        asked = Asked(
            entity_set, options=options.system, aliases=options.aliases, top=True, skip=skip > 0,
            rows=not only_count, count=count,
            restriction=both(self.host.restrict(call, entity_set.type), restriction_of(narrowed)),
        )  # fmt: skip
        plan, values = self._plan(call, asked)
        if only_count:
            total = self._total(call, plan, values, kept(call.connection))
            return response.text_response(str(total))
        fetched, next_link = top, None
        if self.behaviour.next_links and top and self._cuts(request, top):
            fetched = top + 1
        rows = run(call.connection, plan.rows, {**values, "o_top": fetched, "o_skip": skip})  # type: ignore[arg-type]
        if fetched > top and len(rows) > top:
            rows, next_link = rows[:top], self._next_link(request, skip, top)
        known = kept(call.connection, rows)
        total = self._total(call, plan, values, known)
        items = self._written(call, plan, rows, values, request, known)
        context = None
        if _level(request) != "none":
            name = narrowed.context if narrowed and narrowed.context else entity_set.name
            context = f"{request.base}$metadata#{name}{self._context(plan)}"
        return response.json_response(
            response.collection(context, items, count=total, next_link=next_link),
            metadata=_level(request),
        )

    def _one(self, call: Call, target: Target, request: Request) -> Response:
        assert target.entity_set and target.key is not None
        narrowed = self.narrowed(call, target, request)
        item, plan = self._read(call, target.entity_set, target.key, request, narrowed)
        if target.property:
            return _property_response(item, target, request)
        version = target.entity_set.type.version
        headers = {}
        if version is not None and version.name in item:
            headers["etag"] = f'W/"{item[version.name]}"'
        return self._entity(target.entity_set, item, plan, request, headers=headers)

    def _read(
        self,
        call: Call,
        entity_set: EntitySet,
        key: str,
        request: Request,
        narrowed: Selection | None,
    ) -> tuple[dict[str, Any], Plan]:
        _no_collection_options(request)
        prop, value = self.key(entity_set.type, key)
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        asked = Asked(
            entity_set, by_key=prop.attribute, options=options,
            restriction=both(self.host.restrict(call, entity_set.type), restriction_of(narrowed)),
        )  # fmt: skip
        plan, values = self._plan(call, asked)
        rows = run(call.connection, plan.rows, {**values, "k_key": value})  # type: ignore[arg-type]
        if not rows:
            raise no_such_row(entity_set.type)
        return self._written(call, plan, rows[:1], values, request)[0], plan

    def single(
        self, call: Call, entity_set: EntitySet, request: Request, narrowed: Selection, status: int
    ) -> Response:
        """The one row that a function selects."""
        assert narrowed.single is not None
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        restriction = both(self.host.restrict(call, entity_set.type), restriction_of(narrowed))
        plan, values = self._plan(call, Asked(entity_set, options=options, restriction=restriction))
        rows = run(call.connection, plan.rows, values)  # type: ignore[arg-type]
        if not rows:
            raise narrowed.single
        item = self._written(call, plan, rows[:1], values, request)[0]
        return self._entity(entity_set, item, plan, request, status=status)

    def _entity(
        self,
        entity_set: EntitySet,
        item: Mapping[str, Any],
        plan: Plan,
        request: Request,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        if _level(request) != "none":
            context = f"{request.base}$metadata#{entity_set.name}{self._context(plan)}/$entity"
            item = {"@odata.context": context, **item}
        return response.json_response(
            item, status=status, metadata=_level(request), headers=headers
        )

    def _navigate(self, call: Call, target: Target, request: Request) -> Response:
        """`Set(key)/Navigation`: the rows on the other side."""
        assert target.entity_set and target.key is not None and target.navigation
        navigation: Navigation = target.navigation
        narrowed = self.narrowed(call, target, request)
        entity = self.find(
            call, target.entity_set, target.key, narrowed.conditions if narrowed else ()
        )
        related_set = self.model.set_of(navigation.target)
        if related_set is None:
            raise NotFound("The requested resource was not found.", type=navigation.target)
        related = getattr(entity, navigation.attribute)
        key = navigation.target.cls.__mapper__.primary_key[0]
        attribute = primary_attribute(navigation.target.cls)
        if navigation.collection:
            wanted = [getattr(item, attribute) for item in related]
            narrowed = Selection(navigation.target.cls, (key.in_(wanted),))
            return self.many(call, related_set, request, narrowed=narrowed, only_count=target.count)
        if related is None:
            return response.empty_response()
        return self.entities(call, [related], request, single=True)

    def entities(
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
        entity_set = self.set_of(_class_of(entities, operation))
        key_attribute = primary_attribute(entity_set.type.cls)
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
        items = self._written(call, plan, rows, values, request)
        items.sort(key=_position(keys, entity_set.type, entities, items))
        if single:
            if status == HTTPStatus.CREATED and headers is None:
                headers = {"location": self.location(entities[0], request)}
            return self._entity(entity_set, items[0], plan, request, status=status, headers=headers)
        context = f"{request.base}$metadata#{entity_set.name}{self._context(plan)}"
        return response.json_response(response.collection(context, items), status=status)

    def inserted(
        self, call: Call, entity_set: EntitySet, entity: Any, request: Request
    ) -> Response:
        """Insert a new entity that stands alone; answer it as every other one is answered."""
        options = {k: v for k, v in request.options.system.items() if k in ("$select", "$expand")}
        plan, values = self._plan(call, Asked(entity_set, options=options, inserts=True))
        inserting = inserting_of(type(entity), call.connection.dialect)
        stored = inserting.values(entity.__dict__)
        rows = write(call.connection, inserting.table, plan.rows, stored)  # type: ignore[arg-type]
        entity.__dict__[inserting.key] = rows[0][-1]
        item = self._written(call, plan, rows, values, request)[0]
        headers = {"location": self.location(entity, request)}
        return self._entity(
            entity_set, item, plan, request, status=HTTPStatus.CREATED, headers=headers
        )

    def location(self, entity: Any, request: Request) -> str:
        """The URL of an entity."""
        entity_set = self.set_of(type(entity))
        prop = entity_set.type.key
        key = str(getattr(entity, prop.attribute))
        if prop.edm == "Edm.String":
            key = "'" + key.replace("'", "''") + "'"
        return f"{request.base}{entity_set.name}({key})"

    # --- rows for a change ------------------------------------------------------------------

    def find(
        self, call: Call, entity_set: EntitySet, key: str, narrowed: Sequence[Any] = ()
    ) -> Any:
        """The row itself, for a change; NotFound where the caller cannot see it."""
        prop, value = self.key(entity_set.type, key)
        statement = sa.select(entity_set.type.cls).where(prop.column == value, *narrowed)
        restriction = self.host.restrict(call, entity_set.type)
        if restriction:
            conditions = on_table(restriction, entity_set.type.table)
            statement = statement.where(*conditions).params(restriction.values)
        entity = call.session.scalars(statement.limit(1)).first()
        if entity is None:
            raise no_such_row(entity_set.type)
        return entity

    def key(self, entity_type: EntityType, text: str) -> tuple[Property, Any]:
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

    # --- shared steps ------------------------------------------------------------------------

    def planner(self, dialect: sa.Dialect) -> Planner:
        if dialect.name not in self._planners:
            self._planners[dialect.name] = Planner(
                self.model, dialect, limits=self.behaviour.limits,
                ignore_case=self.behaviour.ignore_case,
            )  # fmt: skip
        return self._planners[dialect.name]

    def _plan(self, call: Call, asked: Asked) -> tuple[Plan, dict[str, Any]]:
        if "$expand" in asked.options:
            asked.inside = self.host.inside(call)
        plan, values = self.planner(call.connection.dialect).plan(asked, call.connection)
        if plan.tells_time:
            values["now"] = call.now
        return plan, values

    def _total(self, call: Call, plan: Plan, values: Mapping[str, Any], known: Kept) -> int | None:
        count = plan.count
        if count is None:
            return None
        return known.count(count, values, lambda: run(call.connection, count, values)[0][0])

    def _written(
        self,
        call: Call,
        plan: Plan,
        rows: Sequence[Row],
        values: Mapping[str, Any],
        request: Request,
        known: Kept | None = None,
    ) -> list[dict[str, Any]]:
        items = response.Rendering(call.connection, values, known=known).objects(plan.node, rows)
        self.hooks.run("after_read", plan.node.type.cls, call, items, request)
        return items

    def _context(self, plan: Plan) -> str:
        return response.context_of(plan.node, with_expands=self.behaviour.context_expands)

    def set_of(self, cls: type[Any]) -> EntitySet:
        entity_type = self.model.type_of(cls)
        return self.model.set_of(entity_type) or EntitySet(
            f"Collection({entity_type.qualified})", entity_type
        )

    def wants_count(self, asked: bool | None) -> bool:
        return self.behaviour.count_by_default if asked is None else asked

    def page(self, request: Request) -> tuple[int, int]:
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
        options = {**request.options.system, **request.options.aliases, **request.options.custom}
        options["$skip"] = str(skip + top)
        if "$top" in options:
            options["$top"] = str(int(options["$top"]) - top)
        path = "/".join(part for part in request.path.strip("/").split("/"))
        return f"{request.base}{path}?{urlencode(options, safe='$@,()/:', quote_via=quote)}"


def no_such_row(entity_type: EntityType) -> NotFound:
    return NotFound(f"{entity_type.cls.__name__} does not exist.", type=entity_type)


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
    return typing.get_args(operation.returns)[0]  # type: ignore[union-attr,no-any-return]


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
        return response.text_response(
            value if isinstance(value, str) else response.dumps(value).decode()
        )
    context = (
        f"{request.base}$metadata#{target.entity_set.name}({target.key})/{target.property.name}"
    )
    return response.json_response({"@odata.context": context, "value": value})


def _level(request: Request) -> str:
    asked = request.options.get("$format") or request.headers.get("accept", "")
    return "none" if "odata.metadata=none" in asked.lower() else "minimal"
