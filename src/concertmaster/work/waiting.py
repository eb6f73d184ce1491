"""Suspended jobs whose waiting is over: a moment has come, a job or a queue item has ended."""

from sqlalchemy.orm import Session

from concertmaster.domain import suspension
from concertmaster.work.due import Fired, Kind, in_transaction


def _resume(session: Session, now: str) -> list[Fired]:
    return [Fired(now, "job.resumed", job_id) for job_id in suspension.fire_due(session, now=now)]


KIND = Kind("job.resumed", suspension.next_due, in_transaction(_resume))
