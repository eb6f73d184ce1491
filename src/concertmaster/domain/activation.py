"""Triggers of queues: how many jobs a queue wants, and when it is counted.

A queue is counted when an item is added, when a job of the process has ended (if the trigger asks
for it), when the trigger is made or switched on, and at every half hour while items wait: that
finds those whose time has come, those that are tried again, and those that waited for a job to end.
"""

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import launching, occurrences, schedules
from concertmaster.domain.events import Event
from concertmaster.entities import Job, JobState, ProcessSchedule, QueueItem, QueueItemStatus

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
    for event in happened:
        wake = WAKES.get(event.type)
        if wake is not None:
            for begin in range(0, len(event.ids), CHUNK):
                wake(session, event.ids[begin : begin + CHUNK], event.at)


def _count_now(session: Session, which: sa.ColumnElement[bool], now: str) -> None:
    """Triggers of queues that are on, and would not count by now anyway."""
    of_queues = ProcessSchedule.queue_definition_id.is_not(None)
    resting = sa.or_(ProcessSchedule.due_at.is_(None), ProcessSchedule.due_at > now)
    session.execute(
        sa.update(ProcessSchedule)
        .where(which, of_queues, ProcessSchedule.enabled, resting)
        .values(due_at=now)
    )


def _added(session: Session, item_ids: Sequence[int], now: str) -> None:
    _count_now(session, _of_queues_with(item_ids), now)


def _ended(session: Session, job_ids: Sequence[int], now: str) -> None:
    releases = sa.select(Job.release_id).where(Job.id.in_(job_ids))
    asked = ProcessSchedule.activate_on_job_complete & ProcessSchedule.release_id.in_(releases)
    _count_now(session, asked, now)


def _come_back(session: Session, item_ids: Sequence[int], now: str) -> None:
    """Items are new again: those triggers that had nothing to count have, at the half hour."""
    idle = sa.select(ProcessSchedule).where(
        _of_queues_with(item_ids), ProcessSchedule.enabled, ProcessSchedule.due_at.is_(None)
    )
    for schedule in session.scalars(idle):
        schedule.due_at = next_count(session, schedule, now=now)
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
