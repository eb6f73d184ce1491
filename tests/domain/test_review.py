"""What people do with items afterwards. Time is passed in."""

import pytest

from concertmaster.domain import queues, review, transactions
from concertmaster.domain.errors import InvalidArgument, ItemNotFound
from concertmaster.domain.queues import NewItem
from concertmaster.domain.review import Seen
from concertmaster.domain.transactions import Result
from concertmaster.entities import QueueItem, QueueItemReviewStatus, QueueItemStatus
from domain.queue_room import ANN, OTHER, ROBOT_USER, SHARED, QueueRoom

NOW = "2024-05-06T07:08:09.0000000Z"


def failed(room: QueueRoom, number: int = 1) -> list[QueueItem]:
    """Items that went wrong, in a queue with unique references."""
    queue = room.queue(enforce_unique_reference=True)
    for n in range(number):
        item = transactions.start_new(
            room.session, queue, NewItem(reference=str(n)), robot_id=None, by=room.by, now=NOW
        )
        assert item is not None
        transactions.complete(room.session, item, Result(), by=room.by, now=NOW)
    return room.items(queue)


def seen(*items: QueueItem) -> list[Seen]:
    return [Seen(item.id, item.row_version) for item in items]


def test_a_reviewer_is_set_and_unset(room: QueueRoom) -> None:
    (item,) = failed(room)
    words = {"by": room.by, "now": NOW}
    assert review.set_reviewer(room.session, SHARED, seen(item), ANN, **words) == []
    after = room.item(item.id)
    assert (after.reviewer_user_id, after.review_status.name) == (ANN, "None")
    assert room.history(item.id)[-1] == ("Edit", "Failed", "ann")
    assert review.set_reviewer(room.session, SHARED, seen(after), None, **words) == []
    assert room.item(item.id).reviewer_user_id is None


def test_what_has_changed_since_is_left_alone(room: QueueRoom) -> None:
    fresh, stale, unversioned = failed(room, 3)
    wanted = [*seen(fresh), Seen(stale.id, stale.row_version - 1), Seen(unversioned.id)]
    wanted.append(Seen(10**15, 1))
    left = review.set_reviewer(room.session, SHARED, wanted, ANN, by=room.by, now=NOW)
    assert left == [stale.id, 10**15]
    assert room.item(stale.id).reviewer_user_id is None
    assert room.item(unversioned.id).reviewer_user_id == ANN


def test_items_of_another_folder_are_out_of_reach(room: QueueRoom) -> None:
    (item,) = failed(room)
    left = review.delete(room.session, OTHER, seen(item), by=room.by, now=NOW)
    assert left == [item.id]


def test_reviewers_are_people(room: QueueRoom) -> None:
    (item,) = failed(room)
    with pytest.raises(InvalidArgument):
        review.set_reviewer(room.session, SHARED, seen(item), ROBOT_USER, by=room.by, now=NOW)
    with pytest.raises(ItemNotFound, match="User does not exist"):
        review.set_reviewer(room.session, SHARED, seen(item), 10**15, by=room.by, now=NOW)


def test_a_decision_is_noted(room: QueueRoom) -> None:
    (item,) = failed(room)
    verified = QueueItemReviewStatus["Verified"]
    assert review.set_review_status(
        room.session, SHARED, seen(item), verified, by=room.by, now=NOW
    ) == []  # fmt: skip
    after = room.item(item.id)
    assert (after.review_status, after.status) == (verified, QueueItemStatus.Failed)


def test_items_are_sent_round_again(room: QueueRoom) -> None:
    items = failed(room, 2)
    retried = QueueItemReviewStatus["Retried"]
    assert review.set_review_status(
        room.session, SHARED, seen(*items), retried, by=room.by, now=NOW
    ) == []  # fmt: skip
    queue_id = items[0].queue_definition_id
    for old in items:
        new = transactions.take(room.session, queue_id, robot_id=None, by=room.by, now=NOW)
        assert new is not None
        assert (new.manual_ancestor_id, new.manual_retry_number) == (old.id, 1)
        assert (new.key, new.reference) == (old.key, old.reference)
        assert room.item(old.id).status == QueueItemStatus.Retried
    left = review.set_review_status(
        room.session, SHARED, [Seen(items[0].id)], retried, by=room.by, now=NOW
    )
    assert left == [items[0].id]


def test_deleted_items_stay_to_be_seen_and_let_go_of_their_reference(room: QueueRoom) -> None:
    (item,) = failed(room)
    assert review.delete(room.session, SHARED, seen(item), by=room.by, now=NOW) == []
    assert room.item(item.id).status == QueueItemStatus.Deleted
    assert room.history(item.id)[-1] == ("Delete", "Deleted", "ann")
    assert review.delete(room.session, SHARED, [Seen(item.id)], by=room.by, now=NOW) == [item.id]
    queue = item.queue_definition
    queues.add_item(room.session, queue, NewItem(reference="0"), by=room.by, now=NOW)
