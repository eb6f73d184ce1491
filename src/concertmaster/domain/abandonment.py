"""Transactions that nobody ends: after a day they are abandoned, and perhaps tried again.

InProgress ──(24 h of the tenant's time)──→ Abandoned   (and a new item, where the queue wants it)
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.due import first
from concertmaster.domain.queue_history import ITEMS, NOBODY, change_items
from concertmaster.domain.transactions import retry_automatically
from concertmaster.entities import QueueDefinition, QueueItem, QueueItemEventAction, QueueItemStatus

#: Seconds that a transaction may take.
LONGEST = 24 * 3600

#: How many are abandoned in one go.
BATCH = 500

_IN_PROGRESS = ITEMS.c.status == QueueItemStatus.InProgress


#: When the transaction that was started first will be abandoned.
next_due = first(sa.select(sa.func.min(ITEMS.c.start_processing)).where(_IN_PROGRESS), wait=LONGEST)


def abandon_due(session: Session, *, now: str) -> list[int]:
    """Give up transactions that were started too long ago, the oldest first; their items' ids."""
    too_long = ITEMS.c.start_processing <= clock.add(now, -LONGEST)
    oldest = sa.select(ITEMS.c.id).where(_IN_PROGRESS, too_long)
    oldest = oldest.order_by(ITEMS.c.start_processing, ITEMS.c.id).limit(BATCH)
    ids = list(session.scalars(oldest.with_for_update(skip_locked=True)))
    given_up = set(
        change_items(
            session, ITEMS.c.id.in_(ids), _IN_PROGRESS, too_long,
            values={"status": QueueItemStatus.Abandoned},
            action=QueueItemEventAction.Status, by=NOBODY, now=now,
        )
    )  # fmt: skip
    abandoned = [id_ for id_ in ids if id_ in given_up]
    _retry(session, abandoned, now)
    return abandoned


def _retry(session: Session, ids: list[int], now: str) -> None:
    """Another try, where the queue retries what is abandoned and has tries left."""
    again = (
        sa.select(QueueItem, QueueDefinition)
        .join(QueueDefinition, QueueDefinition.id == QueueItem.queue_definition_id)
        .where(
            QueueItem.id.in_(ids),
            QueueDefinition.retry_abandoned_items,
            QueueItem.retry_number < QueueDefinition.max_number_of_retries,
        )
        .order_by(QueueItem.id)
        .execution_options(populate_existing=True)
    )
    for item, queue in session.execute(again).all():
        retry_automatically(session, queue, item, by=NOBODY, now=now)
