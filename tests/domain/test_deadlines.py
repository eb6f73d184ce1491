"""Deadlines of items in queues with an SLA: each is told once, in order."""

from typing import Any

from concertmaster.domain import clock, deadlines, events
from concertmaster.domain.deadlines import AT_RISK, LATE
from concertmaster.domain.queues import NewItem, add_item
from concertmaster.entities import QueueDefinition
from domain.queue_room import QueueRoom
from domain.test_transactions import APPLICATION, NOW, end, take

HOUR = clock.add(NOW, 3600)
TWO = clock.add(NOW, 7200)
LATER = clock.add(NOW, 9000)


def add(room: QueueRoom, queue: QueueDefinition, **values: Any) -> int:
    return add_item(room.session, queue, NewItem(**values), by=room.by, now=NOW)


def with_sla(room: QueueRoom, **more: Any) -> QueueDefinition:
    return room.queue(sla_in_minutes=120, risk_sla_in_minutes=60, **more)


def told(room: QueueRoom, now: str) -> list[tuple[int, str]]:
    return [(one.item_id, one.what) for one in deadlines.tell_due(room.session, now=now)]


def test_an_item_is_first_at_risk_then_late(room: QueueRoom) -> None:
    item = add(room, with_sla(room))
    events.take(room.session)
    assert deadlines.next_due(room.session) == HOUR
    assert told(room, NOW) == []
    assert told(room, HOUR) == [(item, AT_RISK)]
    assert told(room, HOUR) == []
    assert deadlines.next_due(room.session) == TWO
    assert told(room, LATER) == [(item, LATE)]
    assert deadlines.next_due(room.session) is None
    assert [(one.type, one.ids) for one in events.take(room.session)] == [
        (AT_RISK, (item,)), (LATE, (item,)),
    ]  # fmt: skip


def test_what_is_in_progress_may_be_late_too(room: QueueRoom) -> None:
    queue = with_sla(room)
    item = add(room, queue)
    take(room, queue)
    assert told(room, HOUR) == [(item, AT_RISK)]


def test_what_is_done_is_not_late(room: QueueRoom) -> None:
    queue = with_sla(room)
    add(room, queue)
    item = take(room, queue)
    assert item is not None
    end(room, item, successful=True)
    assert deadlines.next_due(room.session) is None


def test_a_retry_has_the_deadlines_that_are_left(room: QueueRoom) -> None:
    queue = with_sla(room, accept_automatically_retry=True, max_number_of_retries=1)
    item = add(room, queue)
    assert told(room, HOUR) == [(item, AT_RISK)]
    take(room, queue, now=HOUR)
    end(room, item, now=HOUR, failure=APPLICATION)
    again = room.items(queue)[-1]
    assert again.ancestor_id == item
    assert told(room, HOUR) == []
    assert told(room, TWO) == [(again.id, LATE)]


def test_a_later_deadline_is_told_anew(room: QueueRoom) -> None:
    queue = with_sla(room)
    item = add(room, queue, due_date=HOUR)
    assert told(room, HOUR) == [(item, LATE)]
    take(room, queue, now=HOUR)
    end(room, item, now=HOUR, defer_date=HOUR, due_date=TWO)
    assert told(room, TWO) == [(item, LATE)]


def test_a_deadline_that_has_passed_already_is_told_at_once(room: QueueRoom) -> None:
    item = add(room, with_sla(room), due_date="2024-01-01T00:00:00.0000000Z")
    assert told(room, NOW) == [(item, LATE)]


def test_without_an_sla_nothing_is_told(room: QueueRoom) -> None:
    add(room, room.queue(), due_date=HOUR, risk_sla_date=NOW)
    assert told(room, LATER) == []
