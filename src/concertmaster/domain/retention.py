"""For how long queues keep their items: policies, and the work of every night that they are due.

Days are calendar days of UTC. An item that was last changed on some day and is kept for 30 is
removed when the 31st day after it begins. A reference that had to be unique stays taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import archives, clock
from concertmaster.domain.due import first
from concertmaster.domain.errors import InvalidArgument, ItemNotFound
from concertmaster.domain.queue_history import ITEMS
from concertmaster.domain.queues import LET_GO
from concertmaster.entities import (
    Bucket,
    BucketOptions,
    JobTrigger,
    JobTriggerStatus,
    QueueDefinition,
    QueueItemEvent,
    QueueItemStatus,
    QueueRetention,
    RetentionAction,
    RetentionType,
    queue_references,
)
from concertmaster.store.blobs import Blobs
from concertmaster.store.inserts import insert_for

#: What a new queue has: items that are done with are deleted after 30 days, others after 180.
DEFAULT_PERIODS: Mapping[RetentionType, int] = {
    RetentionType["Final"]: 30,
    RetentionType["Stale"]: 180,
}
#: Days that a period may have.
SHORTEST, LONGEST = 1, 180

#: Which items a policy is about.
STATUSES: Mapping[RetentionType, Sequence[QueueItemStatus]] = {
    RetentionType["Final"]: (
        QueueItemStatus.Failed, QueueItemStatus.Successful, QueueItemStatus.Abandoned,
        QueueItemStatus.Retried, QueueItemStatus.Deleted,
    ),
    RetentionType["Stale"]: (QueueItemStatus.New,),
}  # fmt: skip

#: Since when an item is as it is; its history may tell of a later change.
SINCE: Mapping[RetentionType, sa.ColumnElement[str]] = {
    RetentionType["Final"]: sa.func.coalesce(
        ITEMS.c.end_processing, ITEMS.c.start_processing, ITEMS.c.creation_time
    ),
    RetentionType["Stale"]: sa.func.coalesce(ITEMS.c.defer_date, ITEMS.c.creation_time),
}

#: How many items are removed in one go.
BATCH = 1000

_DATE = len("2026-11-28")  # the characters of an instant that are its date


# --- policies -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """What somebody wants of a queue's retention."""

    action: RetentionAction
    period: int
    bucket_id: int | None = None


def keep_all(connection: sa.Connection) -> None:
    """Let queues that have no policies keep everything: those that came with a scenario."""
    table = cast("sa.Table", QueueRetention.__table__)
    queue = QueueDefinition.__table__.c
    for type_, period in DEFAULT_PERIODS.items():
        said = sa.select(table.c.id).where(
            table.c.queue_definition_id == queue.id, table.c.type == type_
        )
        unsaid = sa.select(
            queue.id, queue.organization_unit_id, sa.literal(int(type_)),
            sa.literal(int(RetentionAction["None"])), sa.literal(period),
        ).where(~said.exists())  # fmt: skip
        names = ["queue_definition_id", "organization_unit_id", "type", "action", "period"]
        connection.execute(sa.insert(table).from_select(names, unsaid))


def of_queue(session: Session, queue_id: int) -> dict[RetentionType, QueueRetention]:
    """The policies of a queue."""
    found = sa.select(QueueRetention).where(QueueRetention.queue_definition_id == queue_id)
    return {policy.type: policy for policy in session.scalars(found)}


def set_policy(
    session: Session, queue: QueueDefinition, type_: RetentionType, wanted: Policy, *, now: str
) -> QueueRetention:
    """Keep a queue's items so from now on.

    Raises:
        InvalidArgument: the period is too long or too short, or an archive has no bucket.
        ItemNotFound: there is no such bucket in the queue's folder.
    """
    if not SHORTEST <= wanted.period <= LONGEST:
        raise InvalidArgument("Invalid argument 'Period'")
    archives_ = wanted.action == RetentionAction["Archive"]
    if archives_:
        _check_bucket(session, queue, wanted.bucket_id)
    row = of_queue(session, queue.id).get(type_)
    if row is None:
        row = QueueRetention(queue_definition_id=queue.id, type=type_)
        row.organization_unit_id = queue.organization_unit_id
        session.add(row)
    row.action, row.period = wanted.action, wanted.period
    row.bucket_id = wanted.bucket_id if archives_ else None
    row.next_run = _next_run(session, row, now)
    session.flush()
    return row


def amend(
    session: Session,
    queue: QueueDefinition,
    type_: RetentionType,
    action: RetentionAction | None,
    period: int | None,
    bucket_id: int | None,
    *,
    now: str,
) -> None:
    """Change a part of a policy; what is None stays as it is. Raises as `set_policy`."""
    standing = of_queue(session, queue.id).get(type_)
    before = standing or Policy(RetentionAction["None"], DEFAULT_PERIODS[type_])
    wanted = Policy(
        before.action if action is None else action,
        before.period if period is None else period,
        before.bucket_id if bucket_id is None else bucket_id,
    )
    set_policy(session, queue, type_, wanted, now=now)


def members(session: Session, queue_id: int) -> dict[str, Any]:
    """The policies of a queue as they are told beside its own members (QueueGetModel)."""
    told: dict[str, Any] = {}
    standing = of_queue(session, queue_id)
    for name, prefix in (("Final", "Retention"), ("Stale", "StaleRetention")):
        policy = standing.get(RetentionType[name])
        bucket = session.get(Bucket, policy.bucket_id) if policy and policy.bucket_id else None
        told[f"{prefix}Action"] = policy.action.name if policy else "None"
        told[f"{prefix}Period"] = policy.period if policy else None
        told[f"{prefix}BucketId"] = bucket.id if bucket else None
        told[f"{prefix}BucketName"] = bucket.name if bucket else None
    return told


def of_new_queue(queue: QueueDefinition, *, now: str) -> list[dict[str, Any]]:
    """The policies of a queue that was just made and holds nothing yet."""
    runs = _first_runs(now[:_DATE])
    return [
        {
            "queue_definition_id": queue.id,
            "organization_unit_id": queue.organization_unit_id,
            "type": type_,
            "action": RetentionAction["Delete"],
            "period": period,
            "next_run": runs[type_],
        }
        for type_, period in DEFAULT_PERIODS.items()
    ]


@lru_cache(8)
def _first_runs(date: str) -> Mapping[RetentionType, str]:
    """When the policies of a queue that was made on a day may have something to do."""
    day = clock.ticks(clock.parse(date))
    return {
        type_: clock.instant_within(day + (period + 1) * clock.DAY)
        for type_, period in DEFAULT_PERIODS.items()
    }


def set_defaults(session: Session, queue: QueueDefinition, *, now: str) -> None:
    """Keep a queue's items as those of a new queue are kept."""
    for type_, period in DEFAULT_PERIODS.items():
        wanted = Policy(RetentionAction["Delete"], period)
        set_policy(session, queue, type_, wanted, now=now)


def _check_bucket(session: Session, queue: QueueDefinition, bucket_id: int | None) -> None:
    if bucket_id is None:
        raise InvalidArgument("Invalid argument 'BucketId'")
    bucket = session.get(Bucket, bucket_id)
    if bucket is None or bucket.organization_unit_id != queue.organization_unit_id:
        raise ItemNotFound(entity="Bucket")


# --- the work -------------------------------------------------------------------------------


#: When the next policy may have something to do.
next_due = first(sa.select(sa.func.min(QueueRetention.next_run)))


def run_due(session: Session, blobs: Blobs, *, now: str) -> list[int]:
    """Do what the policies want that are due; the ids of the queues that lost items."""
    due = sa.select(QueueRetention).where(QueueRetention.next_run <= now)
    due = due.order_by(QueueRetention.next_run, QueueRetention.id).with_for_update(skip_locked=True)
    touched = []
    for policy in session.scalars(due).all():
        ids = _over(session, policy, now)
        removed = bool(ids) and _remove(session, blobs, policy, ids, now)
        if removed:
            touched.append(policy.queue_definition_id)
        if not removed or len(ids) < BATCH:  # else there is more, and it is due now
            policy.next_run = _next_run(session, policy, now)
    session.flush()
    return touched


def _over(session: Session, policy: QueueRetention, now: str) -> list[int]:
    """The items whose time is over, the oldest first."""
    before = _day(now, -policy.period)
    event = sa.select(QueueItemEvent.id).where(
        QueueItemEvent.queue_item_id == ITEMS.c.id, QueueItemEvent.timestamp >= before
    )
    waited_for = sa.select(JobTrigger.id).where(
        JobTrigger.item_key == ITEMS.c.key, JobTrigger.status == JobTriggerStatus.New
    )
    over = (
        sa.select(ITEMS.c.id)
        .where(*_about(policy), SINCE[policy.type] < before, ~event.exists(), ~waited_for.exists())
        .order_by(ITEMS.c.id)
        .limit(BATCH)
    )
    return list(session.scalars(over.with_for_update(skip_locked=True)))


def _about(policy: QueueRetention) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ITEMS.c.queue_definition_id == policy.queue_definition_id,
        ITEMS.c.status.in_(STATUSES[policy.type]),
    )


def _remove(
    session: Session, blobs: Blobs, policy: QueueRetention, ids: list[int], now: str
) -> bool:
    """Remove items, after they were archived where that is wanted; False where it can't be done."""
    queue = session.get_one(QueueDefinition, policy.queue_definition_id)
    if policy.action == RetentionAction["Archive"]:
        bucket = session.get(Bucket, policy.bucket_id) if policy.bucket_id else None
        if bucket is None or bucket.options & BucketOptions.ReadOnly:
            return False
        archives.keep_items(session, blobs, bucket, queue, ids, now=now)
    if queue.enforce_unique_reference:
        _keep_references(session, ids)
    session.execute(sa.delete(ITEMS).where(ITEMS.c.id.in_(ids)))
    return True


def _keep_references(session: Session, ids: list[int]) -> None:
    taken = sa.select(ITEMS.c.queue_definition_id, ITEMS.c.reference_folded).where(
        ITEMS.c.id.in_(ids), ITEMS.c.status.not_in(LET_GO), ITEMS.c.reference_folded.is_not(None)
    )
    insert = insert_for(session.get_bind().dialect.name, queue_references)
    names = ["queue_definition_id", "reference_folded"]
    session.execute(insert.from_select(names, taken.distinct()).on_conflict_do_nothing())


def _next_run(session: Session, policy: QueueRetention, now: str) -> str | None:
    """The first midnight at which an item may be due: of those there are, or of new ones."""
    if policy.action == RetentionAction["None"]:
        return None
    oldest = session.scalar(sa.select(sa.func.min(SINCE[policy.type])).where(*_about(policy)))
    since = min(oldest or now, now)
    return max(_day(since, policy.period + 1), _day(now, 1))


def _day(moment: str, days: int) -> str:
    """The beginning of the day that lies so many days after that of a moment."""
    return clock.instant_within(_day_of(moment) + days * clock.DAY)


def _day_of(moment: str) -> int:
    """The beginning of its day, in ticks."""
    ticks = clock.ticks(moment)
    return ticks - ticks % clock.DAY
