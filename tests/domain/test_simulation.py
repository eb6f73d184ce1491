"""Simulated robots: who takes which job, what happens while it runs, how it ends."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import outcomes, queues, simulation
from concertmaster.domain.outcome_words import NextResult, Outcome
from concertmaster.domain.queue_history import Actor
from concertmaster.domain.queues import NewItem
from concertmaster.entities import (
    JobOutcome,
    QueueDefinition,
    QueueItem,
    Release,
    SessionState,
    StopStrategy,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.store import Registry
from domain.job_room import START, JobRoom


def test_a_job_runs_on_a_free_robot_and_ends_in_time(jobs_room: JobRoom) -> None:
    (job_id,) = jobs_room.start()
    assert jobs_room.states([job_id]) == ["Pending"]
    assert jobs_room.after(0) == [(0, "job.started", job_id)]
    job, held = jobs_room.job(job_id), jobs_room.get(RobotSession, 1)
    assert (job.state.name, job.robot_id, job.machine_id) == ("Running", 1, 1)
    assert (job.start_time, job.host_machine_name) == (START, "M")
    assert (held.state, held.job_id) == (SessionState.Busy, job_id)
    jobs_room.check()
    assert jobs_room.after(60) == [(10, "job.completed", job_id)]
    job, held = jobs_room.job(job_id), jobs_room.get(RobotSession, 1)
    assert (job.state.name, job.info) == ("Successful", "Job completed")
    assert set(json.loads(job.output_arguments)) == {"n", "s"}
    assert (held.state, held.job_id) == (SessionState.Available, None)
    assert held.reporting_time == jobs_room.now
    assert [line[2] for line in jobs_room.logs(job_id)] == [
        "Timed execution started", "Timed execution ended",
    ]  # fmt: skip
    jobs_room.check()


def test_priority_goes_first_then_age_and_one_job_a_robot(jobs_room: JobRoom) -> None:
    old = jobs_room.start(count=2)
    (urgent,) = jobs_room.start(specific_priority_value=99)
    (inner,) = jobs_room.start("Inner")
    jobs_room.after(0)
    assert jobs_room.states([urgent, *old, inner]) == ["Running", "Running", "Pending", "Pending"]
    jobs_room.check()
    fired = jobs_room.after(30)
    assert [one for one in fired if one[1] == "job.started"] == [
        (10, "job.started", old[1]), (10, "job.started", inner),
    ]  # fmt: skip
    assert set(jobs_room.states([urgent, *old, inner])) == {"Successful"}
    jobs_room.check()


def test_what_is_not_theirs_is_left_alone(jobs_room: JobRoom) -> None:
    manual, real = jobs_room.start("Manual"), jobs_room.start("Real")
    assert jobs_room.after(86_400) == []
    assert jobs_room.states([*manual, *real]) == ["Pending", "Pending"]
    assert jobs_room.get(JobOutcome, real[0]) is None, "a real robot may have it"


def test_a_job_that_no_simulated_robot_may_take_runs_without_one(jobs_room: JobRoom) -> None:
    (alone,) = jobs_room.start("Alone")
    assert jobs_room.after(10) == [(0, "job.started", alone), (10, "job.completed", alone)]
    assert jobs_room.job(alone).robot_id is None


def test_a_robot_that_was_let_in_meanwhile_asks_for_work(jobs_room: JobRoom) -> None:
    """Two robots are busy for long; somebody makes a third one simulated."""
    jobs_room.do(_say_stuck)
    busy = jobs_room.start(count=3)
    jobs_room.after(100)
    assert jobs_room.states(busy) == ["Running", "Running", "Pending"]
    with jobs_room.tenant.session() as session, session.begin():
        third = sa.update(RobotSession).where(RobotSession.id == 3)
        session.execute(third.values(simulated=True, reporting_time=jobs_room.now))
    jobs_room.after(31)
    jobs_room.after(0)
    assert jobs_room.states(busy) == ["Running", "Running", "Running"]
    jobs_room.check()


def _say_stuck(session: Session, *, now: str) -> None:
    release = session.get_one(Release, 1)
    said = {"mode": "after", "result": {"state": "Stuck", "logs": ["on and on"]}}
    outcomes.say(session, release, Outcome.model_validate(said))


def test_a_soft_stop_is_obeyed_at_once_and_a_kill_too(jobs_room: JobRoom) -> None:
    soft, hard = jobs_room.start(count=2)
    jobs_room.after(3)
    jobs_room.stop(soft, StopStrategy.SoftStop)
    jobs_room.stop(hard, StopStrategy.Kill)
    assert jobs_room.states([soft, hard]) == ["Stopping", "Terminating"]
    assert jobs_room.after(5) == [(3, "job.stopped", soft), (3, "job.stopped", hard)]
    assert jobs_room.job(soft).info == "Job stopped"
    jobs_room.check()


def test_what_is_stuck_has_to_be_killed(jobs_room: JobRoom) -> None:
    jobs_room.do(_say_stuck)
    (job_id,) = jobs_room.start()
    jobs_room.after(1000)
    jobs_room.stop(job_id, StopStrategy.SoftStop)
    jobs_room.after(1000)
    assert jobs_room.states([job_id]) == ["Stopping"]
    jobs_room.stop(job_id, StopStrategy.Kill)
    jobs_room.after(0)
    assert jobs_room.states([job_id]) == ["Stopped"]
    jobs_room.check()


def test_a_job_that_waits_stops_before_anybody_takes_it(jobs_room: JobRoom) -> None:
    (job_id,) = jobs_room.start()
    jobs_room.stop(job_id, StopStrategy.SoftStop)
    assert jobs_room.after(60) == []
    assert jobs_room.get(JobOutcome, job_id) is None


def test_lines_are_spread_over_the_time_of_a_job(jobs_room: JobRoom) -> None:
    said = {"state": "Faulted", "info": "It broke.\nThere.", "errorCode": "X.Y",
            "logs": ["half", {"level": "Warn", "message": "nearly"}]}  # fmt: skip
    jobs_room.do(_queue, said)
    (job_id,) = jobs_room.start()
    jobs_room.after(60)
    assert jobs_room.logs(job_id) == [
        (0, "Info", "Timed execution started"),
        (3.333, "Info", "half"),
        (6.667, "Warn", "nearly"),
        (10, "Error", "It broke.\nThere."),
    ]
    job = jobs_room.job(job_id)
    assert (job.state.name, job.info, job.error_code) == ("Faulted", "It broke.\nThere.", "X.Y")
    assert job.job_error == {
        "Code": "X.Y", "Title": "It broke.", "Detail": "It broke.\nThere.", "Category": "User",
        "Status": None, "Timestamp": job.end_time,
    }  # fmt: skip
    jobs_room.check()


def _queue(session: Session, *said: Any, process: int = 1, now: str) -> None:
    results = [NextResult.model_validate(one) for one in said]
    outcomes.queue(session, session.get_one(Release, process), results)


# --- queues ---------------------------------------------------------------------------------


def _add_items(session: Session, count: int, *, now: str) -> None:
    queue = session.get_one(QueueDefinition, 1)
    for number in range(count):
        queues.add_item(session, queue, NewItem(reference=f"r{number}"), by=Actor(1, "a"), now=now)


def _items(room: JobRoom) -> list[QueueItem]:
    return room.all(sa.select(QueueItem).order_by(QueueItem.id))


def _nothing_fails(session: Session, *, now: str) -> None:
    said = Outcome.model_validate({"mode": "after", "seconds": 50})
    outcomes.say(session, session.get_one(Release, 7), said)


def test_a_job_works_off_the_queue_of_its_process(jobs_room: JobRoom) -> None:
    jobs_room.do(_nothing_fails)
    jobs_room.do(_add_items, 7)
    first, second = jobs_room.start("Queued", count=2)
    jobs_room.after(5)
    items = _items(jobs_room)
    assert [item.status.name for item in items] == ["InProgress"] * 2 + ["New"] * 5
    assert {item.robot_id for item in items[:2]} == {1, 2}
    fired = jobs_room.after(100)
    done = [(at, id_) for at, what, id_ in fired if what == "queueItem.transactionCompleted"]
    assert [id_ for _, id_ in done] == [item.id for item in items]
    assert [at for at, _ in done] == [10, 10, 20, 20, 30, 30, 40]
    assert jobs_room.states([first, second]) == ["Successful", "Successful"]
    worked = [json.loads(jobs_room.job(one).output_arguments)["n"] for one in (first, second)]
    assert worked == [4, 3]
    jobs_room.check()


def test_a_job_ends_after_so_many_items(jobs_room: JobRoom) -> None:
    jobs_room.do(_nothing_fails)
    jobs_room.do(_add_items, simulation.ITEMS + 2)
    (job_id,) = jobs_room.start("Queued")
    assert jobs_room.after(1000)[-1] == (50, "job.completed", job_id)
    left = [item.status.name for item in _items(jobs_room)]
    assert left == ["Successful"] * simulation.ITEMS + ["New"] * 2


def test_the_same_items_fail_every_time(job_registry: Registry) -> None:
    seen = []
    for _ in range(2):
        tenant = job_registry.create("acme", "again", job_registry.default.scenario)
        tenant.clock.freeze(START)
        again = JobRoom(tenant)
        again.do(_add_items, 15)
        again.start("Queued", count=4)
        again.after(1000)
        seen.append([
            (item.reference, item.status.name, item.retry_number, item.processing_exception)
            for item in _items(again)
        ])  # fmt: skip
        again.check()
        job_registry.drop(tenant)
    assert seen[0] == seen[1]
    assert {"Successful", "Failed", "Retried"} <= {status for _, status, _, _ in seen[0]}


def test_a_soft_stop_waits_for_the_item_in_hand(jobs_room: JobRoom) -> None:
    jobs_room.do(_add_items, 3)
    (job_id,) = jobs_room.start("Queued")
    jobs_room.after(12)
    jobs_room.stop(job_id, StopStrategy.SoftStop)
    assert jobs_room.after(0) == []
    fired = jobs_room.after(100)
    assert [(at, what) for at, what, _ in fired] == [
        (20, "queueItem.transactionCompleted"), (20, "job.stopped"),
    ]  # fmt: skip
    assert _items(jobs_room)[2].status.name == "New"


def test_a_killed_robot_leaves_its_item_in_progress(jobs_room: JobRoom) -> None:
    jobs_room.do(_add_items, 1)
    (job_id,) = jobs_room.start("Queued")
    jobs_room.after(2)
    jobs_room.stop(job_id, StopStrategy.Kill)
    jobs_room.after(100)
    assert jobs_room.states([job_id]) == ["Stopped"]
    assert _items(jobs_room)[0].status.name == "InProgress"
