"""Outcomes: what becomes of jobs that no real robot runs. Kept in the tenant, shown by /_control.

No entity sets: Orchestrator knows nothing of them.
"""

from enum import IntEnum

from sqlalchemy import ForeignKey

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Instant, Int64, Json, Key, Mapped, prop


class OutcomeMode(IntEnum):
    """Who runs a job, and how long it takes."""

    Immediate = 0  #: it has ended when it is next read
    After = 1  #: a simulated robot runs it, for some seconds
    Manual = 2  #: it stays as it is until it is moved through /_control
    Robot = 3  #: it waits for a real robot


class ProcessOutcome(Entity, table="process_outcomes"):
    """What becomes of the jobs of a process, where that was said."""

    release_id: Mapped[int] = prop(
        ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mode: Mapped[OutcomeMode]
    seconds: Mapped[Json | None]  #: [shortest, longest]
    failures: Mapped[float] = prop(default=0.0)  #: the share of jobs and queue items that fail
    result: Mapped[Json | None]  #: how they end, in the words of `domain/outcomes.py`


class QueuedResult(Entity, table="queued_results"):
    """How one of the next jobs of a process ends. The oldest that fits is used, once."""

    id: Mapped[Key]
    release_id: Mapped[int] = prop(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    when: Mapped[Json | None]  #: input arguments that the job must have
    result: Mapped[Json]


class JobOutcome(Entity, table="job_outcomes"):
    """What becomes of one job that has not ended, and how far it is with that.

    A job without such a row is a real robot's.
    """

    job_id: Mapped[int] = prop(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mode: Mapped[OutcomeMode]
    seconds: Mapped[Json | None]
    failures: Mapped[float] = prop(default=0.0)
    result: Mapped[Json | None]
    next_at: Mapped[Instant | None] = prop(index=True)  #: when something is to be done about it
    begun_at: Mapped[Instant | None]
    ends_at: Mapped[Instant | None]
    lines: Mapped[Json | None]  #: what it has yet to log: [[seconds from the begin, level, text]]
    item_id: Mapped[Int64 | None]  #: the queue item that it works on
    item_ends_at: Mapped[Instant | None]
    worked: Mapped[int] = prop(default=0)  #: how many queue items it is done with
