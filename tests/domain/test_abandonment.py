"""Transactions that nobody ends, on a fixed time."""

import pytest

from concertmaster.domain import abandonment, clock, events, review
from concertmaster.domain.errors import FinalTransaction
from concertmaster.domain.review import Seen
from concertmaster.entities import QueueItemReviewStatus, QueueItemStatus
from domain.queue_room import SHARED, QueueRoom
from domain.test_transactions import NOW, SOON, add, end, take

DAY = clock.add(NOW, 86_400)
ALMOST = clock.add(DAY, -0.0000001)


def test_a_transaction_is_abandoned_after_a_day(room: QueueRoom) -> None:
    queue = room.queue()
    kept, ended = add(room, queue), add(room, queue)
    first = take(room, queue)
    second = take(room, queue)
    assert first is not None and second is not None
    assert (first.id, second.id) == (kept, ended)
    end(room, ended, successful=True)
    assert abandonment.next_due(room.session) == DAY
    assert abandonment.abandon_due(room.session, now=ALMOST) == []
    assert abandonment.abandon_due(room.session, now=DAY) == [kept]
    item = room.item(kept)
    assert (item.status, item.end_processing) == (QueueItemStatus.Abandoned, None)
    assert room.history(kept)[-1] == ("Status", "Abandoned", None)
    assert events.take(room.session)[-1].type == "queueItem.transactionAbandoned"
    assert abandonment.next_due(room.session) is None
    assert len(room.items(queue)) == 2


def test_a_queue_may_retry_what_is_abandoned(room: QueueRoom) -> None:
    queue = room.queue(
        retry_abandoned_items=True, max_number_of_retries=1, enforce_unique_reference=True
    )
    add(room, queue, reference="r", content={"a": 1})
    first = take(room, queue)
    assert first is not None
    assert abandonment.abandon_due(room.session, now=DAY) == [first.id]
    again = take(room, queue, now=DAY)
    assert again is not None
    assert (again.key, again.reference, again.ancestor_id) == (first.key, "r", first.id)
    assert (again.retry_number, again.specific_content) == (1, {"a": 1})
    later = clock.add(DAY, 86_400)
    assert abandonment.abandon_due(room.session, now=later) == [again.id]
    assert take(room, queue, now=later) is None, "as often as the queue retries"


def test_more_than_one_go(room: QueueRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = room.queue()
    ids = [add(room, queue) for _ in range(5)]
    for _ in ids:
        take(room, queue)
    monkeypatch.setattr(abandonment, "BATCH", 2)
    went = [abandonment.abandon_due(room.session, now=DAY) for _ in range(4)]
    assert went == [ids[:2], ids[2:4], ids[4:], []]


def test_a_result_that_comes_too_late_is_refused(room: QueueRoom) -> None:
    queue = room.queue()
    item_id = add(room, queue)
    take(room, queue)
    abandonment.abandon_due(room.session, now=DAY)
    with pytest.raises(FinalTransaction, match="Abandoned"):
        end(room, item_id, now=SOON, successful=True)


@pytest.mark.parametrize("retries", [False, True])
def test_what_was_tried_again_is_not_sent_round_once_more(room: QueueRoom, retries: bool) -> None:
    queue = room.queue(retry_abandoned_items=retries, max_number_of_retries=1)
    item_id = add(room, queue)
    take(room, queue)
    abandonment.abandon_due(room.session, now=DAY)
    retried, items = QueueItemReviewStatus["Retried"], [Seen(item_id)]
    refused = review.set_review_status(room.session, SHARED, items, retried, by=room.by, now=DAY)
    assert refused == ([item_id] if retries else [])
    assert len(room.items(queue)) == 2
