"""The life of a queue item: order, results, retries, figures. Time is passed in."""

from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock, queue_figures, queues, transactions
from concertmaster.domain.errors import (
    AnalyticsSizeExceeded,
    DuplicateReference,
    FinalTransaction,
    ItemNotFound,
    OutputSizeExceeded,
    ProgressNotInProgress,
    TransactionNotStarted,
)
from concertmaster.domain.queues import NewItem
from concertmaster.domain.transactions import Failure, ReferenceFilter, Result
from concertmaster.entities import (
    ProcessingExceptionType,
    QueueDefinition,
    QueueItem,
    QueueItemPriority,
    QueueItemStatus,
    QueueProcessingRecord,
    QueueProcessingStatus,
)
from domain.queue_room import ANN, ROBOT, ROBOT_KEY, SHARED, QueueRoom

EARLY = "2024-05-05T00:00:00.0000000Z"
NOW = "2024-05-06T07:08:09.0000000Z"
SOON = "2024-05-06T07:08:11.2500000Z"
LATER = "2024-05-06T09:00:00.0000000Z"
TOMORROW = "2024-05-07T07:08:09.0000000Z"

APPLICATION = Failure("broken", "at line 1", ProcessingExceptionType.ApplicationException)
BUSINESS = Failure("authentication", None, ProcessingExceptionType.BusinessException)


def add(room: QueueRoom, queue: QueueDefinition, **values: Any) -> int:
    return queues.add_item(room.session, queue, NewItem(**values), by=room.by, now=EARLY)


def take(room: QueueRoom, queue: QueueDefinition, now: str = NOW, **words: Any) -> QueueItem | None:
    return transactions.take(room.session, queue.id, robot_id=ROBOT, by=room.by, now=now, **words)


def end(room: QueueRoom, item: QueueItem | int, now: str = SOON, **told: Any) -> QueueItem:
    key = item if isinstance(item, int) else item.id
    found = transactions.find_item(room.session, SHARED, key)
    transactions.complete(room.session, found, Result(**told), by=room.by, now=now)
    return room.item(key)


# --- order ----------------------------------------------------------------------------------


def test_urgent_first_then_by_priority_then_by_age(room: QueueRoom) -> None:
    queue = room.queue()
    high, low = QueueItemPriority.High, QueueItemPriority.Low
    wanted = {
        "due, high, later": {"priority": high, "due_date": TOMORROW},
        "due, low": {"priority": low, "due_date": SOON},
        "plain, low": {"priority": low},
        "plain, first": {},
        "plain, second": {},
        "plain, high": {"priority": high},
        "due, high, sooner": {"priority": high, "due_date": LATER},
        "due, normal": {"due_date": SOON},
    }
    for name, values in wanted.items():
        add(room, queue, reference=name, **values)
    taken = [item.reference for item in iter(lambda: take(room, queue), None)]
    assert taken == [
        "due, high, sooner", "due, high, later", "due, normal", "due, low",
        "plain, high", "plain, first", "plain, second", "plain, low",
    ]  # fmt: skip


def test_an_item_put_off_is_not_seen_before_its_time(room: QueueRoom) -> None:
    queue = room.queue()
    add(room, queue, defer_date=LATER, due_date=TOMORROW)
    assert take(room, queue) is None
    assert take(room, queue, now=LATER) is not None


def test_an_item_that_is_taken_is_in_progress(room: QueueRoom) -> None:
    queue = room.queue()
    before = room.item(add(room, queue)).row_version
    item = take(room, queue)
    assert item is not None
    assert (item.status, item.start_processing, item.robot_id) == (
        QueueItemStatus.InProgress, NOW, ROBOT,
    )  # fmt: skip
    assert item.row_version > before
    assert room.history(item.id) == [("Create", "New", "ann"), ("Status", "InProgress", "ann")]
    assert take(room, queue) is None


def test_items_are_picked_by_reference(room: QueueRoom) -> None:
    queue = room.queue()
    for reference in ("order-1", "Order_2", "order-12"):
        add(room, queue, reference=reference)
    exact = take(room, queue, reference="ORDER-12")
    assert exact is not None
    assert exact.reference == "order-12"
    starts = {"reference": "order_", "match": ReferenceFilter.StartsWith}
    found = take(room, queue, **starts)
    assert found is not None
    assert found.reference == "Order_2"
    assert take(room, queue, **starts) is None  # an underscore is not a wildcard


def test_a_robot_is_known_by_its_key(room: QueueRoom) -> None:
    assert transactions.find_robot(room.session, "{" + ROBOT_KEY.upper() + "}") == ROBOT
    assert transactions.find_robot(room.session, "nobody") is None


def test_content_makes_an_item_that_starts_at_once(room: QueueRoom) -> None:
    queue = room.queue(enforce_unique_reference=True)
    add(room, queue, reference="waiting")
    new = NewItem(content={"a": 1}, reference="r")
    words: Any = {"robot_id": None, "by": room.by, "now": NOW}
    item = transactions.start_new(room.session, queue, new, **words)
    assert item is not None
    assert (item.status, item.specific_content) == (QueueItemStatus.InProgress, {"a": 1})
    assert [action for action, *_ in room.history(item.id)] == ["Create", "Status"]
    with pytest.raises(DuplicateReference):
        transactions.start_new(room.session, queue, new, **words)


# --- results --------------------------------------------------------------------------------


def started(room: QueueRoom, **queue: Any) -> QueueItem:
    made = room.queue(**queue)
    add(room, made, reference="ref", content={"a": 1})
    item = take(room, made)
    assert item is not None
    return item


def test_success(room: QueueRoom) -> None:
    item = end(
        room, started(room), successful=True, output={"x": 1, "x@odata.type": "#Int64"},
        analytics={"y": 2.5}, progress="done", operation_id="op",
    )  # fmt: skip
    assert (item.status, item.end_processing) == (QueueItemStatus.Successful, SOON)
    assert (item.output, item.output_data) == ({"x": 1}, '{"DynamicProperties":{"x":1}}')
    assert (item.analytics, item.analytics_data) == ({"y": 2.5}, '{"DynamicProperties":{"y":2.5}}')
    assert (item.progress, item.operation_id) == ("done", "op")
    assert room.history(item.id)[-1] == ("Edit", "Successful", "ann")


def test_a_business_exception_is_never_retried(room: QueueRoom) -> None:
    item = end(
        room,
        started(room, accept_automatically_retry=True, max_number_of_retries=5),
        failure=BUSINESS,
    )
    assert item.status == QueueItemStatus.Failed
    assert item.seconds_in_previous_attempts == 2
    assert item.processing_exception_type == ProcessingExceptionType.BusinessException
    assert item.processing_exception == {
        "Reason": "authentication", "Details": None, "Type": "BusinessException",
        "AssociatedImageFilePath": None, "CreationTime": "2024-05-06T07:08:11.25Z",
    }  # fmt: skip
    assert len(room.items(room.session.get_one(QueueDefinition, item.queue_definition_id))) == 1


def test_an_application_exception_is_tried_again_until_the_limit(room: QueueRoom) -> None:
    item = started(
        room, accept_automatically_retry=True, max_number_of_retries=2,
        enforce_unique_reference=True,
    )  # fmt: skip
    queue = room.session.get_one(QueueDefinition, item.queue_definition_id)
    tries = [item]
    for number in (1, 2):
        old = end(room, tries[-1], failure=APPLICATION)
        assert old.status == QueueItemStatus.Retried
        assert room.history(old.id)[-1][:2] == ("Retry", "Retried")
        new = take(room, queue, now=NOW)
        assert new is not None
        assert (new.retry_number, new.ancestor_id) == (number, old.id)
        assert (new.key, new.reference, new.specific_content) == (old.key, "ref", {"a": 1})
        assert new.unique_key != old.unique_key
        assert new.ancestor_unique_key == old.unique_key
        assert new.seconds_in_previous_attempts == 2 * number
        tries.append(new)
    assert end(room, tries[-1], failure=APPLICATION).status == QueueItemStatus.Failed
    assert take(room, queue) is None


@pytest.mark.parametrize("queue", [{}, {"accept_automatically_retry": True}])
def test_a_queue_without_retries_fails_at_once(room: QueueRoom, queue: dict[str, Any]) -> None:
    assert end(room, started(room, **queue), failure=APPLICATION).status == QueueItemStatus.Failed


def test_a_failure_that_nobody_explains_is_the_applications(room: QueueRoom) -> None:
    item = end(room, started(room))
    assert item.status == QueueItemStatus.Failed
    assert item.processing_exception_type == ProcessingExceptionType.ApplicationException


def test_a_retry_may_be_put_off(room: QueueRoom) -> None:
    item = started(room, accept_automatically_retry=True, max_number_of_retries=1)
    end(room, item, failure=APPLICATION, defer_date=LATER)
    queue = room.session.get_one(QueueDefinition, item.queue_definition_id)
    assert take(room, queue) is None
    assert take(room, queue, now=LATER) is not None


def test_an_item_is_postponed(room: QueueRoom) -> None:
    item = end(room, started(room), defer_date=LATER, due_date=TOMORROW)
    assert (item.status, item.robot_id, item.start_processing) == (QueueItemStatus.New, None, None)
    assert (item.defer_date, item.due_date) == (LATER, TOMORROW)
    queue = room.session.get_one(QueueDefinition, item.queue_definition_id)
    assert take(room, queue) is None
    again = take(room, queue, now=LATER)
    assert again is not None
    assert again.id == item.id


def test_only_what_is_in_progress_ends(room: QueueRoom) -> None:
    queue = room.queue()
    waiting = add(room, queue)
    with pytest.raises(TransactionNotStarted):
        end(room, waiting, successful=True)
    item = started(room)
    end(room, item, successful=True)
    with pytest.raises(FinalTransaction, match="Successful"):
        end(room, item, failure=BUSINESS)
    with pytest.raises(ProgressNotInProgress):
        transactions.set_progress(room.session, room.item(item.id), "1", by=room.by, now=NOW)


def test_progress(room: QueueRoom) -> None:
    item = started(room)
    found = transactions.find_item(room.session, SHARED, item.key)
    transactions.set_progress(room.session, found, "50%", by=room.by, now=NOW)
    assert room.item(item.id).progress == "50%"
    assert room.history(item.id)[-1] == ("Edit", "InProgress", "ann")


def test_a_key_means_the_try_in_progress(room: QueueRoom) -> None:
    old = started(room, accept_automatically_retry=True, max_number_of_retries=1)
    end(room, old, failure=APPLICATION)
    queue = room.session.get_one(QueueDefinition, old.queue_definition_id)
    new = take(room, queue)
    assert new is not None
    assert transactions.find_item(room.session, SHARED, old.key).id == new.id
    for key in (10**15, "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(ItemNotFound, match="QueueItem does not exist"):
            transactions.find_item(room.session, SHARED, key)


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({"output": {"x": "y" * 102_401}}, OutputSizeExceeded),
        ({"analytics": {"x": "y" * 10_241}}, AnalyticsSizeExceeded),
    ],
)
def test_results_have_sizes(room: QueueRoom, told: Any, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        end(room, started(room), successful=True, **told)


# --- figures --------------------------------------------------------------------------------


def test_figures_are_kept_by_the_hour(room: QueueRoom) -> None:
    queue = room.queue(accept_automatically_retry=True, max_number_of_retries=1)
    ends: list[tuple[str, dict[str, Any]]] = [
        (SOON, {"successful": True}), (SOON, {"failure": BUSINESS}),
        (SOON, {"failure": APPLICATION}), (LATER, {"successful": True}),
    ]  # fmt: skip
    for now, told in ends:
        add(room, queue)
        item = take(room, queue, now=now if now == LATER else NOW)
        assert item is not None
        end(room, item, now=now, **told)
    records = room.session.scalars(
        sa.select(QueueProcessingRecord)
        .where(QueueProcessingRecord.queue_definition_id == queue.id)
        .order_by(QueueProcessingRecord.processing_time)
    ).all()
    assert [record.processing_time for record in records] == [
        "2024-05-06T07:00:00.0000000Z", "2024-05-06T09:00:00.0000000Z",
    ]  # fmt: skip
    first = records[0]
    assert first.number_of_successful_transactions == 1
    assert first.number_of_business_exceptions == 1
    assert first.number_of_application_exceptions == 1
    assert first.number_of_retried_items == 1
    assert first.total_number_of_transactions == 3
    assert first.business_exceptions_processing_time == 2.25
    assert records[1].last_processed == LATER


def test_what_is_left_is_counted_a_moment_later(room: QueueRoom) -> None:
    queue = room.queue()
    for _ in range(4):
        add(room, queue)
    take(room, queue)
    for now in (SOON, LATER):
        item = take(room, queue)
        assert item is not None
        end(room, item, now=now, successful=True)
    assert queue_figures.next_recount(room.session) == clock.add(SOON, 1)
    queue_figures.recount(room.session, now=LATER)  # of the first hour only
    of_queue = QueueProcessingRecord.queue_definition_id == queue.id
    records = sa.select(
        QueueProcessingRecord.number_of_remaining_transactions,
        QueueProcessingRecord.number_of_in_progress_transactions,
    ).where(of_queue)
    records = records.order_by(QueueProcessingRecord.processing_time)
    assert room.session.execute(records).all() == [(1, 1), (0, 0)]
    assert queue_figures.next_recount(room.session) == clock.add(LATER, 1)
    queue_figures.recount(room.session, now=TOMORROW)
    assert room.session.execute(records).all() == [(1, 1), (1, 1)]
    assert queue_figures.next_recount(room.session) is None


def status_of(room: QueueRoom, queue: QueueDefinition, stale_before: str) -> Any:
    named = sa.select(QueueProcessingStatus).where(QueueProcessingStatus.id == queue.id)
    return room.session.execute(
        sa.select(*QueueProcessingStatus.__table__.c).where(*named._where_criteria),
        {"stale_before": stale_before},
    ).one()


def test_how_a_queue_stands(room: QueueRoom) -> None:
    queue = room.queue()
    empty = status_of(room, queue, EARLY)
    assert (empty.items_to_process, empty.total_number_of_transactions) == (0, 0)
    assert (empty.processing_mean_time, empty.last_processed) == (0, None)
    for _ in range(4):
        add(room, queue)
    take(room, queue, now=EARLY)  # stale
    take(room, queue)
    item = take(room, queue)
    assert item is not None
    end(room, item, failure=BUSINESS)
    status = status_of(room, queue, NOW)
    assert (status.items_to_process, status.items_in_progress) == (1, 1)
    assert (status.business_exceptions_no, status.total_number_of_transactions) == (1, 1)
    assert status.processing_mean_time == status.business_exceptions_processing_time == 2.25
    assert status.last_processed == SOON


def test_the_mean_of_the_guide_comes_out_exactly(room: QueueRoom) -> None:
    queue = room.queue()
    room.session.add(
        QueueProcessingRecord(
            queue_definition_id=queue.id,
            organization_unit_id=SHARED,
            report_type=2,
            processing_time=EARLY,
            last_processed=EARLY,
            number_of_business_exceptions=883,
            business_exceptions_processing_time=883 * 2.15,
            total_number_of_transactions=883,
        )
    )
    room.session.flush()
    status = status_of(room, queue, EARLY)
    assert status.processing_mean_time == status.business_exceptions_processing_time == 2.15
    assert status.total_number_of_transactions == 883


def test_history_names_who_did_it(room: QueueRoom) -> None:
    assert room.by.user_id == ANN
    assert room.history(started(room).id)[0] == ("Create", "New", "ann")
