"""When something falls due: questions that are data, so that many can be asked in one statement.

    next_due = first(sa.select(sa.func.min(Job.stop_at)))
    next_due(session)           # by itself
    ask(session, [next_due, …]) # together with others

Instants are UTC, as the database holds them (`domain/clock.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.odata.query import Statement, compile_statement, once_per_dialect, run

#: Seconds from an instant until something is due; None where it never is.
Wait = int | Callable[[Session], int | None]

#: The earliest instant at which something falls due, which may have passed; None if nothing does.
Next = Callable[[Session], str | None]


@dataclass(frozen=True)
class Moment:
    """So many seconds after an instant in the database: one indexed look."""

    instant: sa.Select[Any]
    wait: Wait

    def after(self, session: Session, instant: str | None) -> str | None:
        if instant is None:
            return None
        wait = self.wait(session) if callable(self.wait) else self.wait
        return None if wait is None else clock.add(instant, wait)


@dataclass(frozen=True, eq=False)
class Due:
    """The earliest of some moments."""

    moments: tuple[Moment, ...]

    def __or__(self, other: "Due") -> "Due":
        return Due(self.moments + other.moments)

    def __call__(self, session: Session) -> str | None:
        return ask(session, [self])[0]


def first(instant: sa.Select[Any], *, wait: Wait = 0) -> Due:
    """What falls due some seconds after the one instant that a statement finds, or never."""
    return Due((Moment(instant, wait),))


def ask(session: Session, questions: Sequence[Next]) -> list[str | None]:
    """The answers in order: one statement for all that are data, one each for the others."""
    asked = tuple(one for one in questions if isinstance(one, Due))
    found = _answers(session, asked) if asked else {}
    return [found[one] if isinstance(one, Due) else one(session) for one in questions]


def _answers(session: Session, asked: tuple[Due, ...]) -> dict[Due, str | None]:
    session.flush()
    connection = session.connection()
    instants = iter(run(connection, _together(asked, connection.dialect), {})[0])
    found = {}
    for one in asked:
        moments = [moment.after(session, next(instants)) for moment in one.moments]
        found[one] = min((moment for moment in moments if moment is not None), default=None)
    return found


@once_per_dialect
def _together(asked: tuple[Due, ...], dialect: sa.Dialect) -> Statement:
    looks = [moment.instant.scalar_subquery() for one in asked for moment in one.moments]
    return compile_statement(sa.select(*looks), dialect, literals=True)
