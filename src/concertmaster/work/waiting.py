"""Suspended jobs whose waiting is over: a moment has come, a job or a queue item has ended."""

import threading

from concertmaster.domain import suspension
from concertmaster.store import Tenant


def resume_due(tenant: Tenant, stopping: threading.Event) -> None:
    """Let them go on."""
    now = tenant.clock.now()
    with tenant.reader() as session:
        if session.scalars(suspension.due(now=now).limit(1)).first() is None:
            return
    with tenant.session() as session:
        suspension.fire_due(session, now=now)
        session.commit()
