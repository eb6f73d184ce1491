"""Deadlines of queue items: in a queue with an SLA, each that passes is told once.

An item that is not done with is first at risk (RiskSlaDate), then late (DueDate). Its
`next_deadline` is the one that comes next; it is empty where nothing is left to be told.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import events
from concertmaster.domain.due import first
from concertmaster.domain.queue_history import ITEMS
from concertmaster.entities import QueueDefinition

AT_RISK, LATE = "queueItem.slaAtRisk", "queueItem.slaBreached"

#: How many items are told of in one go.
BATCH = 500


def next_deadline(
    queue: QueueDefinition, risk: str | None, due: str | None, *, after: str = ""
) -> str | None:
    """Which of an item's deadlines comes first; those up to `after` have been told."""
    if not queue.sla_in_minutes:
        return None
    return min((moment for moment in (risk, due) if moment and moment > after), default=None)


#: When the next deadline is missed.
next_due = first(sa.select(sa.func.min(ITEMS.c.next_deadline)))


@dataclass(frozen=True)
class Missed:
    """An item that has passed a deadline."""

    item_id: int
    what: str  #: AT_RISK or LATE


def tell_due(session: Session, *, now: str) -> list[Missed]:
    """Tell of the items that have passed a deadline, the longest passed first."""
    item = ITEMS.c
    passed = (
        sa.select(item.id, item.organization_unit_id, item.next_deadline, item.due_date)
        .where(item.next_deadline <= now)
        .order_by(item.next_deadline, item.id)
        .limit(BATCH)
    )
    rows = session.execute(passed.with_for_update(skip_locked=True)).all()
    following = sa.case((item.due_date > item.next_deadline, item.due_date), else_=sa.null())
    session.execute(
        sa.update(ITEMS)
        .where(item.id.in_([row.id for row in rows]))
        .values(next_deadline=following)
    )
    told: dict[tuple[str, int], list[int]] = {}
    missed = []
    for row in rows:
        what = LATE if row.due_date and row.due_date <= row.next_deadline else AT_RISK
        told.setdefault((what, row.organization_unit_id), []).append(row.id)
        missed.append(Missed(row.id, what))
    for (what, folder), ids in told.items():
        events.record(session, what, ids, folder=folder, now=now)
    return missed
