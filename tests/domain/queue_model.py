"""What a queue does, said once more in plain Python: what the database is compared with.

Slow, short and obvious: a dictionary of items, no indexes, no statements.
"""

from dataclasses import dataclass, field

from concertmaster.domain import clock
from concertmaster.entities import QueueItemPriority, QueueItemStatus

S = QueueItemStatus

#: Which status may follow which. A change that keeps the status is no step.
STEPS: dict[QueueItemStatus, set[QueueItemStatus]] = {
    S.New: {S.InProgress, S.Deleted},
    S.InProgress: {S.New, S.Successful, S.Failed, S.Retried, S.Abandoned, S.Deleted},
    S.Failed: {S.Retried, S.Deleted},
    S.Abandoned: {S.Retried, S.Deleted},
    S.Successful: {S.Deleted},
    S.Retried: {S.Deleted},
    S.Deleted: set(),
}
OPEN = {S.New, S.InProgress}


@dataclass
class Item:
    reference: str | None
    priority: QueueItemPriority
    defer: str | None
    due: str | None
    changed: str  #: when it last changed
    status: QueueItemStatus = S.New
    started: str | None = None
    tries: int = 0  #: automatic ones before this one
    ancestor: int | None = None


@dataclass
class Queue:
    """A queue and its items, by the ids that the database gave them."""

    retries: bool
    retries_abandoned: bool
    most_retries: int
    unique: bool
    kept_days: int
    items: dict[int, Item] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)  #: of items that retention has removed
    ended: dict[str, int] = field(default_factory=lambda: {"good": 0, "app": 0, "business": 0})

    def is_taken(self, reference: str | None) -> bool:
        key = (reference or "").lower()
        held = {
            (item.reference or "").lower()
            for item in self.items.values()
            if item.status not in (S.Deleted, S.Retried)
        }
        return self.unique and (not key or key in held | self.references)

    def next(self, now: str) -> int | None:
        """Who is next: with a deadline first, then by priority, deadline, age."""
        waiting = [
            (item.due is None, item.priority, item.due or "", id_)
            for id_, item in self.items.items()
            if item.status == S.New and (item.defer is None or item.defer <= now)
        ]
        return min(waiting)[-1] if waiting else None

    def move(self, id_: int, status: QueueItemStatus, now: str) -> None:
        item = self.items[id_]
        item.status, item.changed = status, now
        item.started = now if status == S.InProgress else None if status == S.New else item.started

    def fails(self, id_: int, now: str) -> bool:
        """An application exception; whether it is tried again."""
        again = self.retries and self.items[id_].tries < self.most_retries
        self.move(id_, S.Retried if again else S.Failed, now)
        return again

    def abandons(self, now: str) -> list[int]:
        """Gives up what was started a day ago; which of it is tried again."""
        limit = clock.add(now, -86_400)
        old = [
            id_ for id_, item in sorted(self.items.items(), key=lambda one: one[0])
            if item.status == S.InProgress and (item.started or now) <= limit
        ]  # fmt: skip
        for id_ in old:
            self.move(id_, S.Abandoned, now)
        return [
            id_ for id_ in old
            if self.retries_abandoned and self.items[id_].tries < self.most_retries
        ]  # fmt: skip

    def follow(self, new: int, old: int, now: str, *, by_hand: bool = False) -> None:
        """A new try in the place of an old one."""
        before = self.items[old]
        self.items[new] = Item(
            before.reference, before.priority, None, before.due, now,
            tries=0 if by_hand else before.tries + 1, ancestor=None if by_hand else old,
        )  # fmt: skip

    def followed(self, id_: int) -> bool:
        return any(item.ancestor == id_ for item in self.items.values())

    def cleans(self, now: str) -> None:
        """Removes what is done with and was last changed too many days ago."""
        day = clock.add(f"{now[:10]}T00:00:00.0000000Z", -86_400 * self.kept_days)
        for id_, item in list(self.items.items()):
            if item.status not in OPEN and item.changed < day:
                if self.unique and item.status not in (S.Deleted, S.Retried) and item.reference:
                    self.references.add(item.reference.lower())
                del self.items[id_]
