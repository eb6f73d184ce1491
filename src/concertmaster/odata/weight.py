"""How much SQL an expression becomes: a bound on functions that repeat their arguments.

Some functions name an argument several times (`floor` on SQLite does so three times), so that
each level of nesting multiplies the statement. SQLite's parser gives up at a depth of 100, too.
"""

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.expression import (
    DATE,
    INSTANT,
    AnyAll,
    Arithmetic,
    Call,
    Cast,
    Compare,
    Count,
    Expression,
)  # fmt: skip
from concertmaster.odata.functions import FUNCTIONS

LARGEST = 400


def weigh(expression: Expression) -> int:
    """How much SQL an expression becomes, arguments that it repeats counted each time.

    Raises:
        InvalidQuery: functions that repeat their arguments stand too deep in one another.
    """
    if isinstance(expression, (AnyAll, Count)):
        predicate = expression.collection.predicate
        return 1 + (weigh(predicate) if predicate else 0)
    copies = 1
    if isinstance(expression, Call):
        copies = max(signature.copies for signature in FUNCTIONS[expression.function])
    elif isinstance(expression, Cast) or getattr(expression, "operator", "") == "mod":
        copies = 4
    size = 1 + sum(
        max(copies, _conversion(expression, child)) * weigh(child)
        for child in expression.children()
    )
    if copies > 1 and size > LARGEST:
        raise InvalidQuery("Recursion depth exceeded allowed limit.")
    return size


def _conversion(parent: Expression, child: Expression) -> int:
    """How often a moment is repeated where it turns from text into ticks, or back."""
    if child.type not in (INSTANT, DATE):
        return 1
    in_ticks = isinstance(child, Arithmetic)
    if isinstance(parent, (Arithmetic, Compare)):
        return 1 if in_ticks else 2
    return 3 if in_ticks else 1
