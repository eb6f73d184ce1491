"""Jobs that have so much time: they are stopped when it is over, and killed if that is no help."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, jobs
from concertmaster.domain.due import first
from concertmaster.domain.errors import InvalidArgument
from concertmaster.domain.job_states import Mover
from concertmaster.entities import Job, JobState, StopStrategy
from concertmaster.odata.declare import pascal

#: How many are stopped in one go.
BATCH = 500

#: The longest that may be given, in seconds: ten years.
LONGEST = 315_360_000


def seconds(holder: object, attribute: str) -> int | None:
    """A member that holds a number of seconds as text; None where it is empty.

    Raises InvalidArgument where it is something else.
    """
    text = (getattr(holder, attribute) or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LONGEST:
        raise InvalidArgument(f"The field {pascal(attribute)} must be a number of seconds.")
    return int(text)


#: When the next job has run out of time.
next_due = first(sa.select(sa.func.min(Job.stop_at)))


def stop_due(session: Session, *, now: str) -> list[Job]:
    """Stop the jobs whose time is over; those that were at work, or waited for it."""
    due = sa.select(Job).where(Job.stop_at <= now).order_by(Job.stop_at, Job.id)
    stopped = []
    for job in session.scalars(due.limit(BATCH)).all():
        as_ = job.stop_as or StopStrategy.SoftStop
        if _claim(session, job):
            jobs.stop(session, [job], as_, now=now, mover=Mover.BACKGROUND)
            stopped.append(job)
            if job.state == JobState.Stopping and job.kill_after is not None:
                job.stop_at = clock.add(now, job.kill_after)
                job.stop_as = StopStrategy.Kill
    session.flush()
    return stopped


def _claim(session: Session, job: Job) -> bool:
    claimed = session.execute(
        sa.update(Job)
        .where(Job.id == job.id, Job.stop_at == job.stop_at)
        .values(stop_at=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.refresh(job)
    return claimed is not None
