"""What lets a suspended job go on: a moment, a job, a queue item, a delivery, somebody."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from concertmaster.domain import outcomes, queues, suspension, transactions
from concertmaster.domain.clock import add, new_guid
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.domain.outcome_words import Move
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import NewItem
from concertmaster.domain.transactions import Failure, Result
from concertmaster.entities import Job, JobTriggerStatus, QueueDefinition, QueueItem
from domain.job_room import START, JobRoom

BY = Actor(1, "admin")


def _move(session: Session, job_id: int, *, now: str, **said: Any) -> None:
    outcomes.move(session, session.get_one(Job, job_id), Move.model_validate(said), now=now)


def _suspended(room: JobRoom, *waits: dict[str, Any]) -> int:
    (job_id,) = room.start("Manual")
    room.do(_move, job_id, state="Suspended", waitFor=list(waits))
    return job_id


def _triggers(room: JobRoom, job_id: int) -> list[str]:
    with room.tenant.reader() as session:
        found = suspension.triggers_of(session, session.get_one(Job, job_id))
        return [trigger.status.name for trigger in found]


def _add(session: Session, *, now: str) -> QueueItem:
    queue = session.get_one(QueueDefinition, 1)
    item_id = queues.add_item(session, queue, NewItem(reference="r"), by=BY, now=now)
    return session.get_one(QueueItem, item_id)


def _work(session: Session, *, failing: bool, now: str) -> None:
    item = transactions.take(session, 1, robot_id=1, by=BY, now=now)
    assert item is not None
    result = Result(failure=Failure("broken")) if failing else Result(successful=True)
    transactions.complete(session, item, result, by=BY, now=now)


def test_a_moment_has_come(jobs_room: JobRoom) -> None:
    job_id = _suspended(jobs_room, {"type": "Timer", "time": add(START, 50)})
    assert jobs_room.after(49) == []
    assert jobs_room.after(1) == [(50, "job.resumed", job_id)]
    job = jobs_room.job(job_id)
    assert (job.state.name, job.resume_version, job.resume_time) == (
        "Resumed", 1, add(START, 50),
    )  # fmt: skip
    assert _triggers(jobs_room, job_id) == ["Fired"]


@pytest.mark.parametrize("state", ["Successful", "Faulted", "Stopped"])
def test_another_job_has_ended(jobs_room: JobRoom, state: str) -> None:
    (other,) = jobs_room.start("Manual")
    job_id = _suspended(jobs_room, {"type": "Job", "itemKey": jobs_room.job(other).key})
    jobs_room.do(_move, other, state="Running")
    assert jobs_room.after(100) == []
    jobs_room.do(_move, other, state=state)
    assert jobs_room.after(0) == [(100, "job.resumed", job_id)]


def test_what_has_come_already_is_not_waited_for(jobs_room: JobRoom) -> None:
    (other,) = jobs_room.start("AtOnce")
    job_id = _suspended(jobs_room, {"type": "Job", "itemKey": jobs_room.job(other).key})
    assert jobs_room.after(0) == [(0, "job.resumed", job_id)]


def test_a_queue_item_is_done_with_after_its_last_try(jobs_room: JobRoom) -> None:
    item = jobs_room.do(_add)
    job_id = _suspended(jobs_room, {"type": "QueueItem", "itemKey": item.key})
    jobs_room.do(_work, failing=True)
    assert jobs_room.after(10) == [], "it was retried: there is another try to come"
    jobs_room.do(_work, failing=True)
    assert jobs_room.after(0) == [(10, "job.resumed", job_id)]


def test_a_delivery_comes_once(jobs_room: JobRoom) -> None:
    inbox = new_guid()
    job_id = _suspended(jobs_room, {"type": "Inbox", "itemKey": inbox})
    with pytest.raises(ItemNotFound):
        jobs_room.do(suspension.deliver, inbox, {"a": 1}, [2])
    assert jobs_room.do(suspension.deliver, inbox.upper(), {"a": 1}, [1]) is True
    assert jobs_room.do(suspension.deliver, inbox, {"a": 2}, [1]) is False
    assert jobs_room.states([job_id]) == ["Resumed"]
    with jobs_room.tenant.reader() as session:
        trigger, payload = suspension.payload(session, inbox)
    assert (trigger.status, payload) == (JobTriggerStatus.Fired, {"a": 1})


def test_the_first_of_several_lets_it_go_on(jobs_room: JobRoom) -> None:
    inbox = new_guid()
    job_id = _suspended(
        jobs_room,
        {"type": "Inbox", "itemKey": inbox}, {"type": "Timer", "time": add(START, 5)},
    )  # fmt: skip
    assert jobs_room.after(10) == [(5, "job.resumed", job_id)]
    assert _triggers(jobs_room, job_id) == ["New", "Fired"]
    jobs_room.do(_move, job_id, state="Running")
    jobs_room.do(_move, job_id, state="Suspended")
    assert _triggers(jobs_room, job_id) == [], "what it waited for before is forgotten"


def test_somebody_resumes_it_with_other_input(jobs_room: JobRoom) -> None:
    job_id = _suspended(jobs_room)
    assert jobs_room.after(86_400) == []

    def resume(session: Session, *, now: str) -> None:
        job = session.get_one(Job, job_id)
        suspension.resume(session, job, now=now, arguments='{"a": 2}')

    jobs_room.do(resume)
    job = jobs_room.job(job_id)
    assert (job.state.name, job.input_arguments) == ("Resumed", '{"a": 2}')
    with pytest.raises(Conflict, match="Resumed cannot be resumed"):
        jobs_room.do(resume)


def test_who_was_stopped_is_not_woken(jobs_room: JobRoom) -> None:
    job_id = _suspended(jobs_room, {"type": "Timer", "time": add(START, 5)})
    jobs_room.do(_move, job_id, state="Stopped")
    assert jobs_room.after(100) == []
    assert jobs_room.states([job_id]) == ["Stopped"]
