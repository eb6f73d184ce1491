"""Kinds of background work: when something of a kind falls due next, and how it is done."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from concertmaster.domain import reactions
from concertmaster.domain.due import Next
from concertmaster.store import Tenant


@dataclass(frozen=True, slots=True)
class Fired:
    """Something that was done because its time had come."""

    at: str
    what: str
    id: int | str


#: Does what is due at an instant, as far as one go can; leaves off between two steps when the
#: event is set. Several processes may do it at once: rows are claimed by compare-and-set.
Run = Callable[[Tenant, str, threading.Event], list[Fired]]


@dataclass(frozen=True)
class Kind:
    """One kind of background work. What is due is rows: a kill loses nothing."""

    name: str
    next: Next
    run: Run
    rests: bool = True  #: whether it is held while the tenant's background is paused
    #: Whether it only keeps something fresh: no moment of it is stopped at when time is advanced.
    refreshes: bool = False


def in_transaction(work: Callable[[Session, str], Iterable[Fired]]) -> Run:
    """The `run` of work that one transaction can do."""

    def run(tenant: Tenant, now: str, stopping: threading.Event) -> list[Fired]:
        with tenant.session() as session:
            fired = list(work(session, now))
            reactions.commit(session)
        return fired

    return run
