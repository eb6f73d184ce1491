"""Jobs that take too long: alerts for those that should have ended, an end for the killed."""

from sqlalchemy.orm import Session

from concertmaster.domain import job_timeouts
from concertmaster.work.due import Fired, Kind, in_transaction


def _tell(session: Session, now: str) -> list[Fired]:
    told = job_timeouts.tell_overdue(session, now=now)
    return [Fired(now, job_timeouts.OVERDUE, job_id) for job_id in told]


def _give_up(session: Session, now: str) -> list[Fired]:
    given_up = job_timeouts.give_up_unending(session, now=now)
    return [Fired(now, "job.faulted", job_id) for job_id in given_up]


KINDS = (
    Kind(job_timeouts.OVERDUE, job_timeouts.next_overdue, in_transaction(_tell)),
    Kind("job.terminating", job_timeouts.next_unending, in_transaction(_give_up)),
)
