"""Jobs that take too long: told where that was asked for, given up where they should be ending.

Expected times come with the start of a job (AlertPendingExpression, AlertRunningExpression, in
seconds) and are told once, as an alert. A job that is Terminating, and does not end within the time
that the tenant's setting gives it, is Faulted.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, jobs
from concertmaster.domain.due import first
from concertmaster.domain.job_states import Mover
from concertmaster.entities import Job, JobState, Setting

#: How many jobs one transaction takes up.
BATCH = 500

#: The event of a job that waits or runs for longer than was expected.
OVERDUE = "job.overdue"

#: Minutes that a job may be Terminating; 0 is without end. What holds where the tenant says nothing
#: is what the product sets.
SETTING, USUAL = "Jobs.TerminatingJobsTimeout", 1440

# --- longer than expected -------------------------------------------------------------------


#: When the next job will have waited or run for longer than was expected.
next_overdue = first(sa.select(sa.func.min(Job.overdue_at)))


def tell_overdue(session: Session, *, now: str) -> list[int]:
    """Tell of the jobs that have waited or run for too long, each once; their ids."""
    due = sa.select(Job.id).where(Job.overdue_at <= now).order_by(Job.overdue_at, Job.id)
    told = session.execute(
        sa.update(Job)
        .where(Job.id.in_(due.limit(BATCH)), Job.overdue_at <= now)
        .values(overdue_at=None)
        .returning(Job.id, Job.organization_unit_id)
        .execution_options(synchronize_session=False)
    ).all()
    for job_id, folder in sorted(told):
        events.record(session, OVERDUE, [job_id], folder=folder, now=now)
    return sorted(job_id for job_id, _ in told)


# --- that do not terminate ------------------------------------------------------------------

_TERMINATING = Job.state == JobState.Terminating


def patience(session: Session) -> int | None:
    """Minutes that a job may be Terminating; None is without end."""
    value = session.scalar(sa.select(Setting.value).where(Setting.id == SETTING))
    minutes = int(value) if value and value.isascii() and value.isdigit() else USUAL
    return min(minutes, 10**7) or None


def _seconds(session: Session) -> int | None:
    minutes = patience(session)
    return None if minutes is None else minutes * 60


#: When the next job is given up. A job is not changed while it is Terminating, but to end.
next_unending = first(
    sa.select(sa.func.min(Job.last_modification_time)).where(_TERMINATING), wait=_seconds
)


def give_up_unending(session: Session, *, now: str) -> list[int]:
    """Fault the jobs that did not terminate in time; their ids."""
    minutes = patience(session)
    if minutes is None:
        return []
    late = sa.and_(_TERMINATING, Job.last_modification_time <= clock.add(now, -minutes * 60))
    why = f"The job did not terminate within {minutes} minutes."
    given_up = []
    for job in session.scalars(
        sa.select(Job).where(late).order_by(Job.id).limit(BATCH).with_for_update(skip_locked=True)
    ).all():
        error = jobs.error("Job.TerminatingTimeout", "The job did not terminate", why, now=now)
        if jobs.move(session, job, JobState.Faulted, Mover.BACKGROUND, now=now, info=why, **error):
            given_up.append(job.id)
    return given_up
