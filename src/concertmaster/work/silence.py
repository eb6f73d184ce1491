"""Robots that are not heard of any more: marked, and their jobs ended."""

from sqlalchemy.orm import Session

from concertmaster.domain import sessions
from concertmaster.work.due import Fired, Kind, in_transaction


def watch(seconds: int) -> Kind:
    """Gives up robots after so many seconds of the tenant's time."""

    def give_up(session: Session, now: str) -> list[Fired]:
        lost = sessions.give_up_silent(session, now=now, after=seconds)
        return [Fired(now, "robot.unresponsive", session_id) for session_id in lost]

    return Kind("robot.unresponsive", sessions.silence(seconds), in_transaction(give_up))
