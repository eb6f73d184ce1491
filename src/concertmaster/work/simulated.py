"""Robots of ours at work: they take jobs, run them, work off queues, and give signs of life."""

import threading

from sqlalchemy.orm import Session

from concertmaster.domain import reactions, simulation
from concertmaster.store import Tenant
from concertmaster.work.due import Fired, Kind, in_transaction


def _work(tenant: Tenant, now: str, stopping: threading.Event) -> list[Fired]:
    fired: list[Fired] = []
    while not stopping.is_set():
        with tenant.session() as session:
            done = simulation.work_off(session, now=now)
            if done is None:
                break
            reactions.commit(session)
        fired += [Fired(now, what, id_) for what, id_ in done]
    return fired


def _pulse(session: Session, now: str) -> list[Fired]:
    simulation.pulse(session, now=now)
    return []  # nothing that anybody waits for


KINDS = (
    Kind("robot.simulated", simulation.next_due, _work),
    Kind("robot.alive", simulation.next_pulse, in_transaction(_pulse), refreshes=True),
)
