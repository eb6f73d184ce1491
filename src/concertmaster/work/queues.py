"""Queues on their own: transactions are abandoned, deadlines missed, old items removed."""

from sqlalchemy.orm import Session

from concertmaster.domain import abandonment, deadlines, queue_figures, retention
from concertmaster.store import Tenant
from concertmaster.work.due import Fired, Kind, in_transaction


def _abandon(session: Session, now: str) -> list[Fired]:
    ids = abandonment.abandon_due(session, now=now)
    return [Fired(now, "queueItem.transactionAbandoned", item_id) for item_id in ids]


def _tell(session: Session, now: str) -> list[Fired]:
    return [
        Fired(now, missed.what, missed.item_id) for missed in deadlines.tell_due(session, now=now)
    ]


def _recount(session: Session, now: str) -> list[Fired]:
    queue_figures.recount(session, now=now)
    return []  # a figure is brought up to date: nothing happened


def _clean(session: Session, now: str) -> list[Fired]:
    tenant: Tenant = session.info["tenant"]
    cleaned = retention.run_due(session, tenant.files, now=now)
    return [Fired(now, "queue.retention", queue_id) for queue_id in cleaned]


ABANDONMENT = Kind("queueItem.transactionAbandoned", abandonment.next_due, in_transaction(_abandon))
FIGURES = Kind("queue.figures", queue_figures.next_recount, in_transaction(_recount))
DEADLINES = Kind("queueItem.sla", deadlines.next_due, in_transaction(_tell))
RETENTION = Kind("queue.retention", retention.next_due, in_transaction(_clean))
