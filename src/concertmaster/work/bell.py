"""How a request tells the background that there is something to do."""

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session

from concertmaster.store import Tenant


class Bell:
    """A tenant's bell: rung by whoever commits work, heard by the runner.

    It starts rung, so that what an earlier process left is looked at first.
    """

    def __init__(self, _tenant: Tenant) -> None:
        self.rung = True
        self.wakes: threading.Event | None = None

    def ring(self) -> None:
        self.rung = True
        if self.wakes is not None:
            self.wakes.set()

    def heard(self) -> bool:
        """Whether it has rung since the last time."""
        rung, self.rung = self.rung, False
        return rung


def ring_after_commit(session: Session, tenant: Tenant) -> None:
    """Ring once the work can be seen by others; a rollback rings nothing."""
    bell = tenant.own(Bell)

    def committed(_session: Session) -> None:
        bell.ring()

    event.listen(session, "after_commit", committed, once=True)
