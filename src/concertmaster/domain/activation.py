"""Triggers of queues: how many jobs a queue wants, and when it is counted.

A queue is counted when an item is added, when a job of the process has ended (if the trigger asks
for it), when the trigger is made or switched on, and at every half hour while items wait: that
finds those whose time has come, those that are tried again, and those that waited for a job to end.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import launching, occurrences, schedules
from concertmaster.domain.events import Event
from concertmaster.entities import Job, JobState, ProcessSchedule, QueueItem, QueueItemStatus

#: Jobs that will work on items, or are at it.
ACTIVE = (JobState.Pending, JobState.Running, JobState.Resumed)

#: After these, the queue is counted at once; after those, at the next half hour.
ADDED: Final = frozenset({"queueItem.added"})
LATER: Final = frozenset({"queueItem.deferred", "queueItem.retried"})
ENDED: Final = frozenset({"job.completed", "job.faulted", "job.stopped"})


def missing_jobs(session: Session, schedule: ProcessSchedule, *, now: str) -> int:
    """How many jobs a queue wants beyond those it has."""
    waiting = session.scalar(_new_items(schedule, ready_at=now)) or 0
    threshold = schedule.items_activation_threshold or 1
    if waiting < threshold:
        return 0
    wanted = 1 + (waiting - threshold) // (schedule.items_per_job_activation_target or 1)
    return max(0, min(wanted, schedule.max_jobs_for_activation or 1) - _active(session, schedule))


def _new_items(schedule: ProcessSchedule, *, ready_at: str | None = None) -> sa.Select[int]:
    found = sa.select(sa.func.count()).where(
        QueueItem.queue_definition_id == schedule.queue_definition_id,
        QueueItem.status == QueueItemStatus.New,
    )
    if ready_at is None:
        return found
    return found.where(sa.or_(QueueItem.defer_date.is_(None), QueueItem.defer_date <= ready_at))


def _active(session: Session, schedule: ProcessSchedule) -> int:
    per_process = launching.setting(session, launching.COUNT_STRATEGY).upper() == "PERPROCESS"
    same = Job.starting_schedule_id == schedule.id
    if per_process:
        same = Job.release_id == schedule.release_id
    return session.scalar(sa.select(sa.func.count()).where(same, Job.state.in_(ACTIVE))) or 0


def next_count(session: Session, schedule: ProcessSchedule, *, now: str) -> str | None:
    """When the queue is counted again by itself: not at all while nothing waits in it."""
    if not session.scalar(_new_items(schedule)):
        return schedule.stop_process_date
    calendar = schedules.calendar_of(session, schedule)
    found = occurrences.next_count(schedule, calendar, after=now)
    return found or schedule.stop_process_date


# --- waking ---------------------------------------------------------------------------------


def react(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """Let triggers count their queues because of what happened."""
    added, later, ended = (
        [id_ for event in happened if event.type in names for id_ in event.ids]
        for names in (ADDED, LATER, ENDED)
    )
    if not (added or later or ended):
        return
    now = happened[-1].at
    idle = session.scalars(_idle(now)).all()
    if not idle:
        return
    filled, waiting = _queues(session, added), _queues(session, later)
    releases = _releases(session, ended)
    for schedule in idle:
        asks = schedule.activate_on_job_complete and schedule.release_id in releases
        if asks or schedule.queue_definition_id in filled:
            schedule.due_at = now
        elif schedule.due_at is None and schedule.queue_definition_id in waiting:
            schedule.due_at = next_count(session, schedule, now=now)
    session.flush()


def _idle(now: str) -> sa.Select[ProcessSchedule]:
    """Triggers of queues that are on and would not count by now anyway."""
    return sa.select(ProcessSchedule).where(
        ProcessSchedule.queue_definition_id.is_not(None),
        ProcessSchedule.enabled,
        sa.or_(ProcessSchedule.due_at.is_(None), ProcessSchedule.due_at > now),
    )


def _queues(session: Session, item_ids: Sequence[int]) -> set[int]:
    column = QueueItem.queue_definition_id
    return _looked_up(session, column, QueueItem.id, item_ids)


def _releases(session: Session, job_ids: Sequence[int]) -> set[int]:
    return _looked_up(session, Job.release_id, Job.id, job_ids)


def _looked_up(session: Session, column: Any, key: Any, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for begin in range(0, len(ids), 1000):  # a statement takes only so many
        chunk = ids[begin : begin + 1000]
        found.update(session.scalars(sa.select(column).where(key.in_(chunk)).distinct()))
    return found
