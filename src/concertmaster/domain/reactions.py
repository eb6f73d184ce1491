"""What follows from what happened, and the one way a unit of work is committed."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from concertmaster.domain import activation, alerts, events, launching, outcomes, webhooks
from concertmaster.domain.events import Event
from concertmaster.store import Tenant

#: Is shown all that happened in a unit of work; `by` is the user who caused it, None for robots
#: and for the background.
Reaction = Callable[[Session, Sequence[Event], int | None], None]

#: In order. Each picks the events that concern it by a table of its own, and costs nothing where
#: there are none.
REACTIONS: tuple[Reaction, ...] = (
    webhooks.announce,  # first: it tells how things stand before anything follows
    alerts.raise_alerts,
    launching.react,
    activation.react,
    outcomes.react,
)


def settle(session: Session, *, by: int | None = None) -> None:
    """Write what follows from what happened; what follows may be followed by more."""
    while happened := events.take(session):
        for react in REACTIONS:
            react(session, happened, by)


def commit(session: Session, *, by: int | None = None) -> None:
    """Commit a tenant's unit of work with all that follows from it, then wake the background."""
    settle(session, by=by)
    session.commit()
    tenant: Tenant = session.info["tenant"]
    tenant.bell.ring()
