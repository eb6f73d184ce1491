"""Jobs that wait: suspended with their state, resumed when what they wait for has come.

Running ──→ Suspended ──(a trigger fires, or somebody resumes it)──→ Resumed ──→ Running
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import jobs, sessions
from concertmaster.domain.due import first
from concertmaster.domain.errors import Conflict, ItemNotFound, NotAuthorized
from concertmaster.domain.job_states import FINAL, Mover, may
from concertmaster.entities import (
    Job,
    JobState,
    JobTrigger,
    JobTriggerStatus,
    JobTriggerType,
    QueueItem,
    QueueItemStatus,
    SessionState,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.store.blobs import Blobs

#: In these a queue item is done with, and what waited for it goes on.
DONE = (
    QueueItemStatus.Successful, QueueItemStatus.Failed, QueueItemStatus.Abandoned,
    QueueItemStatus.Deleted,
)  # fmt: skip


@dataclass(frozen=True)
class Wait:
    """One thing that a job waits for."""

    kind: JobTriggerType
    item_key: str | None = None
    item_id: int | None = None
    timer: str | None = None
    message: str | None = None


def suspend(
    session: Session,
    blobs: Blobs,
    held: RobotSession,
    job_key: str,
    persistence_id: str,
    state: BinaryIO,
    waits: Sequence[Wait],
    *,
    now: str,
    **values: Any,
) -> None:
    """A robot lays its job aside, with the state to go on from.

    Raises:
        NotAuthorized: it is not the robot's job.
        Conflict: the job does not run.
    """
    job = session.scalars(sa.select(Job).where(Job.key == job_key)).first()
    if job is None or job.dispatched_to != held.id:
        raise NotAuthorized
    if not may(job.state, JobState.Suspended, Mover.ROBOT):
        raise Conflict(f"A job that is {job.state.name} cannot be suspended.")
    before = job.state_file
    moved = jobs.move(
        session, job, JobState.Suspended, Mover.ROBOT, now=now, persistence_id=persistence_id,
        state_file=blobs.keep("states", state), dispatched_to=None, dispatched_at=None, **values,
    )  # fmt: skip
    if not moved:
        raise Conflict(f"A job that is {job.state.name} cannot be suspended.")
    if before:
        blobs.delete(before)
    wait_for(session, job, waits, now=now)
    held.job_id = None
    sessions.turn(session, held, SessionState.Available, now=now)


def wait_for(session: Session, job: Job, waits: Sequence[Wait], *, now: str) -> None:
    """What a job that was just suspended waits for; what it waited for before is forgotten."""
    session.execute(sa.delete(JobTrigger).where(JobTrigger.job_id == job.id))
    session.add_all(
        JobTrigger(
            job_id=job.id, organization_unit_id=job.organization_unit_id, trigger_type=wait.kind,
            item_key=wait.item_key, item_id=wait.item_id, timer=wait.timer,
            trigger_message=wait.message, status=JobTriggerStatus.New, creation_time=now,
        )
        for wait in waits
    )  # fmt: skip
    session.flush()


def state_of(session: Session, blobs: Blobs, persistence_id: str) -> bytes:
    """What a job left when it was suspended. Raises ItemNotFound."""
    same = Job.persistence_id == persistence_id.strip("{} ").lower()
    job = session.scalars(sa.select(Job).where(same).order_by(Job.id.desc())).first()
    state = blobs.read(job.state_file) if job and job.state_file else None
    if state is None:
        raise ItemNotFound(entity="State")
    return state


def triggers_of(session: Session, job: Job) -> Sequence[JobTrigger]:
    """What a job waits for, or waited for last."""
    mine = sa.select(JobTrigger).where(JobTrigger.job_id == job.id)
    return session.scalars(mine.order_by(JobTrigger.id)).all()


@dataclass(frozen=True)
class Item:
    """The thing that a job waits for, as far as it is one of ours."""

    name: str | None
    created: str | None
    modified: str | None


def waited_for(session: Session, trigger: JobTrigger) -> Item | None:
    """The job or queue item that a trigger is about."""
    if trigger.item_key is None:
        return None
    if trigger.trigger_type == JobTriggerType.Job:
        job = session.scalars(sa.select(Job).where(Job.key == trigger.item_key)).first()
        if job is None:
            return None
        return Item(job.release_name, job.creation_time, job.last_modification_time)
    if trigger.trigger_type == JobTriggerType.QueueItem:
        # A retried item has the key of its first try: the last one tells how it stands.
        tries = sa.select(QueueItem).where(QueueItem.key == trigger.item_key)
        item = session.scalars(tries.order_by(QueueItem.id.desc())).first()
        if item is None:
            return None
        changed = item.end_processing or item.start_processing or item.creation_time
        return Item(item.reference, item.creation_time, changed)
    return None


# --- going on -------------------------------------------------------------------------------


def resume(
    session: Session,
    job: Job,
    *,
    now: str,
    arguments: str | None = None,
    mover: Mover = Mover.USER,
) -> Job:
    """Let a suspended job go on. Raises Conflict where it is not suspended."""
    if job.state is not JobState.Suspended:
        raise Conflict(f"A job that is {job.state.name} cannot be resumed.")
    values: dict[str, Any] = {"resume_version": (job.resume_version or 0) + 1, "resume_time": now}
    # So told, a robot hands the new input to the process; else the process asks what has come.
    values["resume_source"] = None if arguments is None else "Manual"
    if arguments is not None:
        values["input_arguments"] = arguments
    # Some other robot may take it: the first one's name is history.
    if not jobs.move(session, job, JobState.Resumed, mover, now=now, **values):
        raise Conflict(f"A job that is {job.state.name} cannot be resumed.")
    return job


def deliver(
    session: Session, inbox_id: str, payload: Any, folders: Collection[int], *, now: str
) -> bool:
    """What a job in one of these folders waits for has come; False if it had come already.

    Raises ItemNotFound.
    """
    trigger = _inbox(session, inbox_id)
    if trigger.organization_unit_id not in folders:
        raise ItemNotFound(entity="Inbox")
    if trigger.status == JobTriggerStatus.Fired:
        return False
    trigger.payload = {"payload": payload}
    _fire(session, trigger, now)
    return True


def payload(session: Session, inbox_id: str) -> tuple[JobTrigger, Any]:
    """What was delivered. Raises ItemNotFound where nothing was."""
    trigger = _inbox(session, inbox_id)
    if trigger.payload is None:
        raise ItemNotFound(entity="Payload")
    return trigger, trigger.payload["payload"]


def _inbox(session: Session, inbox_id: str) -> JobTrigger:
    key = inbox_id.strip("{} ").lower()
    same = sa.select(JobTrigger).where(JobTrigger.item_key == key)
    found = session.scalars(same.order_by(JobTrigger.id.desc())).first()
    if found is None:
        raise ItemNotFound(entity="Inbox")
    return found


def _fire(session: Session, trigger: JobTrigger, now: str) -> None:
    trigger.status, trigger.modified_time = JobTriggerStatus.Fired, now
    session.flush()
    job = session.get(Job, trigger.job_id)
    if job is not None and job.state is JobState.Suspended:
        resume(session, job, now=now, mover=Mover.BACKGROUND)


# --- what falls due -------------------------------------------------------------------------

_ENDED = sa.select(Job.key).where(Job.state.in_(sorted(FINAL)))
_DONE = sa.select(QueueItem.key).where(QueueItem.status.in_(DONE))
_WAITING = sa.and_(JobTrigger.status == JobTriggerStatus.New, Job.state == JobState.Suspended)
#: What a job waits for has come to its end.
_ENDED_ALREADY = sa.or_(
    (JobTrigger.trigger_type == JobTriggerType.Job) & JobTrigger.item_key.in_(_ENDED),
    (JobTrigger.trigger_type == JobTriggerType.QueueItem) & JobTrigger.item_key.in_(_DONE),
)


_TIMED = JobTrigger.trigger_type == JobTriggerType.Timer

#: When the next waiting is over; in the past where it is already.
next_due = first(
    sa.select(sa.func.min(sa.case((_TIMED, JobTrigger.timer), else_=Job.last_modification_time)))
    .join(Job, Job.id == JobTrigger.job_id)
    .where(_WAITING, sa.or_(_TIMED, _ENDED_ALREADY))
)


def fire_due(session: Session, *, now: str) -> list[int]:
    """Fire the triggers whose moment, job or queue item has come; the ids of their jobs."""
    due = _TIMED & (JobTrigger.timer <= now)
    found = session.scalars(
        sa.select(JobTrigger)
        .join(Job, Job.id == JobTrigger.job_id)
        .where(_WAITING, sa.or_(due, _ENDED_ALREADY))
        .order_by(JobTrigger.id)
        .with_for_update(skip_locked=True, of=JobTrigger)  # replicas share the work
    ).all()
    for trigger in found:
        _fire(session, trigger, now)
    return [trigger.job_id for trigger in found]
