"""How long queues keep their items: by calendar days, with archives, and references that stay."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.domain import buckets, clock, retention, review
from concertmaster.domain.errors import DuplicateReference, InvalidArgument, ItemNotFound
from concertmaster.domain.queues import NewItem, add_item
from concertmaster.domain.retention import Policy
from concertmaster.domain.review import Seen
from concertmaster.entities import (
    Bucket,
    QueueDefinition,
    QueueItem,
    QueueItemEvent,
    QueueItemReviewStatus,
    QueueItemStatus,
    RetentionAction,
    RetentionType,
)
from concertmaster.store.blobs import Folder
from domain.queue_room import OTHER, SHARED, QueueRoom
from domain.test_transactions import BUSINESS, NOW, add, end, take

FINAL, STALE = RetentionType["Final"], RetentionType["Stale"]
DELETE, ARCHIVE, KEEP = (RetentionAction[name] for name in ("Delete", "Archive", "None"))

#: An item that ended on 6 May and is kept for 30 days goes when 6 June begins.
DUE = "2024-06-06T00:00:00.0000000Z"


def day(moment: str, days: int) -> str:
    return clock.add(moment, days * 86_400)


def keep(
    room: QueueRoom, queue: QueueDefinition, days: int, type_: Any = FINAL, **more: Any
) -> None:
    policy = Policy(more.pop("action", DELETE), days, **more)
    retention.set_policy(room.session, queue, type_, policy, now=NOW)


def clean(room: QueueRoom, now: str, blobs: Path = Path("/nowhere")) -> list[int]:
    return retention.run_due(room.session, Folder(blobs), now=now)


def ended(room: QueueRoom, queue: QueueDefinition, **told: Any) -> QueueItem:
    add(room, queue, reference=told.pop("reference", None))
    item = take(room, queue)
    assert item is not None
    return end(room, item, **(told or {"successful": True}))


def left(room: QueueRoom, queue: QueueDefinition) -> list[int]:
    return [item.id for item in room.items(queue)]


def test_an_item_goes_when_its_days_are_over(room: QueueRoom) -> None:
    queue = room.queue()
    keep(room, queue, 30)
    item = ended(room, queue)
    waiting = add(room, queue)
    assert retention.next_due(room.session) == DUE
    assert clean(room, clock.add(DUE, -1)) == []
    assert left(room, queue) == [item.id, waiting]
    assert clean(room, DUE) == [queue.id]
    assert left(room, queue) == [waiting]
    told = sa.select(sa.func.count()).where(QueueItemEvent.queue_item_id == item.id)
    assert room.session.scalar(told) == 0


def test_what_waits_too_long_goes_too(room: QueueRoom) -> None:
    queue = room.queue()
    plain = add(room, queue)  # on 5 May
    put_off = add(room, queue, defer_date=day(NOW, 10))
    keep(room, queue, 30, STALE)
    assert clean(room, "2024-06-05T00:00:00.0000000Z") == [queue.id]
    assert left(room, queue) == [put_off]
    assert plain not in left(room, queue)
    assert retention.next_due(room.session) == day(DUE, 10)
    assert clean(room, day(DUE, 10)) == [queue.id]
    assert left(room, queue) == []


def test_a_change_afterwards_begins_the_days_anew(room: QueueRoom) -> None:
    queue = room.queue()
    keep(room, queue, 30)
    item = ended(room, queue, failure=BUSINESS)
    verified = QueueItemReviewStatus["Verified"]
    review.set_review_status(
        room.session, SHARED, [Seen(item.id)], verified, by=room.by, now=day(NOW, 5)
    )
    assert clean(room, DUE) == []
    assert left(room, queue) == [item.id]
    assert retention.next_due(room.session) == day(DUE, 1)
    assert clean(room, day(DUE, 4)) == []
    assert clean(room, day(DUE, 5)) == [queue.id]


def test_nothing_goes_while_everything_is_kept(room: QueueRoom) -> None:
    queue = room.queue()
    keep(room, queue, 30, action=KEEP)
    ended(room, queue)
    assert retention.next_due(room.session) is None
    assert clean(room, day(DUE, 300)) == []


def test_an_empty_queue_is_looked_at_when_something_may_be_over(room: QueueRoom) -> None:
    queue = room.queue()
    keep(room, queue, 30)
    assert retention.next_due(room.session) == DUE
    assert clean(room, DUE) == []
    assert retention.next_due(room.session) == day(DUE, 31)


def test_more_than_one_go(room: QueueRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    queue = room.queue()
    keep(room, queue, 30)
    for _ in range(5):
        ended(room, queue)
    for remaining in (3, 1, 0):
        assert retention.next_due(room.session) == DUE
        assert clean(room, DUE) == [queue.id]
        assert len(left(room, queue)) == remaining
    assert retention.next_due(room.session) > DUE  # type: ignore[operator]


def test_unique_references_stay_taken(room: QueueRoom) -> None:
    queue = room.queue(enforce_unique_reference=True)
    keep(room, queue, 30)
    ended(room, queue, reference="Taken")
    deleted = ended(room, queue, reference="free")
    review.delete(room.session, SHARED, [Seen(deleted.id)], by=room.by, now=NOW)
    assert clean(room, DUE) == [queue.id]
    assert left(room, queue) == []
    new = NewItem(reference="taken")
    with pytest.raises(DuplicateReference):
        add_item(room.session, queue, new, by=room.by, now=DUE)
    add_item(room.session, queue, NewItem(reference="free"), by=room.by, now=DUE)


def archive_bucket(room: QueueRoom, folder: int = SHARED) -> Bucket:
    bucket = Bucket(name="b", identifier=clock.new_guid(), secret=clock.new_guid())
    bucket.organization_unit_id = folder
    room.session.add(bucket)
    room.session.flush()
    return bucket


def test_items_are_archived(room: QueueRoom, tmp_path: Path) -> None:
    queue, bucket = room.queue(), archive_bucket(room)
    keep(room, queue, 30, action=ARCHIVE, bucket_id=bucket.id)
    items = [ended(room, queue, successful=True, output={"total": n}) for n in range(3)]
    assert clean(room, DUE, tmp_path) == [queue.id]
    assert left(room, queue) == []
    (kept,) = buckets.below(room.session, bucket.id, f"Archive/Queues/Queue-{queue.key}/2024-06-06")
    content = Folder(tmp_path).read(kept.file)
    assert content is not None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read(name).decode())))
    assert [int(row["Id"]) for row in rows] == [item.id for item in items]
    assert rows[2]["Status"] == "Successful"
    assert rows[2]["Output"] == '{"total": 2}'
    assert "ReferenceFolded" not in rows[0]


def test_without_its_bucket_nothing_is_lost(room: QueueRoom, tmp_path: Path) -> None:
    queue, bucket = room.queue(), archive_bucket(room)
    keep(room, queue, 30, action=ARCHIVE, bucket_id=bucket.id)
    item = ended(room, queue)
    room.session.delete(bucket)
    room.session.flush()
    room.session.expire_all()
    assert clean(room, DUE, tmp_path) == []
    assert left(room, queue) == [item.id]
    assert retention.next_due(room.session) == day(DUE, 1)


@pytest.mark.parametrize("days", [0, -1, 181])
def test_periods_have_bounds(room: QueueRoom, days: int) -> None:
    with pytest.raises(InvalidArgument, match="Invalid argument 'Period'"):
        keep(room, room.queue(), days)


def test_an_archive_needs_a_bucket_of_the_folder(room: QueueRoom) -> None:
    with pytest.raises(InvalidArgument, match="BucketId"):
        keep(room, room.queue(), 30, action=ARCHIVE)
    for bucket_id in (archive_bucket(room, OTHER).id, 10**12):
        with pytest.raises(ItemNotFound, match="Bucket"):
            keep(room, room.queue(), 30, action=ARCHIVE, bucket_id=bucket_id)


def test_queues_that_nobody_spoke_of_keep_everything(room: QueueRoom) -> None:
    queue = room.queue()
    ended(room, queue)
    retention.keep_all(room.session.connection())
    policies = retention.of_queue(room.session, queue.id)
    assert {type_: row.action for type_, row in policies.items()} == {FINAL: KEEP, STALE: KEEP}
    retention.keep_all(room.session.connection())
    assert clean(room, day(DUE, 1000)) == []
    assert room.items(queue)[0].status == QueueItemStatus.Successful
