"""How work gets into a queue: content, references, batches. Time is passed in."""

from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.domain import queues
from concertmaster.domain.errors import (
    ContentSizeExceeded,
    DuplicateReference,
    InvalidArgument,
    ItemNotFound,
    ProgressSizeExceeded,
    TransactionReferenceRequired,
)
from concertmaster.domain.queues import CommitType, NewItem
from concertmaster.entities import QueueDefinition, QueueItem, QueueItemPriority, QueueItemStatus
from domain.queue_room import OTHER, SHARED, QueueRoom
from statements import counted

NOW = "2024-05-06T07:08:09.1234567Z"


def add(room: QueueRoom, queue: QueueDefinition, now: str = NOW, **values: Any) -> QueueItem:
    return room.item(queues.add_item(room.session, queue, NewItem(**values), by=room.by, now=now))


def test_an_item_starts_with_the_documented_values(room: QueueRoom) -> None:
    item = add(room, room.queue(), content={"Email": "o@x", "Name": "O'Brian"})
    assert item.status == QueueItemStatus.New
    assert item.priority == QueueItemPriority.Normal
    assert (item.retry_number, item.seconds_in_previous_attempts) == (0, 0)
    assert item.review_status.name == "None"
    assert item.specific_data == '{"DynamicProperties":{"Email":"o@x","Name":"O\'Brian"}}'
    assert item.specific_content == {"Email": "o@x", "Name": "O'Brian"}
    assert item.creation_time == NOW
    assert item.key != item.unique_key
    assert room.history(item.id) == [("Create", "New", "ann")]


def test_annotations_are_not_content(room: QueueRoom) -> None:
    item = add(room, room.queue(), content={"Name": "Žao", "Name@odata.type": "#String"})
    assert item.specific_content == {"Name": "Žao"}
    assert item.specific_data == '{"DynamicProperties":{"Name":"Žao"}}'


@pytest.mark.parametrize("value", [{"a": 1}, [1], [], {}])
def test_content_is_flat(room: QueueRoom, value: object) -> None:
    with pytest.raises(InvalidArgument):
        add(room, room.queue(), content={"x": value})


def test_what_is_too_long_is_refused(room: QueueRoom) -> None:
    queue = room.queue()
    with pytest.raises(ContentSizeExceeded):
        add(room, queue, content={"x": "y" * 512_001})
    with pytest.raises(ProgressSizeExceeded):
        add(room, queue, progress="y" * 104_858)
    with pytest.raises(InvalidArgument):
        add(room, queue, reference="r" * 129)
    assert add(room, queue, reference="r" * 128).reference == "r" * 128


def test_a_queue_is_found_in_its_folder_in_any_letter_case(room: QueueRoom) -> None:
    queue = room.queue("Invoices")
    assert queues.find_queue(room.session, SHARED, "iNVOICES").id == queue.id
    with pytest.raises(ItemNotFound, match="Invoices does not exist"):
        queues.find_queue(room.session, OTHER, "Invoices")


def test_a_unique_reference_is_taken_once(room: QueueRoom) -> None:
    queue = room.queue(enforce_unique_reference=True)
    first = add(room, queue, reference="A1")
    for again in ("A1", "a1"):
        with pytest.raises(DuplicateReference, match="Duplicate Reference"):
            add(room, queue, reference=again)
    for none in (None, ""):
        with pytest.raises(TransactionReferenceRequired):
            add(room, queue, reference=none)
    assert add(room, room.queue(), reference="A1").reference == "A1"
    for status in (QueueItemStatus.Deleted, QueueItemStatus.Retried):
        room.session.execute(
            sa.update(QueueItem).where(QueueItem.id == first.id).values(status=status)
        )
        first = add(room, queue, reference="A1")


def test_a_queue_with_a_promise_gives_a_due_date(room: QueueRoom) -> None:
    queue = room.queue(sla_in_minutes=60, risk_sla_in_minutes=30)
    item = add(room, queue)
    assert item.due_date == "2024-05-06T08:08:09.1234567Z"
    assert item.risk_sla_date == "2024-05-06T07:38:09.1234567Z"
    own = "2024-05-07T00:00:00.0000000Z"
    assert add(room, queue, due_date=own).due_date == own


# --- batches --------------------------------------------------------------------------------

BATCH = [
    NewItem(reference="a"), NewItem(reference="b"), NewItem(reference="A"), NewItem(),
    NewItem(reference="c"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("commit", "kept", "refused"),
    [
        (CommitType.AllOrNothing, [], [(3, "DuplicateReference")]),
        (CommitType.StopOnFirstFailure, ["a", "b"], [(3, "DuplicateReference")]),
        (
            CommitType.ProcessAllIndependently,
            ["a", "b", "c"],
            [(3, "DuplicateReference"), (4, "TransactionReferenceRequired")],
        ),
    ],
)
def test_a_batch_with_bad_items(
    room: QueueRoom, commit: CommitType, kept: list[str], refused: list[tuple[int, str]]
) -> None:
    queue = room.queue(enforce_unique_reference=True)
    added = queues.add_items(room.session, queue, BATCH, commit, by=room.by, now=NOW)
    assert [item.reference for item in room.items(queue)] == kept
    assert [(one.ordinal, one.error.code) for one in added.refused] == refused


def test_a_thousand_items_cost_few_statements_and_keep_their_order(room: QueueRoom) -> None:
    queue = room.queue(enforce_unique_reference=True)
    batch = [NewItem(content={"n": n}, reference=f"r{n}") for n in range(1000)]
    with counted(room.tenant.engine) as statements:
        added = queues.add_items(
            room.session, queue, batch, CommitType.AllOrNothing, by=room.by, now=NOW
        )
    assert len(statements) <= 16, [s[:60] for s in statements]
    items = room.items(queue)
    assert [item.id for item in items] == added.ids
    assert [item.reference for item in items] == [f"r{n}" for n in range(1000)]
    assert len({item.row_version for item in items}) == 1000
    assert room.history(added.ids[-1]) == [("Create", "New", "ann")]


def test_row_versions_grow_tenant_wide(room: QueueRoom) -> None:
    first, second = add(room, room.queue()), add(room, room.queue())
    assert second.row_version > first.row_version
