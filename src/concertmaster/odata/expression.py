"""What a $filter or $orderby means: typed nodes that name properties of the model.

The middle of the way: `filter.py` makes them from text, `translate.py` makes SQL of them. Every
node knows its type and whether it may be null. A literal is a `Slot`, filled for each request.
"""

import builtins
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from concertmaster.odata.model import EntityType, EnumType, Navigation, Property


@dataclass(frozen=True, slots=True)
class Type:
    """An Edm primitive type or an enumeration."""

    name: str
    enumeration: EnumType | None = None

    @property
    def numeric(self) -> bool:
        return self.name in NUMBERS

    @property
    def integer(self) -> bool:
        return self.name in INTEGERS


INTEGERS = frozenset({"Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64"})
NUMBERS = INTEGERS | {"Edm.Decimal", "Edm.Double", "Edm.Single"}

BOOLEAN = Type("Edm.Boolean")
STRING = Type("Edm.String")
INT32 = Type("Edm.Int32")
INT64 = Type("Edm.Int64")
DOUBLE = Type("Edm.Double")
DECIMAL = Type("Edm.Decimal")
GUID = Type("Edm.Guid")
INSTANT = Type("Edm.DateTimeOffset")
DATE = Type("Edm.Date")
TIME = Type("Edm.TimeOfDay")
DURATION = Type("Edm.Duration")
BINARY = Type("Edm.Binary")
NULL = Type("Edm.Null")
ENTITY = Type("Edm.EntityType")


@dataclass(frozen=True, eq=False)
class Variable:
    """A row that an expression speaks of: the row asked for, or the item of a lambda."""

    name: str
    entity_type: EntityType


@dataclass(frozen=True, slots=True)
class Expression:  # no ABC: asking whether something is one of those takes five times as long
    """A value of some type; null only if `nullable`."""

    @property
    @abstractmethod
    def type(self) -> Type: ...

    @property
    def nullable(self) -> bool:
        return True

    def children(self) -> Iterator["Expression"]:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, Expression):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Expression))


class _Predicate(Expression):
    """True or false, never null, even where an operand is null."""

    __slots__ = ()

    @property
    def type(self) -> Type:
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class PropertyPath(Expression):
    """`Robot/Name`: over to-one navigations to a property."""

    variable: Variable
    hops: tuple[Navigation, ...]
    property: Property

    @builtins.property
    def type(self) -> Type:
        return Type(self.property.edm, self.property.enumeration)

    @builtins.property
    def nullable(self) -> bool:
        return self.property.nullable or any(hop.nullable for hop in self.hops)


@dataclass(frozen=True, slots=True)
class NavigationPath(Expression):
    """`Robot` itself, which can only be compared with null."""

    variable: Variable
    hops: tuple[Navigation, ...]

    @property
    def type(self) -> Type:
        return ENTITY


@dataclass(frozen=True, slots=True)
class Slot(Expression):
    """The place of a literal: which one, how it was written, and what it has to be.

    `refusal` is the sentence for a text that does not spell a value of the type.
    """

    index: int
    kind: str
    wanted: Type
    refusal: str = ""

    @property
    def type(self) -> Type:
        return self.wanted

    @property
    def nullable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Constant(Expression):
    """A value that belongs to the shape: null, true, false, INF; or one baked into an order."""

    value: Any
    wanted: Type

    @property
    def type(self) -> Type:
        return self.wanted

    @property
    def nullable(self) -> bool:
        return self.value is None


@dataclass(frozen=True, slots=True)
class Now(Expression):
    """`now()`: the moment of the request."""

    @property
    def type(self) -> Type:
        return INSTANT

    @property
    def nullable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A canonical function of `functions.py`."""

    function: str
    arguments: tuple[Expression, ...]
    result: Type

    @property
    def type(self) -> Type:
        return self.result

    @property
    def nullable(self) -> bool:
        return self.result is not BOOLEAN  # a predicate of null is false


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    operand: Expression
    result: Type

    @property
    def type(self) -> Type:
        return self.result


@dataclass(frozen=True, slots=True)
class Arithmetic(Expression):
    """add, sub, mul, div, divby, mod; null when dividing by zero."""

    operator: str
    left: Expression
    right: Expression
    result: Type

    @property
    def type(self) -> Type:
        return self.result


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    operand: Expression

    @property
    def type(self) -> Type:
        return self.operand.type

    @property
    def nullable(self) -> bool:
        return self.operand.nullable


@dataclass(frozen=True, slots=True)
class Logic(Expression):
    """A chain of `and` or of `or`, as long as it is."""

    operator: str
    operands: tuple[Expression, ...]

    @property
    def type(self) -> Type:
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        return any(operand.nullable for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Not(Expression):
    operand: Expression

    @property
    def type(self) -> Type:
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        return self.operand.nullable


@dataclass(frozen=True, slots=True)
class Compare(_Predicate):
    """eq, ne, gt, ge, lt, le between values of one type."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class IsNull(_Predicate):
    operand: Expression


@dataclass(frozen=True, slots=True)
class In(_Predicate):
    operand: Expression
    items: tuple[Expression, ...]
    null: bool  #: whether null stands in the list


@dataclass(frozen=True, slots=True)
class Has(_Predicate):
    operand: Expression
    flags: Expression


@dataclass(frozen=True, slots=True)
class Collection:
    """`Robot/Jobs` and what is asked of its items, which the predicate calls `item`."""

    variable: Variable
    hops: tuple[Navigation, ...]
    navigation: Navigation
    item: Variable
    predicate: Expression | None


@dataclass(frozen=True, slots=True)
class AnyAll(_Predicate):
    collection: Collection
    every: bool


@dataclass(frozen=True, slots=True)
class Count(Expression):
    collection: Collection

    @property
    def type(self) -> Type:
        return INT64

    @property
    def nullable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Bound:
    """A $filter that holds against the model; `slots` wait for the literals of a request."""

    expression: Expression
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    """One clause of $orderby."""

    expression: Expression
    descending: bool
