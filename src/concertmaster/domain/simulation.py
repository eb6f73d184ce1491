"""Robots of ours: always connected, they take jobs as real ones do, and work off queues.

A session that says `simulated` has no program behind it. It is given jobs whose outcome is `after`
by `dispatch.give`, as a real robot is given its own. A job that no such robot could ever take, busy
or not, runs without one. Jobs of a process that a queue names as its own work on items of that
queue, `ITEMS` at most, and end when none is left.
"""

from collections.abc import Iterator, Sequence
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, dispatch, logs, outcomes, plausible, runs, transactions
from concertmaster.domain.access import Caller
from concertmaster.domain.access_cache import AccessCache
from concertmaster.domain.due import first
from concertmaster.domain.errors import NotAuthenticated, OrchestratorError
from concertmaster.domain.job_states import WAITING
from concertmaster.domain.outcome_words import USUAL, Ending
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.transactions import Failure, Result
from concertmaster.entities import (
    Job,
    JobOutcome,
    JobState,
    LogLevel,
    ProcessingExceptionType,
    QueueDefinition,
    QueueItem,
    QueueItemStatus,
    Release,
    Robot,
    RobotType,
    SessionState,
    User,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.store import Tenant

#: How many queue items a job works on before it ends.
ITEMS = 5

#: Seconds between two signs of life.
PULSE = 30

#: How many jobs one transaction takes up.
LOOK = 100

#: (what, id): something that was done because its time had come.
Done = tuple[str, int]


# --- what falls due -------------------------------------------------------------------------


#: When the next job is to be taken up, or the next thing happens to one that runs.
next_due = first(sa.select(sa.func.min(JobOutcome.next_at)))


def work_off(session: Session, *, now: str) -> list[Done] | None:
    """Take up what waits, and take what runs one step further; None where nothing is due."""
    due = session.execute(
        sa.select(Job, JobOutcome)
        .join(JobOutcome, JobOutcome.job_id == Job.id)
        .where(JobOutcome.next_at <= now)
        .order_by(JobOutcome.next_at, Job.id)
        .limit(LOOK)
        .with_for_update(skip_locked=True)  # replicas share the work
        .execution_options(populate_existing=True)
    ).all()
    if not due:
        return None
    done: list[Done] = []
    waiting: list[tuple[Job, JobOutcome]] = []
    for job, outcome in due:
        if job.state in WAITING:
            waiting.append((job, outcome))
        else:
            done += _go_on(session, job, outcome, now)
    if waiting:
        done += _take_up(session, waiting, now)
    session.flush()
    return done


# --- taking jobs ----------------------------------------------------------------------------


def _take_up(session: Session, waiting: Sequence[tuple[Job, JobOutcome]], now: str) -> list[Done]:
    taken = [
        job
        for held, caller in _robots(session, _FREE)
        if (job := dispatch.give(session, held, caller, now=now)) is not None
    ]
    for job in taken:
        _begin(session, job, session.get_one(JobOutcome, job.id), now)
    left = {job.id: (job, outcome) for job, outcome in waiting if job.dispatched_to is None}
    for held, caller in _robots(session, _AT_WORK) if left else ():
        robot = session.get_one(Robot, held.robot_id)
        theirs = dispatch.meant_for(session, held, robot, caller)
        mine = sa.select(Job.id).join(Release, Release.id == Job.release_id)
        for job_id in session.scalars(mine.where(Job.id.in_(left), *theirs)):
            left.pop(job_id)[1].next_at = None  # until one of them is free
    for job, outcome in left.values():
        _begin(session, job, outcome, now)
        taken.append(job)
    return [("job.started", job.id) for job in taken]


_HERE = sa.and_(
    RobotSession.simulated, RobotSession.state.in_((SessionState.Available, SessionState.Busy))
)
#: Who sits beside a robot starts its jobs there: it is given none.
_AT_WORK = sa.and_(_HERE, Robot.type != RobotType.Attended)
_FREE = sa.and_(
    _AT_WORK, RobotSession.state == SessionState.Available, RobotSession.job_id.is_(None)
)


def _robots(
    session: Session, which: sa.ColumnElement[bool]
) -> Iterator[tuple[RobotSession, Caller]]:
    """Sessions of ours with the robots that they are of, as callers."""
    tenant: Tenant = session.info["tenant"]
    callers = tenant.own(AccessCache)
    found = session.execute(
        sa.select(RobotSession, Robot.robot_key)
        .join(Robot, Robot.id == RobotSession.robot_id)
        .where(which, Robot.enabled, Robot.robot_key.is_not(None))
        .order_by(RobotSession.id)
        .with_for_update(skip_locked=True, of=RobotSession)
        .execution_options(populate_existing=True)
    ).all()
    for held, key in found:
        try:
            yield held, callers.robot(key or "")
        except NotAuthenticated:  # its user may not sign in
            continue


def _begin(session: Session, job: Job, outcome: JobOutcome, now: str) -> None:
    if not runs.begin(session, job, now=now):
        return
    plan(session.info["tenant"], outcome, now=now)
    _next_item(session, job, outcome, now)


def plan(tenant: Tenant, outcome: JobOutcome, *, now: str) -> None:
    """When a job that runs from now on ends, and what it writes on the way."""
    shortest, longest = outcome.seconds or USUAL
    said = runs.result_of(outcome)
    seconds = plausible.chance(tenant, "time", outcome.job_id).uniform(shortest, longest)
    outcome.begun_at, outcome.ends_at = now, clock.add(now, round(seconds, 3))
    outcome.lines = [
        [after, int(level), text] for after, level, text in runs.lines_of(said, seconds)
    ]
    outcome.worked, outcome.item_id, outcome.item_ends_at = 0, None, None
    if said.state == "Stuck":
        outcome.ends_at = None
    _wait(outcome)


def _wait(outcome: JobOutcome) -> None:
    """Until the next thing happens to a job that runs."""
    lines = _lines(outcome)
    end = outcome.item_ends_at or outcome.ends_at
    moments = [moment for moment in (end, lines[0][0] if lines else None) if moment]
    outcome.next_at = min(moments, default=None)


def _lines(outcome: JobOutcome) -> list[tuple[str, LogLevel, str]]:
    """What is left to be written, with the moments for it."""
    begun = outcome.begun_at or ""
    return [
        (clock.add(begun, after), LogLevel(level), text)
        for after, level, text in outcome.lines or []
    ]


# --- working --------------------------------------------------------------------------------


def _go_on(session: Session, job: Job, outcome: JobOutcome, now: str) -> list[Done]:
    _write(session, job, outcome, now)
    if job.state is JobState.Terminating:
        runs.end(session, job, JobState.Stopped, Ending(), now=now)  # an item is left as it is
        return _told(job)
    done: list[Done] = []
    if outcome.item_id is not None and (outcome.item_ends_at or now) <= now:
        done += _finish_item(session, job, outcome, now)
        if job.state is JobState.Running and not _next_item(session, job, outcome, now):
            outcome.ends_at = now
    over = outcome.ends_at is not None and (
        outcome.ends_at <= now or job.state is JobState.Stopping
    )
    if outcome.item_id is None and over:
        runs.conclude(session, job, outcome, now=now)
        return done + _told(job)
    _wait(outcome)
    return done


#: What is told of a job by the state it came to.
_TOLD = {
    JobState.Successful: "job.completed",
    JobState.Faulted: "job.faulted",
    JobState.Stopped: "job.stopped",
    JobState.Suspended: "job.suspended",
}


def _told(job: Job) -> list[Done]:
    return [(_TOLD[job.state], job.id)] if job.state in _TOLD else []


def _write(session: Session, job: Job, outcome: JobOutcome, now: str) -> None:
    due = [line for line in _lines(outcome) if line[0] <= now]
    if due:
        logs.write(session, job, due)
        outcome.lines = (outcome.lines or [])[len(due) :]


# --- working off a queue --------------------------------------------------------------------


def _next_item(session: Session, job: Job, outcome: JobOutcome, now: str) -> bool:
    """Start on the next item of the job's queues; False where it works on none (any more)."""
    outcome.item_id = outcome.item_ends_at = None
    if outcome.worked >= ITEMS or outcome.ends_at is None:
        return False
    bound = sa.select(QueueDefinition.id).where(QueueDefinition.release_id == job.release_id)
    for queue_id in session.scalars(bound.order_by(QueueDefinition.id)).all():
        item = transactions.take(
            session, queue_id, robot_id=job.robot_id, by=_actor(session, job), now=now
        )
        if item is not None:
            work_on(outcome, item.id, now=now)
            return True
    return False


def work_on(outcome: JobOutcome, item_id: int, *, now: str) -> None:
    """Give an item its share of the time that a job has left."""
    left = clock.between(now, outcome.ends_at or now) / (ITEMS - (outcome.worked or 0))
    outcome.item_id, outcome.item_ends_at = item_id, clock.add(now, max(left, 0.0))
    _wait(outcome)


def _finish_item(session: Session, job: Job, outcome: JobOutcome, now: str) -> list[Done]:
    item = session.get(QueueItem, outcome.item_id, populate_existing=True)
    outcome.item_id = outcome.item_ends_at = None
    if item is None or item.status != QueueItemStatus.InProgress:
        return []  # somebody else was done with it first
    outcome.worked += 1
    result = _result(session, item, outcome)
    try:
        with session.begin_nested():
            transactions.complete(session, item, result, by=_actor(session, job), now=now)
    except OrchestratorError:  # a rule of the queue that a robot of ours does not know
        return []
    level, word = LogLevel.Info, "done"
    if result.failure is not None:
        level, word = LogLevel.Warn, result.failure.reason or "failed"
    name = item.reference or item.id
    logs.write(session, job, [(now, level, f"Item {name}: {word}")])
    return [("queueItem.transactionCompleted", item.id)]


def _result(session: Session, item: QueueItem, outcome: JobOutcome) -> Result:
    """Success, or now and then one of two failures: the item is wrong, or the world is."""
    chance = _chance(session, "item", item.id)
    if chance.random() >= outcome.failures:
        return Result(successful=True)
    if chance.random() < 2 / 3:
        reason = chance.choice(plausible.REJECTIONS)
        return Result(failure=Failure(reason, type=ProcessingExceptionType.BusinessException))
    reason = chance.choice(plausible.FAULTS)
    return Result(failure=Failure(reason, type=ProcessingExceptionType.ApplicationException))


def _actor(session: Session, job: Job) -> Actor:
    robot = session.get(Robot, job.robot_id) if job.robot_id is not None else None
    user = session.get(User, robot.user_id) if robot and robot.user_id is not None else None
    return Actor(user.id, user.user_name) if user else Actor(None, robot.name if robot else None)


def _chance(session: Session, *of: object) -> Random:
    tenant: Tenant = session.info["tenant"]
    return plausible.chance(tenant, *of)


# --- signs of life --------------------------------------------------------------------------


#: When robots of ours give their next sign of life.
next_pulse = first(sa.select(sa.func.min(RobotSession.reporting_time)).where(_HERE), wait=PULSE)


def pulse(session: Session, *, now: str) -> None:
    """Robots of ours are there, and ask for work once more: somebody may have let them in."""
    session.execute(sa.update(RobotSession).where(_HERE).values(reporting_time=now))
    outcomes.wake(session, now=now)
