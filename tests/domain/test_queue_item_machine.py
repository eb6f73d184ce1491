"""Queue items through any sequence of steps: no impossible state, always as the model says.

A short run by default; CONCERTMASTER_TEST_LONG=1 makes it a long one.
"""

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from concertmaster.domain import (
    abandonment,
    clock,
    deadlines,
    queues,
    retention,
    review,
    transactions,
)
from concertmaster.domain.errors import (
    DuplicateReference,
    FinalTransaction,
    TransactionNotStarted,
    TransactionReferenceRequired,
)
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import NewItem
from concertmaster.domain.retention import Policy
from concertmaster.domain.review import Seen
from concertmaster.domain.transactions import Failure, Result
from concertmaster.entities import (
    ProcessingExceptionType,
    QueueItem,
    QueueItemEvent,
    QueueItemPriority,
    QueueItemReviewStatus,
    QueueItemStatus,
    QueueProcessingRecord,
    RetentionAction,
    RetentionType,
)
from concertmaster.store import Tenant
from concertmaster.store.blobs import Folder
from domain.queue_model import OPEN, STEPS, Item, Queue, S
from domain.queue_room import ANN, ROBOT, SHARED, QueueRoom

LONG = bool(os.environ.get("CONCERTMASTER_TEST_LONG"))
EXAMPLES, STEPS_EACH = (300, 60) if LONG else (10, 25)

START = "2024-05-06T07:08:09.0000000Z"
BY = Actor(ANN, "ann")

hours = st.sampled_from([None, -5, 1, 30])
references = st.sampled_from([None, "a", "A", "b", "c"])
#: Which of the items a step is about: the n-th, from the newest.
picks = st.integers(0, 7)


class QueueItems(RuleBasedStateMachine):
    """One queue, its items, and all that can happen to them."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.session = tenant.session()
        self.room = QueueRoom(tenant, self.session, BY)
        self.now = START

    @initialize(
        retries=st.booleans(), abandoned=st.booleans(), most=st.integers(0, 2),
        unique=st.booleans(), sla=st.sampled_from([0, 90]),
    )  # fmt: skip
    def make(self, retries: bool, abandoned: bool, most: int, unique: bool, sla: int) -> None:
        self.model = Queue(retries, abandoned, most, unique, kept_days=3)
        self.sla = sla
        self.queue = self.room.queue(
            accept_automatically_retry=retries, retry_abandoned_items=abandoned,
            max_number_of_retries=most, enforce_unique_reference=unique, sla_in_minutes=sla,
        )  # fmt: skip
        final, policy = RetentionType["Final"], Policy(RetentionAction["Delete"], 3)
        retention.set_policy(self.session, self.queue, final, policy, now=self.now)

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    # --- steps ------------------------------------------------------------------------------

    @rule(reference=references, priority=st.sampled_from(QueueItemPriority), defer=hours, due=hours)
    def add(
        self, reference: str | None, priority: QueueItemPriority, defer: int | None, due: int | None
    ) -> None:
        defers, dues = self.at(defer), self.at(due)
        new = NewItem(reference=reference, priority=priority, defer_date=defers, due_date=dues)
        refused = self.model.is_taken(reference)
        try:
            id_ = queues.add_item(self.session, self.queue, new, by=BY, now=self.now)
        except (DuplicateReference, TransactionReferenceRequired):
            assert refused
            return
        assert not refused
        if dues is None and self.sla:
            dues = clock.add(max(self.now, defers or self.now), self.sla * 60)
        self.model.items[id_] = Item(reference, priority, defers, dues, self.now)

    @rule()
    def take(self) -> None:
        wanted = self.model.next(self.now)
        words: Any = {"robot_id": ROBOT, "by": BY, "now": self.now}
        taken = transactions.take(self.session, self.queue.id, **words)
        assert (taken and taken.id) == wanted
        if wanted is not None:
            self.model.move(wanted, S.InProgress, self.now)

    @precondition(lambda self: self.model.items)
    @rule(pick=picks)
    def succeed(self, pick: int) -> None:
        if (id_ := self.end(pick, Result(successful=True))) is not None:
            self.model.move(id_, S.Successful, self.now)
            self.model.ended["good"] += 1

    @precondition(lambda self: self.model.items)
    @rule(pick=picks)
    def fail(self, pick: int) -> None:
        id_ = self.end(pick, Result(failure=Failure("broken")))
        if id_ is not None:
            self.model.ended["app"] += 1
            if self.model.fails(id_, self.now):
                self.model.follow(self.newest(), id_, self.now)

    @precondition(lambda self: self.model.items)
    @rule(pick=picks)
    def fail_for_business(self, pick: int) -> None:
        business = Failure("unknown customer", type=ProcessingExceptionType.BusinessException)
        if (id_ := self.end(pick, Result(failure=business))) is not None:
            self.model.move(id_, S.Failed, self.now)
            self.model.ended["business"] += 1

    @precondition(lambda self: self.model.items)
    @rule(pick=picks, by=st.sampled_from([1, 30]))
    def postpone(self, pick: int, by: int) -> None:
        until = clock.add(self.now, by * 3600)
        if (id_ := self.end(pick, Result(defer_date=until))) is not None:
            self.model.move(id_, S.New, self.now)
            self.model.items[id_].defer = until

    @precondition(lambda self: self.model.items)
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        id_ = self.pick(pick)
        refused = review.delete(self.session, SHARED, [Seen(id_)], by=BY, now=self.now)
        assert bool(refused) == (self.model.items[id_].status == S.Deleted)
        if not refused:
            self.model.move(id_, S.Deleted, self.now)

    @precondition(lambda self: self.model.items)
    @rule(pick=picks)
    def send_round_again(self, pick: int) -> None:
        id_ = self.pick(pick)
        item, retried = self.model.items[id_], QueueItemReviewStatus["Retried"]
        refused = review.set_review_status(
            self.session, SHARED, [Seen(id_)], retried, by=BY, now=self.now
        )
        wanted = item.status in (S.Failed, S.Abandoned) and not self.model.followed(id_)
        assert bool(refused) == (not wanted)
        if wanted:
            self.model.move(id_, S.Retried, self.now)
            self.model.follow(self.newest(), id_, self.now, by_hand=True)

    @rule(by=st.sampled_from([1, 23, 25, 100]))
    def wait(self, by: int) -> None:
        """Time goes by, and with it what happens by itself."""
        self.now = clock.add(self.now, by * 3600)
        again = self.model.abandons(self.now)
        while (due := abandonment.next_due(self.session)) is not None and due <= self.now:
            abandonment.abandon_due(self.session, now=self.now)
        newest = [id_ for id_ in self.ids() if id_ not in self.model.items]
        assert len(newest) == len(again)
        for new, old in zip(newest, again, strict=True):
            self.model.follow(new, old, self.now)
        while (due := deadlines.next_due(self.session)) is not None and due <= self.now:
            deadlines.tell_due(self.session, now=self.now)
        while (due := retention.next_due(self.session)) is not None and due <= self.now:
            retention.run_due(self.session, Folder(Path("/nowhere")), now=self.now)
        self.model.cleans(self.now)

    # --- what always holds ------------------------------------------------------------------

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        found = {
            item.id: (item.status, item.reference, item.retry_number, item.ancestor_id)
            for item in self.room.items(self.queue)
        }
        assert found == {
            id_: (item.status, item.reference, item.tries, item.ancestor)
            for id_, item in self.model.items.items()
        }

    @invariant()
    def every_history_is_a_possible_one(self) -> None:
        told = sa.select(QueueItemEvent.queue_item_id, QueueItemEvent.status)
        told = told.where(QueueItemEvent.queue_item_id.in_(list(self.model.items)))
        last: dict[int, QueueItemStatus] = {}
        for id_, status in self.session.execute(told.order_by(QueueItemEvent.id)):
            before = last.get(id_)
            assert status == S.New if before is None else status in STEPS[before] | {before}
            last[id_] = status
        assert last == {id_: item.status for id_, item in self.model.items.items()}

    @invariant()
    def one_try_of_an_item_is_open_at_most(self) -> None:
        of_queue = QueueItem.queue_definition_id == self.queue.id
        opened = sa.select(QueueItem.key, sa.func.count()).where(
            of_queue, QueueItem.status.in_(OPEN)
        )
        assert all(n == 1 for _, n in self.session.execute(opened.group_by(QueueItem.key)))

    @invariant()
    def fields_fit_the_status(self) -> None:
        for item in self.room.items(self.queue):
            worked_on = item.start_processing is not None
            assert worked_on == (item.robot_id is not None)
            assert worked_on or item.status in (S.New, S.Deleted)
            assert not (item.status == S.New and worked_on)
            ended = item.status in (S.Successful, S.Failed)
            assert not ended or item.end_processing is not None
            assert item.next_deadline is None or item.status in OPEN
            failed = item.processing_exception_type is not None
            assert failed or item.status != S.Failed

    @invariant()
    def the_figures_add_up(self) -> None:
        record = QueueProcessingRecord
        sums = sa.select(
            sa.func.coalesce(sa.func.sum(record.number_of_successful_transactions), 0),
            sa.func.coalesce(sa.func.sum(record.number_of_application_exceptions), 0),
            sa.func.coalesce(sa.func.sum(record.number_of_business_exceptions), 0),
            sa.func.coalesce(sa.func.sum(record.total_number_of_transactions), 0),
        ).where(record.queue_definition_id == self.queue.id)
        good, app, business, total = self.session.execute(sums).one()
        assert {"good": good, "app": app, "business": business} == self.model.ended
        assert total == good + app + business

    # --- short ways -------------------------------------------------------------------------

    def at(self, hours_: int | None) -> str | None:
        return None if hours_ is None else clock.add(self.now, hours_ * 3600)

    def pick(self, pick: int) -> int:
        newest_first = sorted(self.model.items, reverse=True)
        return newest_first[pick % len(newest_first)]

    def ids(self) -> list[int]:
        return [item.id for item in self.room.items(self.queue)]

    def newest(self) -> int:
        return max(self.ids())

    def end(self, pick: int, result: Result) -> int | None:
        """Tell a result; the item, or None where it must be refused and is."""
        id_ = self.pick(pick)
        status = self.model.items[id_].status
        item = transactions.find_item(self.session, SHARED, id_)
        try:
            transactions.complete(self.session, item, result, by=BY, now=self.now)
        except TransactionNotStarted:
            assert status == S.New
            return None
        except FinalTransaction:
            assert status not in OPEN
            return None
        assert status == S.InProgress
        return id_


def test_no_way_leads_to_an_impossible_state(queue_tenant: Tenant) -> None:
    run_state_machine_as_test(
        lambda: QueueItems(queue_tenant),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS_EACH, deadline=None, database=None,
            derandomize=not LONG, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
