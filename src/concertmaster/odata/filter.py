"""$filter and $orderby as text → typed expression: every name found, every type checked.

What the grammar let through is held against the model here. An expression that leaves this file
can be translated and run: names exist and may be filtered on, operands go together, literals have
a type to become. Refusals are in the sentences of ASP.NET Core OData.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from odata_query import ast

from concertmaster.odata import grammar
from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.expression import (
    BOOLEAN,
    DATE,
    DOUBLE,
    DURATION,
    ENTITY,
    INSTANT,
    NULL,
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
from concertmaster.odata.functions import FUNCTIONS, considered
from concertmaster.odata.grammar import Items, Leaf, Limits, Name, flattened
from concertmaster.odata.lexer import Literal, Word, shape_of, shown, substituted
from concertmaster.odata.literals import NATURAL, PATTERN, value_of, values_of
from concertmaster.odata.model import EntityType, Model, Navigation
from concertmaster.odata.operands import (
    CASTS,
    COUNTED,
    MOMENTS,
    UNORDERED,
    against_null,
    castable,
    fitted_arguments,
    incompatible,
    incompatible_one,
    number_type,
    paired,
)  # fmt: skip
from concertmaster.odata.paths import bind_path, walk
from concertmaster.odata.weight import weigh

__all__ = [
    "Bound", "Limits", "Ordering", "PropertyPath", "Slot",
    "bind_filter", "bind_orderby", "bind_path", "values_of",
]  # fmt: skip

_WORDS: Mapping[str, Constant] = {
    "null": Constant(None, NULL),
    "true": Constant(True, BOOLEAN),
    "false": Constant(False, BOOLEAN),
    "inf": Constant(float("inf"), DOUBLE),
    "-inf": Constant(float("-inf"), DOUBLE),
    "nan": Constant(float("nan"), DOUBLE),
}

_NO_ALIASES: Mapping[str, str] = {}
_LIMITS = Limits()


def bind_filter(
    text: str,
    entity_type: EntityType,
    model: Model,
    *,
    aliases: Mapping[str, str] = _NO_ALIASES,
    limits: Limits = _LIMITS,
) -> Bound:
    """The condition that a text spells, its literals left open.

    Raises:
        InvalidQuery: the text is no expression, a name is unknown, types do not go together.
    """
    text = substituted(text, aliases)
    binder = _Binder(entity_type, model, limits)
    root = binder.bind(grammar.parse_filter(text, limits))
    if root.type != BOOLEAN:
        raise InvalidQuery("The $filter expression must evaluate to a single boolean value.")
    weigh(root)
    return Bound(root, _slots(root))


def bind_orderby(
    text: str,
    entity_type: EntityType,
    model: Model,
    *,
    aliases: Mapping[str, str] = _NO_ALIASES,
    limits: Limits = _LIMITS,
) -> list[Ordering]:
    """The order that a text spells; its literals are baked in, for the whole text is its shape.

    Raises:
        InvalidQuery: as for a filter, or there are too many clauses.
    """
    text = substituted(text, aliases)
    binder = _Binder(entity_type, model, limits, "$orderby")
    literals = shape_of(text).literals
    orderings = []
    for tree, descending in grammar.parse_orderby(text, limits):
        expression = _baked(binder.bind(tree), literals)
        if expression.type in (ENTITY, NULL) or expression.type.name == "Edm.Binary":
            raise InvalidQuery(
                "The $orderby expression must evaluate to a single value of primitive type."
            )
        weigh(expression)
        orderings.append(Ordering(expression, descending))
    return orderings


def _slots(root: Expression) -> tuple[Slot, ...]:
    found: list[Slot] = []
    waiting: list[Any] = [root]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Slot):
            found.append(current)
        elif isinstance(current, (AnyAll, Count)):
            waiting.append(current.collection.predicate)
        elif isinstance(current, Expression):
            waiting.extend(current.children())
    return tuple(found)


def _baked(node: Any, literals: Sequence[Literal]) -> Any:
    """An expression with values in place of its slots."""
    if isinstance(node, Slot):
        return Constant(value_of(node, literals[node.index]), node.wanted)
    if isinstance(node, tuple):
        return tuple(_baked(item, literals) for item in node)
    if not isinstance(node, (Expression, Collection)) or isinstance(node, PropertyPath):
        return node
    changed = {f.name: _baked(getattr(node, f.name), literals) for f in fields(node)}
    return replace(node, **changed)


# --- binding ------------------------------------------------------------------------------


class _Binder:
    """One expression being bound: the variables in sight, and how deep it stands.

    A node is a class of odata-query's whose names, operators and leaves are those of `grammar.py`.
    """

    def __init__(
        self,
        entity_type: EntityType,
        model: Model,
        limits: Limits,
        purpose: str = "$filter",
    ) -> None:
        self.model = model
        self.limits = limits
        self.it = Variable("$it", entity_type)
        self.here = self.it  #: whose properties a bare name means
        self.variables: dict[str, Variable] = {"$it": self.it}
        self.purpose = purpose
        self.depth = 0
        self.lambdas = 0
        self.joins: set[tuple[Variable, tuple[Navigation, ...]]] = set()
        self._binders: Mapping[type, Callable[[Any], Expression]] = {
            Name: self._name,
            Leaf: self._leaf,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.Compare: self._comparison,
            ast.BinOp: self._arithmetic,
            ast.Call: self._call,
            ast.CollectionLambda: self._lambda,
        }

    def bind(self, node: Any) -> Expression:
        self.depth += 1
        if self.depth > self.limits.max_depth:
            raise InvalidQuery("Recursion depth exceeded allowed limit.")
        bind = self._binders.get(type(node))
        if bind is None:
            raise InvalidQuery("A list may only be used after the operator 'in'.")
        expression = bind(node)
        self.depth -= 1
        return expression

    # --- operands ---

    def _name(self, node: Name) -> Expression:
        found = self._path(node.text)
        if isinstance(found, Collection):
            # A collection as an operand: named as ODL names it when it is compared.
            raise InvalidQuery(
                "The operand for a binary operator is not a single value. Binary operators "
                "require both operands to be single values."
            )
        return found

    def _path(self, text: str) -> PropertyPath | NavigationPath | Collection:
        found = self._walked(text.split("/"))
        hops = found.hops
        self.joins.update((found.variable, hops[:end]) for end in range(1, len(hops) + 1))
        if len(self.joins) > self.limits.max_joins:
            raise InvalidQuery("Recursion depth exceeded allowed limit.")
        return found

    def _walked(self, names: list[str]) -> PropertyPath | NavigationPath | Collection:
        variable = self.variables.get(names[0].lower())
        if variable is not None and (len(names) > 1 or names[0] != "$it"):
            return walk(variable, names[1:], self.purpose)
        if self.here is not self.it and self.here.entity_type.find(names[0]) is None:
            return walk(self.it, names, self.purpose)  # a property of the row itself
        return walk(self.here, names, self.purpose)

    def _leaf(self, node: Leaf) -> Expression:
        return self._literal(node.word)

    def _literal(self, word: Word) -> Expression:
        if word.kind == "path":
            return _WORDS[word.text.lower()]
        if word.kind == "typename":
            return Constant(word.text[1:-1], STRING)
        if word.kind != "enum":
            return Slot(word.slot, word.kind, NATURAL[word.kind])
        prefix = word.text.partition("'")[0]
        if prefix.lower() in NATURAL and prefix.lower() in ("duration", "binary"):
            return Slot(word.slot, prefix.lower(), NATURAL[prefix.lower()])
        name = prefix.rpartition(".")[2].lower()
        for enumeration in self.model.enums.values():
            if enumeration.name.rpartition(".")[2].lower() == name:
                return Slot(word.slot, "enum", Type(enumeration.name, enumeration))
        raise InvalidQuery(f"Unrecognized 'Edm.String' literal {shown(word.text)}.")

    # --- truth ---

    def _logic(self, node: Any) -> Expression:
        name = node.op.name
        operands = [self.bind(operand) for operand in flattened(node)]
        for operand in operands:
            if operand.type not in (BOOLEAN, NULL):
                other = operands[0] if operand is not operands[0] else operands[1]
                raise incompatible(name, other.type, operand.type)
        return Logic(name, tuple(_truth(operand) for operand in operands))

    def _unary(self, node: Any) -> Expression:
        operand = self.bind(node.operand)
        if node.op.name == "not":
            if operand.type not in (BOOLEAN, NULL):
                raise incompatible_one("Not", operand.type)
            return Not(_truth(operand))
        if not operand.type.numeric and operand.type not in (DURATION, NULL):
            raise incompatible_one("Negate", operand.type)
        return operand if operand.type == NULL else Negative(operand)

    # --- comparison ---

    def _comparison(self, node: Any) -> Expression:
        name = node.comparator.name
        left = self.bind(node.left)
        right: Any = node.right
        if name == "in":
            return self._in(left, right.val[0])
        right = self.bind(right.val[0] if name == "has" else right)
        if name == "has":
            return self._has(left, right)
        if NULL in (left.type, right.type):
            return against_null(name, left if right.type == NULL else right)
        left, right = paired(name, left, right)
        if (name not in ("eq", "ne") and left.type.name in UNORDERED) or ENTITY in (
            left.type,
            right.type,
        ):
            raise incompatible(name, left.type, right.type)
        if _is_nan(left) or _is_nan(right):
            return Constant(name == "ne", BOOLEAN)  # NaN equals nothing, itself included
        return Compare(name, left, right)

    def _in(self, left: Expression, items: Items) -> Expression:
        found: list[Expression] = []
        null = False
        for word in items.words:
            item = self._literal(word)
            if item.type == NULL:
                null = True
            elif not _is_nan(item):
                left, item = paired("in", left, item)
                found.append(item)
        if left.type in (ENTITY, NULL):
            raise incompatible("in", left.type, found[0].type if found else NULL)
        return In(left, tuple(found), null)

    def _has(self, left: Expression, right: Expression) -> Expression:
        if isinstance(right, Slot) and left.type.enumeration:
            left, right = paired("has", left, right)
        if not left.type.enumeration or left.type.name != right.type.name:
            raise incompatible("has", left.type, right.type)
        return Has(left, right)

    # --- arithmetic ---

    def _arithmetic(self, node: Any) -> Expression:
        name = node.op.name
        left, right = self.bind(node.left), self.bind(node.right)
        if NULL in (left.type, right.type):
            other = right if left.type == NULL else left
            if other.type != NULL and not other.type.numeric and other.type.name not in COUNTED:
                raise incompatible(name, left.type, right.type)
            return Constant(None, NULL)
        if left.type.numeric and right.type.numeric:
            return Arithmetic(name, left, right, number_type(name, left.type, right.type))
        if name in ("mul", "div", "divby") and left.type == DURATION and right.type.numeric:
            return Arithmetic(name, left, right, DURATION)
        if name == "mul" and right.type == DURATION and left.type.numeric:
            return Arithmetic(name, left, right, DURATION)
        if name == "sub" and {left.type, right.type} == {DATE, INSTANT}:
            left, right = paired(name, left, right)
        result = MOMENTS.get((left.type.name, name, right.type.name))
        if result is None:
            raise incompatible(name, left.type, right.type)
        return Arithmetic(name, left, right, result)

    # --- functions ---

    def _call(self, node: Any) -> Expression:
        name = node.func.text.lower()
        if name in ("cast", "isof"):
            return self._typed_call(name, node)
        if name not in FUNCTIONS:
            raise InvalidQuery(
                f"An unknown function with name '{node.func.text[:200]}' was found. This may also "
                "be a function import or a key lookup on a navigation property, which is not "
                "allowed."
            )
        arguments = [self.bind(argument) for argument in node.args]
        for signature in FUNCTIONS[name]:
            fitted = fitted_arguments(signature, arguments)
            if fitted is not None:
                break
        else:
            raise InvalidQuery(
                f"No function signature for the function with name '{node.func.text}' matches the "
                f"specified arguments. The function signatures considered are: {considered(name)}."
            )
        if name == "now":
            return Now()
        if name == "matchespattern":
            fitted = [fitted[0], _pattern(fitted[1])]
        if name in ("round", "floor", "ceiling") and arguments[0].type.integer:
            return arguments[0]
        return Call(name, tuple(fitted), signature.result)

    def _typed_call(self, name: str, node: Any) -> Expression:
        """`cast(x,Edm.String)` and `isof(x,Edm.String)`: the last argument names a type."""
        whole_row = NavigationPath(self.here, ())
        operand = self.bind(node.args[0]) if len(node.args) == 2 else whole_row
        wanted = _type_name(node.args[-1]) if len(node.args) in (1, 2) else None
        if wanted is None:
            raise InvalidQuery(
                f"No function signature for the function with name '{name}' matches the "
                f"specified arguments. The function signatures considered are: {name}(expression, "
                "type)."
            )
        if name == "isof":
            return self._is_of(operand, wanted)
        result = self._type(wanted)
        if result is None or not castable(operand.type, result):
            raise InvalidQuery(
                f"A value of type '{operand.type.name}' cannot be cast to '{wanted}'."
            )
        return Cast(operand, result)

    def _is_of(self, operand: Expression, wanted: str) -> Expression:
        if isinstance(operand, NavigationPath):
            entity_type = operand.hops[-1].target if operand.hops else operand.variable.entity_type
            same = wanted.lower() == entity_type.qualified.lower()
            if not same and not any(
                wanted.lower() == other.qualified.lower() for other in self.model.types.values()
            ):
                raise InvalidQuery(f"The type '{wanted[:200]}' is not defined in the model.")
            if same and operand.hops:
                return Not(IsNull(operand))
            return Constant(same, BOOLEAN)
        result = self._type(wanted)
        if result is None:
            raise InvalidQuery(f"The type '{wanted[:200]}' is not defined in the model.")
        if result.name.lower() != operand.type.name.lower():
            return Constant(False, BOOLEAN)
        return Not(IsNull(operand))

    def _type(self, name: str) -> Type | None:
        lower = name.lower()
        for candidate in CASTS:
            if candidate.lower() == lower:
                return Type(candidate)
        for enumeration in self.model.enums.values():
            if enumeration.name.lower() == lower:
                return Type(enumeration.name, enumeration)
        return None

    # --- collections ---

    def _lambda(self, node: Any) -> Expression:
        kind = node.operator.name
        found = self._path(node.owner.text)
        if not isinstance(found, Collection):
            if kind == "$count":
                raise InvalidQuery(f"The path '{node.owner.text[:200]}' is not a collection.")
            raise InvalidQuery("Any/All may only be used following a collection.")
        if node.lambda_ is not None:
            found = self._with_predicate(found, kind, node.lambda_)
        return Count(found) if kind == "$count" else AnyAll(found, kind == "all")

    def _with_predicate(self, found: Collection, kind: str, lambda_: Any) -> Collection:
        self.lambdas += 1
        if self.lambdas > self.limits.max_any_all_depth:
            raise InvalidQuery(
                f"The Any/All nesting limit of '{self.limits.max_any_all_depth}' has been "
                "exceeded. 'MaxAnyAllExpressionDepth' can be configured on ODataQuerySettings or "
                "EnableQueryAttribute."
            )
        name = lambda_.identifier.text.lower()
        if kind != "$count" and (name in self.variables or name.startswith(("$", "@"))):
            raise InvalidQuery(
                f"The range variable '{lambda_.identifier.text}' has already been declared."
            )
        outer = (self.here, self.variables)
        if kind == "$count":
            self.here = found.item
        else:
            self.variables = {**self.variables, name: found.item}
        predicate = self.bind(lambda_.expression)
        self.here, self.variables = outer
        self.lambdas -= 1
        if predicate.type != BOOLEAN:
            raise InvalidQuery(
                "The Any/All query expression must evaluate to a single boolean value."
                if kind != "$count"
                else "The $filter expression must evaluate to a single boolean value."
            )
        return replace(found, predicate=predicate)


def _type_name(node: Any) -> str | None:
    if isinstance(node, Name) and "/" not in node.text:
        return node.text
    if isinstance(node, Leaf) and node.word.kind == "typename":
        return node.word.text[1:-1]
    return None


def _truth(expression: Expression) -> Expression:
    return Constant(None, BOOLEAN) if expression.type == NULL else expression


def _is_nan(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value != expression.value


def _pattern(argument: Expression) -> Expression:
    if not isinstance(argument, Slot):
        raise InvalidQuery("The pattern of 'matchesPattern' has to be a literal.")
    return replace(argument, wanted=PATTERN)
