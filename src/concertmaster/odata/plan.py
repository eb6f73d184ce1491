"""What was asked + what exists → what to do: the plan of a read, cached by its shape.

A shape is a query with its literals cut out, so `Id eq 5` and `Id eq 6` share one plan: parsed,
bound and compiled once. A plan holds statements, the way rows become JSON members, and one node
for each expanded navigation, which costs one statement more, whatever the number of rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from concertmaster.odata import filter as filters
from concertmaster.odata import pages
from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.inserting import insert_statement
from concertmaster.odata.joins import joined, second_joined
from concertmaster.odata.kept import told_with_rows
from concertmaster.odata.lexer import Literal, Shape, shape_of, substituted
from concertmaster.odata.model import EntitySet, EntityType, Model, Navigation, Property
from concertmaster.odata.paths import no_property
from concertmaster.odata.query import Statement, compile_statement, one_of, sorts
from concertmaster.odata.request import ExpandItem, parse_expand, split_list
from concertmaster.odata.translate import Translation


@dataclass(frozen=True)
class Limits:
    """What a query may ask for; the texts of refusals are those of ASP.NET Core OData."""

    top: int = 1000
    page: int = 1000
    expand_depth: int = 2
    filter_nodes: int = 100
    orderings: int = 5
    any_all_depth: int = 3


@dataclass(slots=True)
class Restriction:
    """Which rows of a set a request may see: conditions with names to bind, and their values.

    `key` stands for the conditions in the plan cache; the values may differ from call to call.
    """

    key: str
    conditions: Callable[[sa.FromClause], list[sa.ColumnElement[bool]]]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Inside:
    """The same for rows that are reached by navigation: what an expansion may show."""

    key: str
    conditions: Callable[[EntityType, sa.FromClause], list[sa.ColumnElement[bool]]]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Asked:
    """A read, before it is held against the model."""

    entity_set: EntitySet
    by_key: str | None = None  #: attribute of the property that identifies one row
    options: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    top: bool = False
    skip: bool = False
    rows: bool = True
    count: bool = False
    inserts: bool = False  #: a new row, answered as it is inserted
    restriction: Restriction | None = None
    inside: Inside | None = None


@dataclass(frozen=True)
class Link:
    """How rows of an expanded set find their parents."""

    navigation: Navigation
    parent_index: int  #: column of the parent's row that the child points at
    child_index: int  #: column of the child's row that names the parent


@dataclass
class Node:
    """One set of rows on the way to JSON: the root, or an expanded navigation."""

    type: EntityType
    names: tuple[str, ...]
    properties: tuple[Property, ...]
    columns: list[sa.ColumnElement[Any]]
    expands: list["ExpandNode"] = field(default_factory=list)
    selected: tuple[str, ...] | None = None  #: what $select named; None when it was not given
    write: Callable[..., list[dict[str, Any]]] | None = None  #: to objects; made when needed


@dataclass
class ExpandNode:
    link: Link
    node: Node
    statement: Statement
    count_index: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """Everything that is decided before the first row is read."""

    node: Node
    rows: Statement | None
    count: Statement | None
    slots: Sequence[filters.Slot] = ()
    tells_time: bool = False  #: may ask for the value `now`


class Planner:
    """Makes plans for a model on one kind of database and keeps them by shape."""

    def __init__(
        self,
        model: Model,
        dialect: sa.Dialect,
        *,
        limits: Limits | None = None,
        ignore_case: bool = True,
        capacity: int = 2000,
    ) -> None:
        self.model = model
        self.dialect = dialect
        self.limits = limits or Limits()
        self.ignore_case = ignore_case
        self._capacity = capacity
        self._plans: dict[tuple[Any, ...], Plan] = {}

    def plan(
        self, asked: Asked, connection: sa.Connection | None = None
    ) -> tuple[Plan, dict[str, Any]]:
        """The plan for what was asked, and the values of its literals.

        With a connection the database is asked how it would go about a new plan.

        Raises:
            InvalidQuery: an option does not hold against the model.
        """
        options = asked.options
        if asked.aliases and "@" in options.get("$orderby", ""):
            order = substituted(options["$orderby"], asked.aliases)
            asked = replace(asked, options={**options, "$orderby": order})
            options = asked.options
        text = options.get("$filter")
        shape = shape_of(text, asked.aliases) if text is not None else None
        restriction = asked.restriction
        key = (
            asked.entity_set.name, asked.by_key, asked.rows, asked.count, asked.top, asked.skip,
            asked.inserts, shape and shape.text, options.get("$orderby"), options.get("$select"),
            options.get("$expand"), restriction and restriction.key,
            asked.inside and asked.inside.key,
        )  # fmt: skip
        plan = self._plans.get(key)
        if plan is None:
            plan = self._insertion(asked) if asked.inserts else self._make(asked, text, connection)
            if len(self._plans) >= self._capacity:
                self._plans.clear()
            self._plans[key] = plan
        literals: tuple[Literal, ...] = shape.literals if isinstance(shape, Shape) else ()
        values = filters.values_of(plan.slots, literals, "f")
        if restriction:
            values.update(restriction.values)
        if asked.inside and plan.node.expands:
            values.update(asked.inside.values)
        return plan, values

    # --- making a plan ----------------------------------------------------------------------

    def _make(
        self, asked: Asked, filter_text: str | None, connection: sa.Connection | None
    ) -> Plan:
        entity_type = asked.entity_set.type
        root = entity_type.named("r")
        reading = _Reading(self, entity_type, root, prefix="f")
        bound = reading.where(filter_text, asked.aliases)
        if asked.restriction:
            reading.conditions.extend(asked.restriction.conditions(root))
        if asked.by_key:
            column = root.c[entity_type.cls.__mapper__.attrs[asked.by_key].columns[0].name]
            reading.conditions.append(column == sa.bindparam("k_key", type_=column.type))
        count = reading.count() if asked.count else None
        node = self._node(
            entity_type, root, asked.options.get("$select"), asked.options.get("$expand"),
            self.limits.expand_depth, masked=asked.by_key is None, inside=asked.inside,
        )  # fmt: skip
        rows = None
        if asked.rows:
            order = reading.order(asked.options.get("$orderby")) if not asked.by_key else []
            # `$select` may name a navigation alone, of which nothing is shown without `$expand`.
            columns = node.columns or [sa.literal_column("1")]
            if asked.top:  # a list
                columns = [*columns, *told_with_rows(self.dialect.name)]
            page = pages.Outer(order, top=asked.top, skip=asked.skip)
            rows = compile_statement(page.of(reading.select(columns)), self.dialect)
            if page.sorts(root) and connection is not None and sorts(connection, rows):
                key = root.c[_name(entity_type.cls.__mapper__.primary_key[0])]
                statement = page.looked_up(columns, reading.select([key]), root, key)
                rows = compile_statement(statement, self.dialect)
        texts = (*asked.options.values(), *asked.aliases.values())
        tells_time = any("now" in text.lower() for text in texts)
        return Plan(node, rows, count, bound.slots if bound else (), tells_time)

    def _insertion(self, asked: Asked) -> Plan:
        """The plan of a new row: its rows are those that the insert answers."""
        entity_type = asked.entity_set.type
        node = self._node(
            entity_type, entity_type.table, asked.options.get("$select"),
            asked.options.get("$expand"), self.limits.expand_depth,
            masked=True, inside=asked.inside,
        )  # fmt: skip
        statement = insert_statement(entity_type.cls, node.columns)
        return Plan(node, compile_statement(statement, self.dialect), None)

    def _node(
        self,
        entity_type: EntityType,
        root: sa.FromClause,
        select: str | None,
        expand: str | None,
        depth: int,
        *,
        masked: bool,
        inside: Inside | None,
    ) -> Node:
        properties, selected = self._selected(entity_type, select)
        columns = list(_outputs(properties, root, masked))
        if not columns:  # only a navigation was selected, and SQL has to select something
            columns = [sa.null()]
        node = Node(
            entity_type, tuple(p.name for p in properties), properties, columns, selected=selected
        )
        for item in self._expanded(entity_type, expand):
            node.expands.append(self._expand(node, root, item[0], item[1], depth, inside))
        return node

    def _selected(
        self, entity_type: EntityType, select: str | None
    ) -> tuple[tuple[Property, ...], tuple[str, ...] | None]:
        everything = tuple(entity_type.properties.values())
        if select is None or not select.strip():
            return everything, None
        chosen: dict[str, Property | Navigation] = {}
        for name in split_list(select):
            if name == "*":
                chosen.update(entity_type.properties)
                continue
            found = entity_type.find(name)
            if found is None:
                raise no_property(name, entity_type)
            chosen[found.name] = found
        named = tuple(chosen)
        return tuple(p for p in everything if p.name in chosen), named

    def _expanded(
        self, entity_type: EntityType, expand: str | None
    ) -> list[tuple[Navigation, ExpandItem]]:
        if expand is None or not expand.strip():
            return []
        found: dict[str, tuple[Navigation, ExpandItem]] = {}
        for item in parse_expand(expand):
            if item.path == "*":
                found.update({n.name: (n, item) for n in entity_type.navigations.values()})
                continue
            target = entity_type.find(item.path)
            if target is None:
                if entity_type.alias(item.path) == "":  # a name clients send and nobody means
                    continue
                raise no_property(item.path, entity_type)
            if not isinstance(target, Navigation):
                raise InvalidQuery(
                    f"Property '{target.name}' on type '{entity_type.qualified}' is not a "
                    "navigation property or complex property. Only navigation properties can be "
                    "expanded."
                )
            found[target.name] = (target, item)
        return list(found.values())

    def _expand(
        self,
        parent: Node,
        parent_root: sa.FromClause,
        navigation: Navigation,
        item: ExpandItem,
        depth: int,
        inside: Inside | None,
    ) -> ExpandNode:
        if depth <= 0:
            raise InvalidQuery(
                "The request includes a $expand path which is too deep. The maximum depth allowed "
                f"is {self.limits.expand_depth}. To increase the limit, set the "
                "'MaxExpansionDepth' property on EnableQueryAttribute or ODataValidationSettings, "
                "or set the 'MaxDepth' property in ExpandAttribute."
            )
        target = navigation.target
        root = target.named("e")
        parent_index = len(parent.columns)
        parent.columns.append(parent_root.c[_name(_near_column(navigation))])

        options = item.options
        reading = _Reading(self, target, root, prefix="n")
        text = options.get("$filter")
        bound = reading.where(text, {}) if text is not None else None
        node = self._node(
            target, root, options.get("$select"), options.get("$expand"), depth - 1,
            masked=True, inside=inside,
        )  # fmt: skip
        order = reading.order(options.get("$orderby")) if navigation.collection else []
        source, group = self._join(navigation, reading, root)
        child_index = len(node.columns)
        node.columns.append(group.label("_parent"))
        count_index = None
        page = pages.Inner.of(options)
        reading.conditions.append(one_of(group, "x_keys", self.dialect.name))
        if inside:
            reading.conditions.extend(inside.conditions(target, root))
        if not navigation.collection or page.whole:
            statement: Any = reading.select(node.columns, source).order_by(*order)
        else:
            # Paging inside an expansion is per parent, so it needs a numbering of its own.
            numbered = reading.select(
                [
                    *(column.label(f"c{i}") for i, column in enumerate(node.columns)),
                    sa.func.row_number().over(partition_by=group, order_by=order).label("_row"),
                    sa.func.count().over(partition_by=group).label("_count"),
                ],
                source,
            ).subquery()
            wanted = [numbered.c[f"c{i}"] for i in range(len(node.columns))]
            count_index = len(wanted) if page.count else None
            statement = (
                sa.select(*wanted, numbered.c["_count"])
                .where(page.condition(numbered.c["_row"]))
                .order_by(numbered.c["_row"])
            )
        literals = shape_of(text, {}).literals if text is not None else ()
        values = filters.values_of(bound.slots, literals, "n") if bound else {}
        compiled = compile_statement(statement, self.dialect)
        return ExpandNode(
            Link(navigation, parent_index, child_index), node, compiled, count_index, values
        )

    def _join(
        self, navigation: Navigation, reading: "_Reading", root: sa.FromClause
    ) -> tuple[sa.FromClause, sa.ColumnElement[Any]]:
        """Where child rows come from, and the column that names their parent."""
        relationship = navigation.relationship
        source = reading.translation.source()
        if relationship.secondary is not None:
            between = relationship.secondary.alias("s")
            group = between.c[relationship.synchronize_pairs[0][1].name]
            return source.join(between, second_joined(navigation, between, root)), group
        if _is_plain(navigation):
            return source, root.c[relationship.local_remote_pairs[0][1].name]
        near = navigation.source.table.alias("p")  # a relationship with conditions of its own
        group = near.c[_name(_near_column(navigation))]
        return source.join(near, joined(navigation, near, root)), group


def _name(column: sa.ColumnElement[Any]) -> str:
    return str(column.name)


def _is_plain(navigation: Navigation) -> bool:
    """Whether the relationship is one column that equals another, and nothing else."""
    relationship = navigation.relationship
    return isinstance(relationship.primaryjoin, sa.BinaryExpression)


def _near_column(navigation: Navigation) -> sa.ColumnElement[Any]:
    """The column of the parent by which its children are found."""
    relationship = navigation.relationship
    if relationship.secondary is None and not _is_plain(navigation):
        return navigation.source.key.column
    return relationship.local_remote_pairs[0][0]


class _Reading:
    """A select under construction: conditions, joins and order of one set of rows."""

    def __init__(
        self, planner: Planner, entity_type: EntityType, root: sa.FromClause, prefix: str
    ) -> None:
        self.planner = planner
        self.type = entity_type
        self.root = root
        self.conditions: list[sa.ColumnElement[bool]] = []
        self.limits = filters.Limits(
            max_nodes=planner.limits.filter_nodes,
            max_orderby=planner.limits.orderings,
            max_any_all_depth=planner.limits.any_all_depth,
        )
        self.translation = Translation(
            entity_type, root, planner.dialect.name, ignore_case=planner.ignore_case, prefix=prefix
        )

    def where(self, text: str | None, aliases: Mapping[str, str]) -> filters.Bound | None:
        if text is None:
            return None
        bound = filters.bind_filter(
            text, self.type, self.planner.model, aliases=aliases, limits=self.limits
        )
        self.conditions.append(self.translation.condition(bound))
        return bound

    def order(self, text: str | None) -> list[Any]:
        """The order asked for, made total by the key so that pages never overlap."""
        key = [self.root.c[c.name] for c in sa.inspect(self.type.cls).primary_key]
        text = text if text and text.strip() else self.type.declaration.default_order
        if not text:
            return key
        orderings = filters.bind_orderby(text, self.type, self.planner.model, limits=self.limits)
        terms: list[Any] = list(self.translation.order(orderings))
        if not any(_is_key(o.expression, self.type) for o in orderings):
            terms.extend(key)
        return terms

    def select(self, columns: Sequence[Any], source: sa.FromClause | None = None) -> Any:
        return (
            sa.select(*columns)
            .select_from(source if source is not None else self.translation.source())
            .where(*self.conditions)
        )

    def count(self) -> Statement:
        return compile_statement(self.select([sa.func.count()]), self.planner.dialect)


@lru_cache(maxsize=512)
def _outputs(
    properties: tuple[Property, ...], root: sa.FromClause, masked: bool
) -> tuple[sa.ColumnElement[Any], ...]:
    return tuple(_output(prop, root, masked=masked) for prop in properties)


def _output(prop: Property, root: sa.FromClause, *, masked: bool) -> sa.ColumnElement[Any]:
    """The column of a property, or NULL where it is not to be seen."""
    shown = prop.words.masked
    if prop.words.secret or (masked and shown is True):
        return sa.null().label(prop.column.name)
    if masked and isinstance(shown, str):
        quoted = shown.replace("'", "''")
        return sa.literal_column(f"'{quoted}'").label(prop.column.name)
    return root.c[prop.column.name]


def _is_key(expression: Any, entity_type: EntityType) -> bool:
    return (
        isinstance(expression, filters.PropertyPath)
        and not expression.hops
        and expression.property is entity_type.key
        and expression.property.column.primary_key
    )
