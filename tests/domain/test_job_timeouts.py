"""Jobs that take too long: told of once, and given up where they do not terminate."""

from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import events, job_timeouts, jobs, outcomes
from concertmaster.domain.job_states import Mover
from concertmaster.domain.outcome_words import Move, Outcome
from concertmaster.entities import Job, JobState, Release, Setting, StopStrategy
from domain.job_room import JobRoom

DAY = 86_400


def _move(session: Session, job_id: int, state: str, *, now: str) -> None:
    outcomes.move(session, session.get_one(Job, job_id), Move(state=state), now=now)


def _start(room: JobRoom, process: str, **values: int) -> int:
    (job_id,) = room.start(process, values=values)
    return job_id


def test_a_job_that_waits_or_runs_for_too_long_is_told_of_once(jobs_room: JobRoom) -> None:
    expected = {"alert_pending_seconds": 60, "max_expected_running_time_seconds": 100}
    slow, quick = (_start(jobs_room, "Manual", **expected) for _ in range(2))
    jobs_room.do(_move, quick, "Running")
    assert jobs_room.after(90) == [(60, "job.overdue", slow)]
    jobs_room.do(_move, quick, "Successful")
    jobs_room.do(_move, slow, "Running")
    assert jobs_room.after(DAY) == [(190, "job.overdue", slow)]
    jobs_room.do(_move, slow, "Suspended")
    assert jobs_room.after(DAY) == []
    jobs_room.do(_move, slow, "Resumed")
    assert [what for _, what, _ in jobs_room.after(DAY)] == ["job.overdue"]


def test_a_job_that_nobody_expects_to_end_is_not_told_of(jobs_room: JobRoom) -> None:
    _start(jobs_room, "Manual")
    assert jobs_room.after(10 * DAY) == []


def test_the_event_names_the_job_and_its_folder(jobs_room: JobRoom) -> None:
    job_id = _start(jobs_room, "Manual", alert_pending_seconds=1)
    jobs_room.tenant.clock.advance(5)
    with jobs_room.tenant.session() as session:
        assert job_timeouts.tell_overdue(session, now=jobs_room.now) == [job_id]
        (event,) = events.take(session)
    assert (event.type, event.ids, event.folder_id) == ("job.overdue", (job_id,), 1)


# --- that do not terminate ------------------------------------------------------------------


def _terminating(room: JobRoom) -> int:
    job_id = _start(room, "Manual")
    room.do(_move, job_id, "Running")
    room.stop(job_id, StopStrategy.Kill)
    return job_id


def _set(room: JobRoom, minutes: str) -> None:
    with room.tenant.session() as session, session.begin():
        session.execute(
            sa.update(Setting)
            .where(Setting.id == "Jobs.TerminatingJobsTimeout")
            .values(value=minutes)
        )


def test_what_does_not_terminate_within_a_day_is_faulted(jobs_room: JobRoom) -> None:
    job_id = _terminating(jobs_room)
    assert jobs_room.after(DAY + 1) == [(DAY, "job.faulted", job_id)]
    job = jobs_room.job(job_id)
    assert (job.state.name, job.error_code) == ("Faulted", "Job.TerminatingTimeout")
    assert job.info == "The job did not terminate within 1440 minutes."
    assert job.job_error["Detail"] == job.info
    jobs_room.check()


def test_the_setting_says_how_long(jobs_room: JobRoom) -> None:
    try:
        _set(jobs_room, "5")
        job_id = _terminating(jobs_room)
        assert jobs_room.after(DAY) == [(300, "job.faulted", job_id)]
        _set(jobs_room, "0")
        _terminating(jobs_room)
        assert jobs_room.after(100 * DAY) == []
        _set(jobs_room, "soon")  # what says nothing says the usual
        assert [what for _, what, _ in jobs_room.after(DAY)] == ["job.faulted"]
    finally:
        _set(jobs_room, "1440")


def test_a_simulated_robot_terminates_in_time(jobs_room: JobRoom) -> None:
    said = Outcome.model_validate({"mode": "after", "result": {"state": "Stuck"}})
    jobs_room.do(lambda session, now: outcomes.say(session, session.get_one(Release, 1), said))
    (job_id,) = jobs_room.start("Timed")
    jobs_room.after(DAY)
    jobs_room.stop(job_id, StopStrategy.Kill)
    jobs_room.after(0)
    assert jobs_room.states([job_id]) == ["Stopped"]


def test_nobody_but_the_background_gives_up_a_job_that_terminates(jobs_room: JobRoom) -> None:
    job_id = _terminating(jobs_room)
    with jobs_room.tenant.session() as session:
        job = session.get_one(Job, job_id)
        for mover, may in ((Mover.USER, False), (Mover.BACKGROUND, True)):
            moved = False
            with suppress(ValueError):
                moved = jobs.move(session, job, JobState.Faulted, mover, now=jobs_room.now)
            assert moved is may
        session.rollback()
