"""What follows from what happened, and the one way a unit of work is committed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from concertmaster.domain import activation, alerts, events, launching, outcomes, webhooks
from concertmaster.domain.events import Event
from concertmaster.store import Tenant


@dataclass(frozen=True)
class Reaction:
    """What somebody does about events of some types."""

    #: Whether events of a type may be anything to it: a look into a table, never into the database.
    concerns: Callable[[Tenant, str], bool]
    #: Is shown those of a unit of work; `by` is the user who caused it, None for robots and for
    #: the background.
    react: Callable[[Session, Sequence[Event], int | None], None]


#: In order.
REACTIONS: tuple[Reaction, ...] = (
    # First: it tells how things stand before anything follows.
    Reaction(webhooks.concerns, webhooks.announce),
    Reaction(lambda _, type_: type_ in alerts.SAID, alerts.raise_alerts),
    Reaction(lambda _, type_: type_ in launching.NOTED, launching.react),
    Reaction(lambda _, type_: type_ in activation.WAKES, activation.react),
    Reaction(lambda _, type_: type_ in outcomes.FOLLOWS, outcomes.react),
)


def concern(tenant: Tenant, happened: Sequence[Event]) -> bool:
    """Whether anything follows from what happened."""
    for event in happened:
        for reaction in REACTIONS:
            if reaction.concerns(tenant, event.type):
                return True
    return False


def settle(session: Session, *, by: int | None = None) -> None:
    """Write what follows from what happened; what follows may be followed by more."""
    tenant: Tenant = session.info["tenant"]
    while happened := events.take(session):
        for reaction in REACTIONS:
            if mine := [one for one in happened if reaction.concerns(tenant, one.type)]:
                reaction.react(session, mine, by)


def commit(session: Session, *, by: int | None = None) -> None:
    """Commit a tenant's unit of work with all that follows from it, then wake the background."""
    settle(session, by=by)
    session.commit()
    tenant: Tenant = session.info["tenant"]
    tenant.bell.ring()
