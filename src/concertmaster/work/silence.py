"""Robots that are not heard of any more: marked, and their jobs ended."""

import threading
from collections.abc import Callable

from concertmaster.domain import sessions
from concertmaster.store import Tenant


def watch(seconds: int) -> Callable[[Tenant, threading.Event], None]:
    """A task that gives up robots after so many seconds of the tenant's time."""

    def give_up(tenant: Tenant, stopping: threading.Event) -> None:
        now = tenant.clock.now()
        with tenant.reader() as session:
            due = sessions.silent(now=now, after=seconds).limit(1)
            if session.scalars(due).first() is None:
                return
        with tenant.session() as session:
            sessions.give_up_silent(session, now=now, after=seconds)
            session.commit()

    return give_up
