"""Which operands go together, and what type a literal takes next to them.

Numbers of any kind go with numbers, a date with a moment (as its midnight), everything else with
its own type only. Refusals are in ODL's words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.expression import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    DURATION,
    ENTITY,
    INSTANT,
    INT64,
    NULL,
    STRING,
    Cast,
    Constant,
    Expression,
    IsNull,
    Not,
    Slot,
    Type,
)  # fmt: skip
from concertmaster.odata.functions import Signature
from concertmaster.odata.literals import fitting

#: Operator → ODL's name for it in refusals.
KINDS = {
    "eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual",
    "lt": "LessThan", "le": "LessThanOrEqual", "and": "And", "or": "Or", "has": "Has",
    "add": "Add", "sub": "Subtract", "mul": "Multiply", "div": "Divide", "divby": "Divide",
    "mod": "Modulo", "in": "Equal",
}  # fmt: skip

#: What can be put in order: all but truth, bytes and rows.
UNORDERED = frozenset({BOOLEAN.name, "Edm.Binary", ENTITY.name})

#: (left, operator, right) → result, beyond numbers (OData 4.01 part 2, 5.1.1.2).
MOMENTS: Mapping[tuple[str, str, str], Type] = {
    (INSTANT.name, "sub", INSTANT.name): DURATION,
    (INSTANT.name, "add", DURATION.name): INSTANT,
    (INSTANT.name, "sub", DURATION.name): INSTANT,
    (DATE.name, "sub", DATE.name): DURATION,
    (DATE.name, "add", DURATION.name): DATE,
    (DATE.name, "sub", DURATION.name): DATE,
    (DURATION.name, "add", DURATION.name): DURATION,
    (DURATION.name, "sub", DURATION.name): DURATION,
}

#: What a moment or duration can be added to.
COUNTED = frozenset({INSTANT.name, DATE.name, DURATION.name})

_TEXTUAL = frozenset({
    "Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Boolean", "Edm.String",
    "Edm.Guid", "Edm.DateTimeOffset", "Edm.Date", "Edm.TimeOfDay",
})  # fmt: skip

CASTS = _TEXTUAL | {"Edm.Double", "Edm.Single", "Edm.Decimal", "Edm.Duration"}


def castable(source: Type, wanted: Type) -> bool:
    """Casts that mean the same on every database: a double has no one text, so it has none."""
    if source in (ENTITY, NULL):
        return source == NULL
    if source.name == wanted.name or (source.numeric and wanted.numeric):
        return True
    if wanted == STRING:
        return source.name in _TEXTUAL or source.enumeration is not None
    if source == STRING:
        return wanted.integer
    if source.enumeration:
        return wanted.integer
    return (source.name, wanted.name) in ((INSTANT.name, DATE.name), (DATE.name, INSTANT.name))


def against_null(name: str, operand: Expression) -> Expression:
    """Nothing is greater or less than null; only null equals null (5.1.1.1.1)."""
    if name not in ("eq", "ne"):
        return Constant(False, BOOLEAN)
    if operand.type == NULL:
        return Constant(name == "eq", BOOLEAN)
    return IsNull(operand) if name == "eq" else Not(IsNull(operand))


def paired(name: str, left: Expression, right: Expression) -> tuple[Expression, Expression]:
    """Both operands in one type, literals taking the type of what they are compared with."""
    if isinstance(right, Slot) and not isinstance(left, Slot):
        return _fitted_literal(name, left, right)
    if isinstance(left, Slot) and not isinstance(right, Slot):
        operand, literal = _fitted_literal(name, right, left)
        return literal, operand
    if isinstance(left, Slot) and isinstance(right, Slot) and left.type.name != right.type.name:
        if left.type.numeric and right.type.numeric:
            return left, right
        for first, second in ((left, right), (right, left)):
            wanted = fitting(second, first.type) if second.kind == "date" else None
            if wanted:
                changed: Expression = replace(second, wanted=wanted)
                return (first, changed) if first is left else (changed, first)
    if left.type.name == right.type.name or (left.type.numeric and right.type.numeric):
        return left, right
    if left.type == DATE and right.type == INSTANT:
        return Cast(left, INSTANT), right
    if left.type == INSTANT and right.type == DATE:
        return left, Cast(right, INSTANT)
    raise incompatible(name, left.type, right.type)


def _fitted_literal(name: str, operand: Expression, slot: Slot) -> tuple[Expression, Expression]:
    wanted = fitting(slot, operand.type)
    if wanted is None:
        if operand.type == DATE and slot.kind == "datetime":
            return Cast(operand, INSTANT), slot
        raise incompatible(name, operand.type, slot.type)
    refusal = str(incompatible(name, operand.type, slot.type)) if slot.kind != "int" else ""
    return operand, replace(slot, wanted=wanted, refusal=refusal)


def fitted_arguments(
    signature: Signature, arguments: Sequence[Expression]
) -> list[Expression] | None:
    """The arguments in the types of a signature, or None where they do not fit."""
    if len(arguments) != len(signature.arguments):
        return None
    fitted: list[Expression] = []
    for argument, wanted in zip(arguments, signature.arguments, strict=True):
        if argument.type == NULL:
            argument = Constant(None, wanted)
        elif wanted in (DOUBLE, DECIMAL):
            if not argument.type.numeric or (wanted == DOUBLE and argument.type == DECIMAL):
                return None
        elif wanted.integer:
            if not argument.type.integer:
                return None
        elif argument.type.name != wanted.name:
            return None
        fitted.append(argument)
    return fitted


def number_type(name: str, left: Type, right: Type) -> Type:
    if name == "divby":
        return DECIMAL
    if left.integer and right.integer:
        return INT64
    return DOUBLE if DOUBLE in (left, right) else DECIMAL


def incompatible(name: str, left: Type, right: Type) -> InvalidQuery:
    return InvalidQuery(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left.name}' and '{right.name}' for operator kind '{KINDS[name]}'."
    )


def incompatible_one(kind: str, operand: Type) -> InvalidQuery:
    return InvalidQuery(
        "A unary operator with an incompatible type was detected. Found operand type "
        f"'{operand.name}' for operator kind '{kind}'."
    )
