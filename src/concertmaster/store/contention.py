"""When two units of work meet at the same rows, one of them has to be done again.

SQLite has one writer at a time, so this is PostgreSQL's: what it gives up, it gives up whole.
"""

from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

#: How often a unit of work is tried, at most.
TRIES: Final = 4

#: What PostgreSQL says of the one that gave way (its manual, "PostgreSQL Error Codes").
_GAVE_WAY: Final = frozenset({
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "23505",  # unique_violation: done again, it finds what is in its way
    "23503",  # foreign_key_violation: done again, it misses what has gone
})  # fmt: skip


def gave_way(error: BaseException | None) -> bool:
    """Whether a unit of work may have failed only because another was at the same rows."""
    if isinstance(error, StaleDataError | ObjectDeletedError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _GAVE_WAY
