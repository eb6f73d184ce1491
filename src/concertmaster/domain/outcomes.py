"""What becomes of jobs: said for a process, for its next jobs, or for one job.

What was said for the process holds for the jobs that are started from then on. Where nothing was
said, a job of an uploaded package waits for a real robot, and any other one to be moved by hand.
A result that was queued is used by the next job that it fits, once; where nobody would end that
job otherwise, it ends at once.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import events, runs
from concertmaster.domain.errors import Conflict
from concertmaster.domain.events import Event
from concertmaster.domain.job_states import WAITING, Mover, may
from concertmaster.domain.outcome_words import USUAL, Ending, Move, NextResult, Outcome
from concertmaster.entities import (
    Job,
    JobOutcome,
    JobState,
    OutcomeMode,
    Process,
    ProcessOutcome,
    QueuedResult,
    Release,
    SessionState,
)
from concertmaster.entities import Session as RobotSession

#: Rows in one look at many jobs.
CHUNK = 500

_After, _Immediate = OutcomeMode.After, OutcomeMode.Immediate

# --- what is said ---------------------------------------------------------------------------


def say(session: Session, release: Release, outcome: Outcome) -> None:
    """What becomes of a process's jobs from now on."""
    held = session.get(ProcessOutcome, release.id)
    if held is None:
        held = ProcessOutcome(release_id=release.id)
        session.add(held)
    for name, value in columns(outcome).items():
        setattr(held, name, value)
    session.flush()


def columns(outcome: Outcome) -> dict[str, Any]:
    """What is kept of what is said of a process."""
    return {
        "mode": outcome.kind,
        "seconds": list(outcome.seconds or USUAL) if outcome.kind is _After else None,
        "failures": outcome.failures,
        "result": outcome.result and outcome.result.said(),
    }


def queue(session: Session, release: Release, results: Sequence[NextResult]) -> None:
    """How the next jobs of a process end, after those that were said before."""
    for result in results:
        said = result.said()
        when = said.pop("when", None)
        session.add(QueuedResult(release_id=release.id, when=when, result=said))
        session.flush()  # in the order in which they came


def forget(session: Session, release: Release) -> None:
    """Back to what holds by itself; no result is queued any more."""
    for cls in (ProcessOutcome, QueuedResult):
        session.execute(sa.delete(cls).where(cls.release_id == release.id))


def of_process(session: Session, release: Release) -> ProcessOutcome:
    """What becomes of a process's jobs; what holds by itself where nothing was said."""
    held = session.get(ProcessOutcome, release.id)
    if held is not None:
        return held
    uploaded = sa.exists().where(
        Process.id == release.process_key,
        Process.version == release.process_version,
        Process.file.is_not(None),
    )
    robot = session.scalar(sa.select(uploaded))
    mode = OutcomeMode.Robot if robot else OutcomeMode.Manual
    return ProcessOutcome(release_id=release.id, mode=mode, failures=0.0)


# --- what becomes of new jobs ---------------------------------------------------------------


def decide(session: Session, job_ids: Sequence[int], *, now: str) -> None:
    """Say of new jobs what becomes of them; those that end at once have ended."""
    at_once: list[int] = []
    for chunk in _chunks(job_ids):
        columns = sa.select(Job.id, Job.release_id, Job.input_arguments).where(Job.id.in_(chunk))
        of: dict[int, list[Any]] = {}
        for row in session.execute(columns.order_by(Job.id)):
            of.setdefault(row.release_id, []).append(row)
        for release_id, rows in of.items():
            release = session.get(Release, release_id) if release_id is not None else None
            if release is not None:
                at_once += _decide_of(session, release, rows, now)
    for job_id in at_once:
        runs.at_once(
            session, session.get_one(Job, job_id), session.get_one(JobOutcome, job_id), now=now
        )


def _decide_of(session: Session, release: Release, jobs: Sequence[Any], now: str) -> list[int]:
    """Keeps the outcomes of new jobs of a process; the ids of those that end at once."""
    said = of_process(session, release)
    queued = list(
        session.scalars(
            sa.select(QueuedResult)
            .where(QueuedResult.release_id == release.id)
            .order_by(QueuedResult.id)
        )
    )
    rows = []
    for job in jobs:
        mode, result = said.mode, said.result
        canned = _claim(session, queued, _arguments(job.input_arguments))
        if canned is not None:
            result = canned.result
            mode = _Immediate if mode in (OutcomeMode.Manual, OutcomeMode.Robot) else mode
        if mode is not OutcomeMode.Robot:
            rows.append({
                "job_id": job.id, "mode": mode, "result": result, "seconds": said.seconds,
                "failures": said.failures, "next_at": now if mode is _After else None,
            })  # fmt: skip
    if rows:
        session.execute(sa.insert(JobOutcome), rows)
    return [row["job_id"] for row in rows if row["mode"] is _Immediate]


def _claim(
    session: Session, queued: list[QueuedResult], arguments: Mapping[str, Any]
) -> QueuedResult | None:
    """The first queued result that fits, taken out of the queue before anybody else does."""
    for one in [one for one in queued if fits(one.when, arguments)]:
        queued.remove(one)
        gone = sa.delete(QueuedResult).where(QueuedResult.id == one.id)
        if session.execute(gone.returning(QueuedResult.id)).scalar() is not None:
            session.expunge(one)
            return one
    return None


def fits(when: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> bool:
    """Whether a job has all the input arguments that are asked for; names in any letter case."""
    given = {name.lower(): value for name, value in arguments.items()}
    missing = object()
    return all(given.get(name.lower(), missing) == value for name, value in (when or {}).items())


def _arguments(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))


# --- what becomes of them then --------------------------------------------------------------


def _resumed(session: Session, job_ids: Sequence[int], now: str) -> None:
    for outcome in _outcomes(session, job_ids):
        if outcome.mode is _Immediate:
            runs.at_once(session, session.get_one(Job, outcome.job_id), outcome, now=now)
        elif outcome.mode is _After:
            outcome.next_at = now


def _asked_to_stop(session: Session, job_ids: Sequence[int], now: str) -> None:
    """Robots of ours hear of it at once. A stuck job does not look: it has to be killed."""
    for outcome in _outcomes(session, job_ids):
        if outcome.mode is _After:
            outcome.next_at = now
        elif outcome.mode is _Immediate:
            job = session.get_one(Job, outcome.job_id)
            if job.state is JobState.Terminating:
                runs.end(session, job, JobState.Stopped, Ending(), now=now)


def _let_go(session: Session, job_ids: Sequence[int], now: str) -> None:
    """The robot of ours that had a job is free for another."""
    for chunk in _chunks(job_ids):
        freed = session.execute(
            sa.update(RobotSession)
            .where(RobotSession.simulated, RobotSession.job_id.in_(chunk))
            .values(job_id=None, state=SessionState.Available)
            .returning(RobotSession.id)
            .execution_options(synchronize_session="fetch")
        ).all()
        if freed:
            ids, was = [row.id for row in freed], SessionState.Busy
            events.record(session, "robot.status", ids, now=now, was=was)
            wake(session, now=now)


def _ended(session: Session, job_ids: Sequence[int], now: str) -> None:
    _let_go(session, job_ids, now)
    for chunk in _chunks(job_ids):
        session.execute(sa.delete(JobOutcome).where(JobOutcome.job_id.in_(chunk)))


def _decided(session: Session, job_ids: Sequence[int], now: str) -> None:
    decide(session, job_ids, now=now)


def wake(session: Session, *, now: str) -> None:
    """Look again at the jobs that found no free robot of ours."""
    waiting = sa.select(Job.id).where(Job.state.in_(WAITING), Job.dispatched_to.is_(None))
    session.execute(
        sa.update(JobOutcome)
        .where(
            JobOutcome.mode == _After,
            JobOutcome.next_at.is_(None),
            JobOutcome.job_id.in_(waiting),
        )
        .values(next_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _outcomes(session: Session, job_ids: Sequence[int]) -> list[JobOutcome]:
    return [
        outcome
        for chunk in _chunks(job_ids)
        for outcome in session.scalars(sa.select(JobOutcome).where(JobOutcome.job_id.in_(chunk)))
    ]


#: What follows from what happens to jobs.
FOLLOWS: Mapping[str, Callable[[Session, Sequence[int], str], None]] = {
    "job.created": _decided,
    "job.resumed": _resumed,
    "job.stopping": _asked_to_stop,
    "job.terminating": _asked_to_stop,
    "job.suspended": _let_go,
    "job.completed": _ended,
    "job.faulted": _ended,
    "job.stopped": _ended,
}


def react(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """A reaction: what follows for jobs that no real robot runs, in the same transaction."""
    # Many jobs that end in one transaction are one batch, however many events they are.
    for (follow, at), events_ in groupby(happened, lambda one: (FOLLOWS[one.type], one.at)):
        follow(session, [id_ for event in events_ for id_ in event.ids], at)


# --- one job, by hand -----------------------------------------------------------------------


def move(session: Session, job: Job, asked: Move, *, now: str) -> None:
    """Move a manual job, or say who else is to run it.

    A waiting job may be told its end: it goes there by way of Running.

    Raises:
        Conflict: the job is not moved by hand, or takes no such step.
    """
    outcome = session.get(JobOutcome, job.id)
    if asked.mode is not None:
        _hand_over(session, job, outcome, asked, now)
        return
    assert asked.state is not None
    target = JobState[asked.state]
    if outcome is None or outcome.mode is not OutcomeMode.Manual:
        raise Conflict(_not_by_hand(job, outcome))
    if job.state in WAITING and not may(job.state, target, Mover.CONTROL):
        if not may(JobState.Running, target, Mover.CONTROL):
            raise Conflict(f"A job that is {job.state.name} cannot become {target.name}.")
        runs.begin(session, job, now=now)
    if not may(job.state, target, Mover.CONTROL) or not runs.take_to(
        session, job, target, asked, now=now
    ):
        raise Conflict(f"A job that is {job.state.name} cannot become {target.name}.")


def _hand_over(
    session: Session, job: Job, outcome: JobOutcome | None, asked: Move, now: str
) -> None:
    if job.state not in WAITING or job.dispatched_to is not None:
        raise Conflict(f"A job that is {job.state.name} stays with whoever runs it.")
    mode = OutcomeMode[(asked.mode or "").capitalize()]
    if outcome is not None:
        session.delete(outcome)
        session.flush()
    if mode is OutcomeMode.Robot:
        return
    seconds = list(asked.seconds or USUAL) if mode is _After else None
    result = outcome.result if outcome is not None else None
    new = JobOutcome(job_id=job.id, mode=mode, seconds=seconds, result=result,
                     next_at=now if mode is _After else None)  # fmt: skip
    session.add(new)
    session.flush()
    if mode is _Immediate:
        runs.at_once(session, job, new, now=now)


def _not_by_hand(job: Job, outcome: JobOutcome | None) -> str:
    if outcome is None and job.end_time is not None:
        return f"The job has ended: it is {job.state.name}."
    runner = "a real robot" if outcome is None else "a simulated robot"
    return (
        f"The job is {job.state.name} and is run by {runner}. While it waits, "
        'its mode can be changed: {"mode": "manual"}.'
    )
