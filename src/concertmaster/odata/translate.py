"""Typed expression → SQLAlchemy Core: one meaning on SQLite and on PostgreSQL.

Null first, because SQL and OData differ there. A comparison in OData is true or false even when
an operand is null (`Info ne 'x'` holds for null); in SQL it is neither. Where that cannot be seen
(at the top of a WHERE, under `and` and `or`) the plain comparison is written, which an index can
serve; where it can be seen (under `not`, as an operand of `eq`, in `all`) the `exact` form is.

A navigation is a LEFT OUTER JOIN with an alias of its own, made once for each path. A collection
is an EXISTS. A property of a row that is found by a unique name needs neither (see `_by_unique`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from concertmaster.odata.expression import (
    BOOLEAN,
    DATE,
    DURATION,
    INSTANT,
    STRING,
    AnyAll,
    Arithmetic,
    Bound,
    Call,
    Cast,
    Collection,
    Compare,
    Constant,
    Count,
    Expression,
    Has,
    In,
    IsNull,
    Logic,
    NavigationPath,
    Negative,
    Not,
    Now,
    Ordering,
    PropertyPath,
    Slot,
    Type,
    Variable,
)  # fmt: skip
from concertmaster.odata.functions import SQL, Given
from concertmaster.odata.joins import Aliases, Rows, foreign_key, is_unique
from concertmaster.odata.model import EntityType
from concertmaster.odata.sql import Dialect, dialect_of, sql_type

Condition = sa.ColumnElement[bool]

#: Operators whose SQL is the same for all types; `eq` and `ne` mind nulls.
_ORDER: Mapping[str, Callable[[Any, Any], Condition]] = {
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


class Translation:
    """The SQL of the expressions of one select; joins gather in `source()` as they are needed."""

    def __init__(
        self,
        entity_type: EntityType,
        root: sa.FromClause,
        dialect: str,
        *,
        ignore_case: bool = True,
        prefix: str = "f",
        now: str = "now",
    ) -> None:
        self._dialect: Dialect = dialect_of(dialect, ignore_case)
        self._root = Rows(root, Aliases())
        self._entity_type = entity_type
        self._prefix = prefix
        self._now = now
        self._parameters: dict[str, sa.BindParameter[Any]] = {}
        self._rows: dict[Variable, Rows] = {}
        self._truths: Mapping[type, Callable[[Any, bool], Condition]] = {
            Logic: self._logic,
            Not: self._not,
            Compare: self._compare,
            IsNull: self._is_null,
            In: self._in,
            Has: self._has,
            AnyAll: self._any_all,
            Call: self._predicate,
            Constant: self._constant_truth,
            PropertyPath: lambda node, exact: self._property(node),
        }
        self._values: Mapping[type, Callable[[Any], SQL]] = {
            PropertyPath: self._property,
            Slot: self._slot,
            Constant: self._constant,
            Now: lambda node: self._parameter(now, INSTANT),
            Call: self._call,
            Cast: self._cast,
            Arithmetic: self._arithmetic,
            Negative: self._negative,
            Count: self._count,
        }

    def condition(self, bound: Bound) -> Condition:
        """The condition for a WHERE: a row counts exactly where it is true."""
        return self._truth(bound.expression, exact=False)

    def order(self, orderings: Sequence[Ordering]) -> list[SQL]:
        """The terms of an ORDER BY; null comes before every value (OData 4.01 part 1, 11.2.6.2)."""
        terms: list[SQL] = []
        for ordering in orderings:
            expression = ordering.expression
            if isinstance(expression, Constant):
                continue  # orders nothing
            value = self._dialect.ordered(self.value(expression), expression.type)
            term = value.desc() if ordering.descending else value.asc()
            nulls = self._dialect.null_lowest(term, ordering.descending)
            terms.append(nulls if expression.nullable else term)
        return terms

    def source(self) -> sa.FromClause:
        """The rows asked for, with every join that the translated expressions need."""
        return self._root.source

    def value(self, expression: Expression) -> SQL:
        """The SQL of any expression; truth is exact there."""
        if expression.type == BOOLEAN and type(expression) is not PropertyPath:
            return self._truth(expression, exact=True)
        return self._values[type(expression)](expression)

    # --- truth ------------------------------------------------------------------------------

    def _truth(self, expression: Expression, exact: bool) -> Condition:
        return self._truths[type(expression)](expression, exact)

    def _logic(self, node: Logic, exact: bool) -> Condition:
        join = sa.and_ if node.operator == "and" else sa.or_
        return join(*(_grouped(self._truth(operand, exact)) for operand in node.operands))

    def _not(self, node: Not, exact: bool) -> Condition:
        if isinstance(node.operand, IsNull):
            return sa.not_(self._is_null(node.operand, exact))
        return sa.not_(_grouped(self._truth(node.operand, exact=True)))

    def _predicate(self, node: Call, exact: bool) -> Condition:
        found = self._call(node)
        return _grouped(found).is_(sa.true()) if exact else found

    def _constant_truth(self, node: Constant, exact: bool) -> Condition:
        if node.value is None:
            return sa.cast(sa.null(), sa.Boolean())
        return sa.true() if node.value else sa.false()

    def _is_null(self, node: IsNull, exact: bool) -> Condition:
        operand = node.operand
        if isinstance(operand, NavigationPath):
            if not operand.hops:
                return sa.false()
            return self._reached(operand).is_(sa.null())
        if not operand.nullable:
            return sa.false()
        return _grouped(self.value(operand)).is_(sa.null())

    def _reached(self, path: NavigationPath) -> SQL:
        """What is null exactly where a navigation leads nowhere."""
        *before, last = path.hops
        near = self._rows_of(path.variable).reach(tuple(before))
        key = foreign_key(last)
        if key is not None:
            return near.c[key.local.key]
        far = self._rows_of(path.variable).reach(path.hops)
        return far.c[last.target.key.column.key]

    def _compare(self, node: Compare, exact: bool) -> Condition:
        quick = self._by_unique(node.left, node.right, node.operator)
        if quick is None:
            quick = self._by_unique(node.right, node.left, node.operator)
        if quick is not None:
            if node.operator == "ne":
                return _grouped(quick).is_not(sa.true())
            return _grouped(quick).is_(sa.true()) if exact else quick
        left, right = self._comparable(node)
        nullable = node.left.nullable or node.right.nullable
        if node.operator == "ne":
            return left.is_distinct_from(right) if nullable else left != right
        if node.operator == "eq":
            if nullable and (exact or (node.left.nullable and node.right.nullable)):
                return left.is_not_distinct_from(right)
            return left == right
        found = _ORDER[node.operator](left, right)
        return _grouped(found).is_(sa.true()) if exact and nullable else found

    def _comparable(self, node: Compare) -> tuple[SQL, SQL]:
        left, right = self.value(node.left), self.value(node.right)
        kind = node.left.type
        if kind == STRING:
            equality = node.operator in ("eq", "ne")
            return self._dialect.collated(left, equality), self._dialect.collated(right, equality)
        if kind.numeric:
            return self._dialect.alike(left, right)
        if kind in (INSTANT, DATE) and _counted(left) != _counted(right):
            return self._ticks(left, kind), self._ticks(right, kind)
        if kind == BOOLEAN:
            return _grouped(left), _grouped(right)
        return left, right

    def _by_unique(self, path: Expression, literal: Expression, operator: str) -> Condition | None:
        """`Robot/Name eq 'x'` → the foreign key is that of the row with this name: no join."""
        if operator not in ("eq", "ne") or not isinstance(path, PropertyPath) or not path.hops:
            return None
        if not isinstance(literal, Slot) or path.property.edm == "Edm.Boolean":
            return None
        *before, last = path.hops
        key = foreign_key(last)
        column = path.property.column
        if key is None or column is key.remote or not is_unique(column):
            return None
        near = self._rows_of(path.variable).reach(tuple(before))
        target = self._root.aliases.of(last.target.table)
        name: SQL = sa.type_coerce(target.c[column.key], sql_type(path.type))
        value = self._slot(literal)
        if path.type == STRING:
            name, value = self._dialect.collated(name, True), self._dialect.collated(value, True)
        found = sa.select(target.c[key.remote.key]).where(name == value)
        reference = near.c[key.local.key]
        if path.type == STRING and not self._dialect.unique_as_compared(column):
            return reference.in_(found)  # unique in its letters, maybe not without their case
        return reference == found.scalar_subquery()

    def _in(self, node: In, exact: bool) -> Condition:
        operand = self.value(node.operand)
        if not node.items:
            return operand.is_(sa.null()) if node.null and node.operand.nullable else sa.false()
        items = [self.value(item) for item in node.items]
        if node.operand.type == STRING:
            operand = self._dialect.collated(operand, True)
            items = [self._dialect.collated(item, True) for item in items]
        elif node.operand.type.numeric:
            paired = [self._dialect.alike(operand, item) for item in items]
            operand, items = paired[0][0], [item for _, item in paired]
        elif _counted(operand) and node.operand.type in (INSTANT, DATE):
            items = [self._ticks(item, node.operand.type) for item in items]
        found = operand.in_(items)
        if exact and node.operand.nullable:
            found = _grouped(found).is_(sa.true())
        if node.null and node.operand.nullable:
            return sa.or_(found, operand.is_(sa.null())).self_group()
        return found

    def _has(self, node: Has, exact: bool) -> Condition:
        operand, flags = self.value(node.operand), self.value(node.flags)
        found = _grouped(operand.bitwise_and(flags)) == flags
        return _grouped(found).is_(sa.true()) if exact else found

    def _any_all(self, node: AnyAll, exact: bool) -> Condition:
        collection = node.collection
        if not node.every:
            return self._items(collection, negated=False, of=sa.literal_column("1")).exists()
        return sa.not_(self._items(collection, negated=True, of=sa.literal_column("1")).exists())

    # --- values -----------------------------------------------------------------------------

    def _property(self, node: PropertyPath) -> Any:
        rows = self._rows_of(node.variable)
        column = node.property.column
        if node.hops:
            key = foreign_key(node.hops[-1])
            if key is not None and key.remote is column:  # Robot/Id is RobotId
                near = rows.reach(node.hops[:-1])
                return sa.type_coerce(near.c[key.local.key], sql_type(node.type))
        return sa.type_coerce(rows.reach(node.hops).c[column.key], sql_type(node.type))

    def _slot(self, node: Slot) -> SQL:
        return self._parameter(f"{self._prefix}{node.index}", node.type)

    def _parameter(self, name: str, kind: Type) -> SQL:
        if name not in self._parameters:
            self._parameters[name] = sa.bindparam(name, type_=sql_type(kind))
        return self._parameters[name]

    def _constant(self, node: Constant) -> SQL:
        if node.value is None:
            return sa.cast(sa.null(), sql_type(node.type))
        return sa.literal(node.value, sql_type(node.type))

    def _call(self, node: Call) -> SQL:
        arguments = [
            self._as_text(self.value(argument), argument.type) for argument in node.arguments
        ]
        types = [argument.type for argument in node.arguments]
        build = self._dialect.functions[node.function]
        return build(Given(arguments, types, self._dialect.folded))

    def _cast(self, node: Cast) -> SQL:
        value = self._as_text(self.value(node.operand), node.operand.type)
        return self._dialect.cast(value, node.operand.type, node.result)

    def _negative(self, node: Negative) -> SQL:
        return -self._dialect.exact(self.value(node.operand)).self_group()

    def _arithmetic(self, node: Arithmetic) -> SQL:
        left, right = self.value(node.left), self.value(node.right)
        if INSTANT in (node.left.type, node.right.type) or DATE in (
            node.left.type,
            node.right.type,
        ):
            left = self._ticks(left, node.left.type)
            right = self._ticks(right, node.right.type)
            days = node.result == DATE
            return self._dialect.moved(node.operator, left, right, whole_days=days)
        whole = node.result.integer or node.result == DURATION
        return self._dialect.calculated(node.operator, left, right, whole=whole)

    def _count(self, node: Count) -> SQL:
        found = self._items(node.collection, negated=False, of=sa.func.count())
        return found.scalar_subquery()

    def _ticks(self, value: SQL, kind: Type) -> SQL:
        """A moment or a date as ticks since 1970, which can be added to."""
        if kind == DURATION or _counted(value):
            return value
        return self._dialect.ticks(value, kind == DATE)

    def _as_text(self, value: SQL, kind: Type) -> SQL:
        """A moment or a date that was calculated, as text again."""
        if kind in (INSTANT, DATE) and _counted(value):
            return self._dialect.text(value, kind == DATE)
        return value

    # --- rows -------------------------------------------------------------------------------

    def _rows_of(self, variable: Variable) -> Rows:
        return self._rows.get(variable, self._root)

    def _items(self, collection: Collection, *, negated: bool, of: SQL) -> sa.Select[Any]:
        """The items of a collection for which the predicate holds, or those for which it fails."""
        near = self._rows_of(collection.variable).reach(collection.hops)
        items = self._root.across(collection.navigation, near)
        self._rows[collection.item] = items
        conditions = [items.link]
        if collection.predicate is not None:
            holds = self._truth(collection.predicate, exact=negated)
            conditions.append(_grouped(holds).is_not(sa.true()) if negated else holds)
        select = sa.select(of).select_from(items.source).where(*conditions)
        return select.correlate_except(*items.own)


def _grouped(value: SQL) -> sa.ColumnElement[bool]:
    """In parentheses, always: SQLAlchemy leaves out some that NOT and IS need."""
    return sa.sql.elements.Grouping(value)


def _counted(value: SQL) -> bool:
    """Whether a moment is in ticks, as it is when it has been calculated."""
    return isinstance(value.type, (sa.Integer, sa.Numeric))
