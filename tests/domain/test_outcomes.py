"""What becomes of jobs: by process, by queued results, by hand; and that no job is ever lost."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pydantic import ValidationError
from sqlalchemy.orm import Session

from concertmaster.domain import clock, outcomes, suspension
from concertmaster.domain.errors import Conflict, JobCannotBeStopped
from concertmaster.domain.outcome_words import Move, NextResult, Outcome
from concertmaster.entities import (
    Job,
    JobOutcome,
    JobState,
    OutcomeMode,
    Release,
    StopStrategy,
)
from domain.job_room import START, JobRoom, clear

PROCESSES = {"Timed": 1, "Inner": 2, "Manual": 3, "AtOnce": 4, "Real": 5, "Alone": 6, "Queued": 7}


def _say(session: Session, process: str, said: dict[str, Any], *, now: str) -> None:
    release = session.get_one(Release, PROCESSES[process])
    outcomes.say(session, release, Outcome.model_validate(said))


def _queue(session: Session, process: str, *said: dict[str, Any], now: str) -> None:
    release = session.get_one(Release, PROCESSES[process])
    outcomes.queue(session, release, [NextResult.model_validate(one) for one in said])


def _move(session: Session, job_id: int, *, now: str, **said: Any) -> None:
    outcomes.move(session, session.get_one(Job, job_id), Move.model_validate(said), now=now)


def _resume(session: Session, job_id: int, *, now: str) -> None:
    suspension.resume(session, session.get_one(Job, job_id), now=now)


# --- by process -----------------------------------------------------------------------------


def test_an_immediate_job_has_ended_when_it_is_next_read(jobs_room: JobRoom) -> None:
    job_ids = jobs_room.start("AtOnce", count=3)
    for job_id in job_ids:
        job = jobs_room.job(job_id)
        assert (job.state.name, job.start_time, job.end_time) == ("Successful", START, START)
        assert isinstance(json.loads(job.output_arguments or "")["n"], int)
        assert [text for _, _, text in jobs_room.logs(job_id)] == [
            "AtOnce execution started", "AtOnce execution ended",
        ]  # fmt: skip
    jobs_room.check()


def test_what_is_said_holds_for_the_jobs_from_then_on(jobs_room: JobRoom) -> None:
    (before,) = jobs_room.start("Manual")
    said = {"mode": "immediate", "result": {"outputArguments": {"n": 7}, "info": "Done so."}}
    jobs_room.do(_say, "Manual", said)
    (after,) = jobs_room.start("Manual")
    assert jobs_room.states([before, after]) == ["Pending", "Successful"]
    job = jobs_room.job(after)
    assert (job.output_arguments, job.info) == ('{"n": 7}', "Done so.")
    jobs_room.do(_say, "Manual", {"mode": "robot"})
    (real,) = jobs_room.start("Manual")
    assert jobs_room.get(JobOutcome, real) is None


def test_the_time_of_a_job_lies_within_its_bounds(jobs_room: JobRoom) -> None:
    jobs_room.do(_say, "Alone", {"mode": "after", "seconds": [5, 20]})
    job_ids = jobs_room.start("Alone", count=8)
    jobs_room.after(30)
    took = [clock.between(START, str(jobs_room.job(one).end_time)) for one in job_ids]
    assert all(5 <= seconds <= 20 for seconds in took)
    assert len(set(took)) > 1


def test_failures_are_a_share(jobs_room: JobRoom) -> None:
    jobs_room.do(_say, "AtOnce", {"mode": "immediate", "failures": 0.5})
    states = jobs_room.states(jobs_room.start("AtOnce", count=30))
    assert set(states) == {"Successful", "Faulted"}
    jobs_room.do(_say, "AtOnce", {"mode": "immediate", "failures": 1})
    assert set(jobs_room.states(jobs_room.start("AtOnce", count=3))) == {"Faulted"}
    jobs_room.check()


# --- queued results -------------------------------------------------------------------------


def test_the_next_jobs_end_as_was_queued(jobs_room: JobRoom) -> None:
    jobs_room.do(
        _queue, "Manual",
        {"state": "Faulted", "info": "closed", "when": {"A": 2}},
        {"outputArguments": {"n": 1}},
        {"state": "Stopped"},
    )  # fmt: skip
    (first,) = jobs_room.start("Manual", input_arguments='{"a": 1}')
    (second,) = jobs_room.start("Manual", input_arguments='{"a": 2}')
    third, fourth = jobs_room.start("Manual", count=2)
    assert jobs_room.states([first, second, third, fourth]) == [
        "Successful", "Faulted", "Stopped", "Pending",
    ]  # fmt: skip
    assert jobs_room.job(second).info == "closed"
    jobs_room.check()


@pytest.mark.parametrize(
    ("when", "given", "fit"),
    [
        (None, {}, True), ({}, {"a": 1}, True), ({"a": 1}, {"A": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False), ({"a": 1}, {}, False), ({"a": None}, {}, False),
        ({"a": None}, {"a": None}, True), ({"a": {"b": [1]}}, {"a": {"b": [1]}}, True),
    ],
)  # fmt: skip
def test_which_arguments_fit(when: Any, given: Any, fit: bool) -> None:
    assert outcomes.fits(when, given) is fit


def test_suspended_until_it_is_resumed_and_then_as_was_said(jobs_room: JobRoom) -> None:
    until = clock.add(START, 100)
    said = {"state": "Suspended", "info": "wait", "waitFor": [{"type": "Timer", "time": until}],
            "then": {"state": "Faulted", "info": "too late"}}  # fmt: skip
    jobs_room.do(_queue, "AtOnce", said)
    jobs_room.do(_queue, "Timed", said)
    (once,), (timed,) = jobs_room.start("AtOnce"), jobs_room.start("Timed")
    jobs_room.after(50)
    assert jobs_room.states([once, timed]) == ["Suspended", "Suspended"]
    assert jobs_room.job(once).persistence_id
    jobs_room.check()
    jobs_room.after(51)
    assert jobs_room.states([once, timed]) == ["Faulted", "Running"]
    jobs_room.after(10)
    assert jobs_room.states([timed]) == ["Faulted"]
    assert jobs_room.job(timed).resume_version == 1
    jobs_room.check()


def test_suspended_for_nothing_waits_for_somebody(jobs_room: JobRoom) -> None:
    jobs_room.do(_queue, "AtOnce", {"state": "Suspended"})
    (job_id,) = jobs_room.start("AtOnce")
    jobs_room.after(86_400)
    assert jobs_room.states([job_id]) == ["Suspended"]
    jobs_room.do(_resume, job_id)
    assert jobs_room.states([job_id]) == ["Successful"]


@pytest.mark.parametrize(
    "said",
    [
        {"mode": "sometimes"}, {"mode": "manual", "seconds": 5}, {"mode": "after", "seconds": [5]},
        {"mode": "after", "seconds": [9, 5]}, {"mode": "after", "seconds": -1}, {},
        {"mode": "robot", "result": {}}, {"mode": "immediate", "failures": 2},
        {"mode": "immediate", "result": {"state": "Running"}},
        {"mode": "immediate", "result": {"then": {}}},
        {"mode": "immediate", "result": {"outputArguments": [1]}},
        {"mode": "immediate", "result": {"logs": [{"text": "x"}]}},
        {"mode": "immediate", "results": {}},
    ],
)  # fmt: skip
def test_words_that_mean_nothing(said: Any) -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate(said)


# --- by hand --------------------------------------------------------------------------------


def test_a_manual_job_is_moved_step_by_step(jobs_room: JobRoom) -> None:
    (job_id,) = jobs_room.start("Manual")
    jobs_room.do(_move, job_id, state="running", logs=["working"])
    jobs_room.do(_move, job_id, state="Suspended")
    jobs_room.do(_move, job_id, state="Resumed")
    jobs_room.do(_move, job_id, state="Running")
    jobs_room.do(_move, job_id, state="Stopping")
    jobs_room.do(_move, job_id, state="Faulted", info="no", errorCode="E")
    assert jobs_room.states([job_id]) == ["Faulted"]
    assert [text for _, _, text in jobs_room.logs(job_id)] == [
        "Manual execution started", "working", "Manual execution resumed", "no",
    ]  # fmt: skip
    jobs_room.check()


def test_a_waiting_job_goes_to_its_end_by_way_of_running(jobs_room: JobRoom) -> None:
    (job_id,) = jobs_room.start("Manual")
    jobs_room.do(_move, job_id, state="Successful", outputArguments={"n": 3})
    job = jobs_room.job(job_id)
    assert (job.state.name, job.start_time, job.output_arguments) == (
        "Successful", START, '{"n": 3}',
    )  # fmt: skip
    with pytest.raises(Conflict, match="it is Successful"):
        jobs_room.do(_move, job_id, state="Running")


def test_what_is_refused_changes_nothing(jobs_room: JobRoom) -> None:
    (manual,), (timed,), (real,) = (jobs_room.start(one) for one in ("Manual", "Timed", "Real"))
    for job_id, state, why in (
        (manual, "Resumed", "cannot become Resumed"), (manual, "Pending", "cannot become Pending"),
        (timed, "Running", "simulated robot"), (real, "Running", "real robot"),
    ):  # fmt: skip
        with pytest.raises(Conflict, match=why):
            jobs_room.do(_move, job_id, state=state)
    assert jobs_room.states([manual, timed, real]) == ["Pending"] * 3
    assert jobs_room.logs(manual) == []


def test_a_waiting_job_is_handed_over(jobs_room: JobRoom) -> None:
    (job_id,) = jobs_room.start("Real")
    jobs_room.do(_move, job_id, mode="manual")
    jobs_room.do(_move, job_id, mode="after", seconds=3)
    assert [what for _, what, _ in jobs_room.after(10)] == ["job.started", "job.completed"]
    with pytest.raises(Conflict, match="stays with whoever"):
        jobs_room.do(_move, job_id, mode="robot")
    (once,) = jobs_room.start("Manual")
    jobs_room.do(_move, once, mode="immediate")
    assert jobs_room.states([once]) == ["Successful"]
    jobs_room.check()


# --- whatever is done -----------------------------------------------------------------------


class Robots(RuleBasedStateMachine):
    """Whatever is started, stopped, resumed, moved and waited for: nothing impossible comes up."""

    room: JobRoom
    first: dict[Any, Any]

    def __init__(self) -> None:
        super().__init__()
        clear(self.room.tenant, self.first)
        self.jobs: list[int] = []
        self.ended: dict[int, JobState] = {}

    def teardown(self) -> None:
        self.room.after(10_000)
        self.nothing_impossible()
        for job_id in self.jobs:  # nobody is forgotten: what nobody stopped has come to its end
            outcome = self.room.get(JobOutcome, job_id)
            if outcome is not None and outcome.mode is OutcomeMode.After:
                stuck = (outcome.result or {}).get("state") == "Stuck"
                assert stuck or self.room.job(job_id).state is JobState.Suspended

    @rule(process=st.sampled_from(list(PROCESSES)), count=st.integers(1, 4))
    def start(self, process: str, count: int) -> None:
        self.jobs += self.room.start(process, count)

    @rule(
        process=st.sampled_from(["Timed", "AtOnce", "Manual", "Alone"]),
        state=st.sampled_from(["Successful", "Faulted", "Stopped", "Suspended"]),
    )
    def queue(self, process: str, state: str) -> None:
        self.room.do(_queue, process, {"state": state})

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 30]))
    def wait(self, seconds: int) -> None:
        self.room.after(seconds)

    @rule(data=st.data(), strategy=st.sampled_from(list(StopStrategy)))
    def stop(self, data: st.DataObject, strategy: StopStrategy) -> None:
        if self.jobs:
            with suppress(JobCannotBeStopped):
                self.room.stop(data.draw(st.sampled_from(self.jobs)), strategy)

    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        if self.jobs:
            with suppress(Conflict):
                self.room.do(_resume, data.draw(st.sampled_from(self.jobs)))

    @rule(data=st.data(), to=st.sampled_from(list(JobState)))
    def move(self, data: st.DataObject, to: JobState) -> None:
        if self.jobs:
            with suppress(Conflict):
                self.room.do(_move, data.draw(st.sampled_from(self.jobs)), state=to.name)

    @invariant()
    def nothing_impossible(self) -> None:
        self.room.check()
        for job_id in self.jobs:
            job = self.room.job(job_id)
            if job.end_time is not None:
                assert self.ended.setdefault(job_id, job.state) is job.state
            assert (job.end_time is not None) == (job_id in self.ended)


def test_nothing_impossible_comes_up(jobs_room: JobRoom, first_rows: dict[Any, Any]) -> None:
    Robots.room, Robots.first = jobs_room, first_rows
    run_state_machine_as_test(
        Robots,
        settings=hypothesis_settings(max_examples=6, stateful_step_count=12, deadline=None),
    )
