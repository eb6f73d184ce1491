"""What happened in a unit of work: noted where it happens, taken up once before it is committed.

    events.record(session, "job.faulted", [job.id], folder=job.organization_unit_id, now=now)

Nothing is written here. `domain/reactions.py` says what follows from what, in the same transaction;
a unit of work that is undone takes its events with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

_KEPT = "concertmaster_events"  #: where a session keeps them


@dataclass(slots=True)
class Event:
    """One thing that happened to one or more entities of a kind."""

    type: str  #: as webhooks name it: `job.created`, `queueItem.added`
    ids: tuple[int, ...]
    folder_id: int | None
    at: str
    facts: Mapping[str, Any] = field(default_factory=dict)  #: what no row tells afterwards


def record(
    session: Session,
    type_: str,
    ids: Iterable[int],
    *,
    now: str,
    folder: int | None = None,
    **facts: Any,
) -> None:
    """Note what happened; a batch is one event with many ids."""
    event = Event(type_, tuple(ids), folder, now, facts)
    session.info.setdefault(_KEPT, []).append(event)


def keep(session: Session, happened: list[Event]) -> None:
    """Let a session go on with what happened before it was opened, in the same unit of work."""
    session.info[_KEPT] = happened


def take(session: Session) -> list[Event]:
    """What happened since the last time, in order."""
    found: list[Event] = session.info.pop(_KEPT, [])
    return found
