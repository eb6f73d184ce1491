"""Many at once: each item goes to exactly one taker, a unique reference to exactly one item."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from concertmaster.domain import queues, transactions
from concertmaster.domain.errors import DuplicateReference
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import CommitType, NewItem
from concertmaster.domain.transactions import Result
from concertmaster.entities import QueueDefinition, QueueItemStatus
from domain.queue_room import ANN, SHARED, QueueRoom

NOW = "2024-05-06T07:08:09.0000000Z"
WORKERS, ITEMS = 24, 200
BY = Actor(ANN, "ann")


def at_once(room: QueueRoom, work: Callable[[Session], object]) -> None:
    """Let everybody do the same, each in a session of their own."""

    def one(_number: int) -> None:
        with room.tenant.session() as session:
            work(session)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(WORKERS)))


def committed(room: QueueRoom, name: str, **values: object) -> QueueDefinition:
    queue = room.queue(name, **values)
    room.session.commit()
    return queue


def test_each_item_goes_to_one_taker(room: QueueRoom) -> None:
    queue = committed(room, "at once")
    batch = [NewItem() for _ in range(ITEMS)]
    queues.add_items(room.session, queue, batch, CommitType.AllOrNothing, by=BY, now=NOW)
    room.session.commit()
    taken: list[int] = []

    def work(session: Session) -> None:
        while True:
            item = transactions.take(session, queue.id, robot_id=None, by=BY, now=NOW)
            if item is None:
                session.rollback()
                return
            session.commit()
            mine = transactions.find_item(session, SHARED, item.id)
            transactions.complete(session, mine, Result(successful=True), by=BY, now=NOW)
            session.commit()
            taken.append(item.id)

    at_once(room, work)
    assert len(taken) == ITEMS
    assert max(Counter(taken).values()) == 1
    items = room.items(queue)
    assert {item.status for item in items} == {QueueItemStatus.Successful}
    assert [action for action, *_ in room.history(items[0].id)] == ["Create", "Status", "Edit"]
    room.session.delete(queue)
    room.session.commit()


def test_a_unique_reference_goes_to_one_item(room: QueueRoom) -> None:
    queue = committed(room, "unique at once", enforce_unique_reference=True)
    refused: list[str] = []

    def work(session: Session) -> None:
        mine = session.get_one(QueueDefinition, queue.id)
        try:
            queues.add_item(session, mine, NewItem(reference="only"), by=BY, now=NOW)
            session.commit()
        except DuplicateReference as error:
            refused.append(error.message)
            session.rollback()

    at_once(room, work)
    assert len(refused) == WORKERS - 1
    assert len(room.items(queue)) == 1
    room.session.delete(queue)
    room.session.commit()
