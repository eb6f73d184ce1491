"""Triggers of queues: how many jobs a queue wants, and when it is counted.

A queue is counted when an item is added, when a job of the process has ended (if the trigger asks
for it), when the trigger is made or switched on, and at every half hour: that finds items whose
time has come, those that are tried again, and those that waited for a job to end. Half hours at
which nothing can have changed are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from concertmaster.domain import clock, launching, occurrences, schedules
from concertmaster.domain.events import Event
from concertmaster.domain.queue_history import ITEMS
from concertmaster.entities import Job, JobState, ProcessSchedule, QueueItem, QueueItemStatus
from concertmaster.odata.query import (
    Statement,
    compile_statement,
    list_value,
    once_per_dialect,
    one_of,
    write,
)

SCHEDULES = cast("sa.Table", ProcessSchedule.__table__)
JOBS = cast("sa.Table", Job.__table__)

#: Jobs that will work on items, or are at it.
ACTIVE = (JobState.Pending, JobState.Running, JobState.Resumed)


def missing_jobs(session: Session, schedule: ProcessSchedule, *, now: str) -> int:
    """How many jobs a queue wants beyond those it has."""
    waiting = session.scalar(_new_items(schedule, ready_at=now)) or 0
    threshold = schedule.items_activation_threshold or 1
    if waiting < threshold:
        return 0
    wanted = 1 + (waiting - threshold) // (schedule.items_per_job_activation_target or 1)
    return max(0, min(wanted, schedule.max_jobs_for_activation or 1) - _active(session, schedule))


def _new_items(schedule: ProcessSchedule, *, ready_at: str | None = None) -> sa.Select[int]:
    found = sa.select(sa.func.count()).where(*_new(schedule))
    if ready_at is None:
        return found
    return found.where(sa.or_(QueueItem.defer_date.is_(None), QueueItem.defer_date <= ready_at))


def _new(schedule: ProcessSchedule) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        QueueItem.queue_definition_id == schedule.queue_definition_id,
        QueueItem.status == QueueItemStatus.New,
    )


def _active(session: Session, schedule: ProcessSchedule) -> int:
    per_process = launching.setting(session, launching.COUNT_STRATEGY).upper() == "PERPROCESS"
    same = Job.starting_schedule_id == schedule.id
    if per_process:
        same = Job.release_id == schedule.release_id
    return session.scalar(sa.select(sa.func.count()).where(same, Job.state.in_(ACTIVE))) or 0


def next_count(session: Session, schedule: ProcessSchedule, *, now: str) -> str | None:
    """The first half hour at which counting may bring more than it does now.

    None while only something that happens can change that: it wakes the trigger.
    """
    last_day = schedule.stop_process_date
    if (session.scalar(_new_items(schedule)) or 0) < (schedule.items_activation_threshold or 1):
        return last_day
    after: str | None = now
    if not missing_jobs(session, schedule, now=now):
        deferred = sa.select(sa.func.min(QueueItem.defer_date))
        after = session.scalar(deferred.where(*_new(schedule), QueueItem.defer_date > now))
        after = max(now, clock.add(after, -1)) if after is not None else None
    return (half_hour(session, schedule, after=after) if after else None) or last_day


def half_hour(session: Session, schedule: ProcessSchedule, *, after: str) -> str | None:
    """The next full or half hour of a working day; its last day if that comes first."""
    calendar = schedules.calendar_of(session, schedule)
    found = occurrences.next_count(schedule, calendar, after=after)
    return found or schedule.stop_process_date


# --- waking ---------------------------------------------------------------------------------


def react(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """Let triggers count their queues because of what happened."""
    for event in happened:
        for begin in range(0, len(event.ids), CHUNK):
            WAKES[event.type](session, event.ids[begin : begin + CHUNK], event.at)


#: Which triggers are meant, of some ids that are bound as one value (see `one_of`).
Which = Callable[[str], sa.ColumnElement[bool]]


@once_per_dialect
def _waking(which: Which, dialect: sa.Dialect) -> Statement:
    """Wakes triggers of queues that are on, and would not count by now anyway."""
    now = sa.bindparam("at", type_=SCHEDULES.c.due_at.type)
    return compile_statement(
        sa.update(SCHEDULES)
        .where(
            which(dialect.name),
            SCHEDULES.c.queue_definition_id.is_not(None),
            SCHEDULES.c.enabled,
            sa.or_(SCHEDULES.c.due_at.is_(None), SCHEDULES.c.due_at > now),
        )
        .values(due_at=now)
        .returning(SCHEDULES.c.id),
        dialect,
    )


def _count_now(session: Session, which: Which, ids: Sequence[int], now: str) -> None:
    """One statement, compiled once: items are added more often than there are triggers."""
    session.flush()
    connection = session.connection()
    statement = _waking(which, connection.dialect)
    given = {"ids": list_value(ids, connection.dialect.name), "at": now}
    for (schedule_id,) in write(connection, SCHEDULES, statement, given):
        known = session.identity_map.get(identity_key(ProcessSchedule, schedule_id))
        if known is not None:
            session.expire(known)


def _of_items(dialect: str) -> sa.ColumnElement[bool]:
    items = sa.select(QueueItem.queue_definition_id).where(one_of(ITEMS.c.id, "ids", dialect))
    return SCHEDULES.c.queue_definition_id.in_(items)


def _of_jobs(dialect: str) -> sa.ColumnElement[bool]:
    jobs = sa.select(Job.release_id).where(one_of(JOBS.c.id, "ids", dialect))
    return SCHEDULES.c.activate_on_job_complete & SCHEDULES.c.release_id.in_(jobs)


def _added(session: Session, item_ids: Sequence[int], now: str) -> None:
    _count_now(session, _of_items, item_ids, now)


def _ended(session: Session, job_ids: Sequence[int], now: str) -> None:
    """Those that ask for it count at once; the others at the half hour."""
    _count_now(session, _of_jobs, job_ids, now)
    releases = sa.select(Job.release_id).where(Job.id.in_(job_ids))
    _count_later(session, ProcessSchedule.release_id.in_(releases), now)


def _come_back(session: Session, item_ids: Sequence[int], now: str) -> None:
    """Items are new again."""
    _count_later(session, _of_queues_with(item_ids), now)


def _count_later(session: Session, which: sa.ColumnElement[bool], now: str) -> None:
    of_queues = ProcessSchedule.queue_definition_id.is_not(None)
    last_day = ProcessSchedule.stop_process_date
    idle = sa.or_(ProcessSchedule.due_at.is_(None), ProcessSchedule.due_at == last_day)
    for schedule in session.scalars(
        sa.select(ProcessSchedule)
        .where(which, of_queues, ProcessSchedule.enabled, idle)
        .order_by(ProcessSchedule.id)
    ):
        schedule.due_at = half_hour(session, schedule, after=now)
    session.flush()


def _of_queues_with(item_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    queues = sa.select(QueueItem.queue_definition_id).where(QueueItem.id.in_(item_ids))
    return ProcessSchedule.queue_definition_id.in_(queues)


#: Ids in one statement.
CHUNK = 1000

Wake = Callable[[Session, Sequence[int], str], None]

#: What makes a queue be counted, and when.
WAKES: Mapping[str, Wake] = {
    "queueItem.added": _added,
    "queueItem.deferred": _come_back,
    "queueItem.retried": _come_back,
    "job.completed": _ended,
    "job.faulted": _ended,
    "job.stopped": _ended,
}
