"""What triggers do when their time has come. Time is passed in."""

import pytest

from concertmaster.domain import firing, schedules, time_limits
from concertmaster.domain.errors import (
    PendingJobsAlreadyExist,
    ScheduleNotEnabled,
    ScheduleWillNeverRun,
    ScheduleWithoutQueue,
)
from concertmaster.entities import JobPriority, JobSourceType, JobState, RobotType, StopStrategy
from domain.trigger_room import ANN, NOW, OTHER_PROCESS, TriggerRoom, at

FIRED, FAILED, DISABLED = ["schedule.fired"], ["schedule.failed"], ["schedule.disabled"]


# --- time -----------------------------------------------------------------------------------


def test_a_trigger_starts_jobs_at_its_time(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 * * ?", start_strategy=2, time_zone_id="Europe/Berlin")
    assert schedule.due_at == at("03-03 08:00")  # nine o'clock there has just struck
    assert firing.next_due(triggers.session) == at("03-03 08:00")
    assert triggers.fire(at("03-03 07:59:59")) == []
    assert triggers.fire(at("03-03 08:00")) == FIRED
    first, second = triggers.jobs()
    assert first.batch_execution_key == second.batch_execution_key == schedule.external_job_key
    assert (first.source, first.source_type) == ("Schedule", JobSourceType.Schedule)
    assert (first.starting_schedule_id, first.state) == (schedule.id, JobState.Pending)
    assert first.creation_time == schedule.launched_at == at("03-03 08:00")
    assert schedule.start_process_next_occurrence == schedule.due_at == at("03-04 08:00")
    assert triggers.fire(at("03-03 08:00")) == []  # once


def test_jobs_take_over_what_the_trigger_says(triggers: TriggerRoom) -> None:
    triggers.trigger(
        "0 0 9 * * ?", input_arguments='{"a":1}', specific_priority_value=80,
        job_priority=JobPriority.Low, runtime_type=RobotType.Unattended, run_as_user_id=ANN,
        alert_running_expression="90", alert_pending_expression="30",
        resume_on_same_context=True, release_id=OTHER_PROCESS,
    )  # fmt: skip
    triggers.fire(at("03-02 09:00"))
    (job,) = triggers.jobs()
    assert (job.input_arguments, job.specific_priority_value) == ('{"a":1}', 80)
    assert (job.runtime_type, job.run_as_user_id) == (RobotType.Unattended, ANN)
    assert (job.max_expected_running_time_seconds, job.alert_pending_seconds) == (90, 30)
    assert job.resume_on_same_context
    assert job.release_id == OTHER_PROCESS


def test_robots_that_a_trigger_is_meant_for(triggers: TriggerRoom) -> None:
    triggers.trigger("0 0 9 * * ?", robots=(2, 1), start_strategy=0)
    triggers.fire(at("03-02 09:00"))
    assert [job.wanted_robot_id for job in triggers.jobs()] == [1, 2]
    pair = {"RobotId": 2, "MachineId": None}
    triggers.trigger("0 0 10 * * ?", machine_robots=[pair], start_strategy=2,
                     release_id=OTHER_PROCESS)  # fmt: skip
    triggers.fire(at("03-02 10:00"))
    assert [job.wanted_robot_id for job in triggers.jobs(release_id=OTHER_PROCESS)] == [2, 2]


def test_several_fire_in_order(triggers: TriggerRoom) -> None:
    late = triggers.trigger("0 30 9 * * ?")
    early = triggers.trigger("0 0 9 * * ?", release_id=OTHER_PROCESS)
    same = triggers.trigger("0 30 9 * * ?", release_id=OTHER_PROCESS, start_strategy=3)
    triggers.set("Triggers.JobsCountStrategy", "NoLimit")
    outcomes = firing.fire_due(triggers.session, now=at("03-02 10:00"))
    assert [one.schedule_id for one in outcomes] == [early.id, late.id, same.id]


def test_moments_that_were_missed_are_one_firing(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0/5 * * * ?")
    assert triggers.fire(at("03-05 12:02")) == FIRED
    assert len(triggers.jobs()) == 1
    assert schedule.due_at == at("03-05 12:05")


def test_a_trigger_that_has_fired_for_the_last_time_stays_on(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 2 3 ? 2026")
    assert triggers.fire(at("03-02 09:00")) == FIRED
    assert (schedule.enabled, schedule.due_at) == (True, None)


def test_disabled_ones_do_not_fire(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 * * ?")
    schedules.switch(triggers.session, schedule, on=False, now=NOW)
    assert (schedule.due_at, schedule.start_process_next_occurrence) == (None, None)
    assert triggers.fire(at("03-09 09:00")) == []
    schedules.switch(triggers.session, schedule, on=True, now=at("03-09 09:30"))
    assert schedule.due_at == at("03-10 09:00")  # nothing is made up for
    once = triggers.trigger("0 0 9 2 3 ? 2026", enabled=False)
    with pytest.raises(ScheduleWillNeverRun):
        schedules.switch(triggers.session, once, on=True, now=at("03-02 09:00"))


def test_the_last_day_switches_off(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 * * ?", stop_process_date=at("03-03 12:00"))
    assert triggers.fire(at("03-02 09:00")) == FIRED
    triggers.end(triggers.jobs()[0], JobState.Successful, now=at("03-02 09:01"))
    assert triggers.fire(at("03-03 09:00")) == FIRED
    assert schedule.start_process_next_occurrence is None
    assert schedule.due_at == at("03-03 12:00")
    assert triggers.fire(at("03-03 12:00")) == DISABLED
    assert (schedule.enabled, schedule.due_at) == (False, None)


# --- days off -------------------------------------------------------------------------------


def test_nothing_fires_on_a_day_off(triggers: TriggerRoom) -> None:
    off = triggers.calendar("03-03", "03-04")
    schedule = triggers.trigger("0 0 0/12 * * ?", calendar_id=off)
    triggers.fire(at("03-02 12:00"))
    assert schedule.due_at == at("03-05 00:00")


def test_a_day_off_is_one_where_the_calendar_is(triggers: TriggerRoom) -> None:
    off = triggers.calendar("03-03", zone="Tokyo Standard Time")  # from 15:00 to 15:00 UTC
    schedule = triggers.trigger("0 0 12,18 * * ?", calendar_id=off)
    triggers.fire(at("03-02 12:00"))
    assert schedule.due_at == at("03-03 18:00")
    elsewhere = triggers.calendar("03-03")
    abroad = triggers.trigger("0 0 6 * * ?", calendar_id=elsewhere, time_zone_id="Asia/Tokyo")
    assert abroad.due_at == at("03-03 21:00")  # the 4th has begun in Tokyo


def test_a_late_moment_does_not_fire_on_a_day_off(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 * * ?", calendar_id=triggers.calendar("03-03"))
    assert triggers.fire(at("03-03 10:00")) == []
    assert (triggers.jobs(), schedule.due_at) == ([], at("03-04 09:00"))


# --- how many -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "count", "reason"),
    [
        (None, 3, "The robots already have pending jobs for this Process"),
        ("PERPROCESS", 3, "The robots already have pending jobs for this Process"),
        ("PerTrigger", 4, "The robots already have pending jobs for this Process"),
        ("NoLimit", 7, None),
    ],
)
def test_jobs_that_wait_count(
    triggers: TriggerRoom, strategy: str | None, count: int, reason: str | None
) -> None:
    if strategy:
        triggers.set("Triggers.JobsCountStrategy", strategy)
    triggers.trigger("0 0 9 * * ?")
    triggers.trigger("0 0 10,11 * * ?", start_strategy=3)
    assert triggers.fire(at("03-02 09:00")) == FIRED
    assert triggers.fire(at("03-02 10:00")) == FIRED
    firing.fire_due(triggers.session, now=at("03-02 11:00"))
    assert len(triggers.jobs()) == count
    told = [why for what, why in triggers.told() if what == "schedule.failed"]
    assert told == ([reason] if reason else [])


# --- going wrong ----------------------------------------------------------------------------


def test_failed_launches_switch_off_after_ten_and_a_day(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 * * * ?")
    assert triggers.fire(at("03-02 09:00")) == FIRED  # and nobody takes the job
    for hour in range(10, 24):
        assert triggers.fire(at(f"03-02 {hour}:00")) == FAILED
    assert (schedule.failed_launches, schedule.enabled) == (14, True)  # a day is not over
    assert triggers.fire(at("03-03 08:59")) == FAILED
    assert schedule.enabled
    assert triggers.fire(at("03-03 09:00")) == FAILED
    assert not schedule.enabled
    assert len(triggers.jobs()) == 1
    schedules.switch(triggers.session, schedule, on=True, now=at("03-03 09:30"))
    assert schedule.failed_launches == 0
    triggers.end(triggers.jobs()[0], JobState.Successful, now=at("03-03 09:31"))
    assert triggers.fire(at("03-03 10:00")) == FIRED
    assert schedule.failed_launches == 0


def test_settings_say_how_often_a_launch_may_fail(triggers: TriggerRoom) -> None:
    triggers.set("Triggers.DisableWhenFailedCount", "2")
    triggers.set("Triggers.DisableWhenFailingSinceDays", "0")
    schedule = triggers.trigger("0 0 * * * ?")
    for hour, enabled in ((9, True), (10, True), (11, False)):
        triggers.fire(at(f"03-02 {hour:02}:00"))
        assert schedule.enabled is enabled


def test_jobs_that_fault_one_after_another_switch_off(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 * * * ?", consecutive_job_failures_threshold=2)
    states = [JobState.Faulted, JobState.Successful, JobState.Faulted, JobState.Stopped]
    for hour, state in enumerate(states, 9):
        triggers.fire(at(f"03-02 {hour:02}:00"))
        triggers.end(triggers.jobs()[-1], state, now=at(f"03-02 {hour:02}:10"))
        assert schedule.enabled
    triggers.fire(at("03-02 13:00"))
    triggers.end(triggers.jobs()[-1], JobState.Faulted, now=at("03-02 13:10"))
    assert (schedule.enabled, schedule.due_at) == (False, None)
    # What was is forgotten when it is switched on again.
    schedules.switch(triggers.session, schedule, on=True, now=at("03-02 13:30"))
    triggers.fire(at("03-02 14:00"))
    triggers.end(triggers.jobs()[-1], JobState.Faulted, now=at("03-02 14:10"))
    assert schedule.enabled


def test_a_grace_period_is_waited_for(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger(
        "0 0 * * * ?", consecutive_job_failures_threshold=1, job_failures_grace_period_in_hours=3
    )
    for hour in (9, 10, 11, 12):
        triggers.fire(at(f"03-02 {hour:02}:00"))
        triggers.end(triggers.jobs()[-1], JobState.Faulted, now=at(f"03-02 {hour:02}:10"))
        assert schedule.enabled is (hour < 12)


def test_all_at_one_moment(triggers: TriggerRoom) -> None:
    """The clock of a test may stand."""
    schedule = triggers.trigger("0 0 * * * ?", consecutive_job_failures_threshold=2)
    for state, enabled in (
        (JobState.Faulted, True), (JobState.Successful, True),
        (JobState.Faulted, True), (JobState.Faulted, False),
    ):  # fmt: skip
        (job,) = firing.fire_now(triggers.session, schedule, now=NOW)
        triggers.end(job, state, now=NOW)
        assert schedule.enabled is enabled


# --- stopping -------------------------------------------------------------------------------


def test_jobs_are_stopped_after_their_time_and_killed_after_a_grace(triggers: TriggerRoom) -> None:
    triggers.trigger("0 0 9 * * ?", stop_process_expression="600", kill_process_expression="60",
                     start_strategy=3)  # fmt: skip
    triggers.fire(at("03-02 09:00"))
    waiting, running, done = triggers.jobs()
    assert {job.stop_at for job in (waiting, running, done)} == {at("03-02 09:10")}
    triggers.run(running, now=at("03-02 09:01"))
    triggers.end(done, JobState.Successful, now=at("03-02 09:05"))
    assert time_limits.next_due(triggers.session) == at("03-02 09:10")
    stopped = time_limits.stop_due(triggers.session, now=at("03-02 09:10"))
    assert [job.id for job in stopped] == [waiting.id, running.id]
    assert [job.state.name for job in triggers.jobs()] == ["Stopped", "Stopping", "Successful"]
    assert running.stop_strategy == StopStrategy.SoftStop
    assert time_limits.next_due(triggers.session) == at("03-02 09:11")
    time_limits.stop_due(triggers.session, now=at("03-02 09:11"))
    assert running.state == JobState.Terminating
    assert time_limits.next_due(triggers.session) is None


def test_a_trigger_may_kill_at_once(triggers: TriggerRoom) -> None:
    triggers.trigger("0 0 9 * * ?", stop_process_expression="30", stop_strategy=StopStrategy.Kill)
    triggers.fire(at("03-02 09:00"))
    (job,) = triggers.jobs()
    triggers.run(job, now=at("03-02 09:00:01"))
    time_limits.stop_due(triggers.session, now=at("03-02 09:00:30"))
    assert (job.state, job.stop_at) == (JobState.Terminating, None)


# --- queues ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "count"), [(0, 0), (30, 0), (31, 1), (40, 1), (41, 2), (51, 3), (61, 3), (200, 3)]
)
def test_how_many_jobs_a_queue_wants(triggers: TriggerRoom, items: int, count: int) -> None:
    queue = triggers.queue()
    triggers.trigger(
        None, queue_definition_id=queue.id, items_activation_threshold=31,
        items_per_job_activation_target=10, max_jobs_for_activation=3,
    )  # fmt: skip
    triggers.fill(queue, items, now=NOW)
    assert triggers.fire(NOW) == (FIRED if count else [])
    assert len(triggers.jobs(source_type=JobSourceType.Queue)) == count


def test_jobs_that_are_at_it_count(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(None, queue_definition_id=queue.id, max_jobs_for_activation=3)
    assert triggers.fire(NOW) == []
    assert schedule.due_at is None  # an empty queue is not counted again by itself
    triggers.fill(queue, 1, now=NOW)
    assert schedule.due_at == NOW
    assert triggers.fire(NOW) == FIRED
    triggers.fill(queue, 1, now=NOW)
    assert triggers.fire(NOW) == FIRED
    assert len(triggers.jobs()) == 2
    triggers.fill(queue, 5, now=NOW)
    triggers.fire(NOW)
    assert len(triggers.jobs()) == 3  # no more than three at a time
    assert schedule.due_at is None  # until one of them ends
    triggers.end(triggers.jobs()[0], JobState.Successful, now=at("03-02 08:10"))
    assert schedule.due_at == at("03-02 08:30")  # it does not ask for ends of jobs
    assert triggers.fire(at("03-02 08:29")) == []
    assert triggers.fire(at("03-02 08:30")) == FIRED
    assert len(triggers.jobs()) == 4


def test_a_job_that_ends_may_bring_the_next(triggers: TriggerRoom) -> None:
    queue, other = triggers.queue(), triggers.queue()
    asks = triggers.trigger(None, queue_definition_id=queue.id, activate_on_job_complete=True)
    deaf = triggers.trigger(None, queue_definition_id=other.id, activate_on_job_complete=True,
                            release_id=OTHER_PROCESS)  # fmt: skip
    triggers.fill(queue, 2, now=NOW)
    triggers.fire(NOW)
    (job,) = triggers.jobs()
    triggers.end(job, JobState.Faulted, now=at("03-02 08:07"))
    assert (asks.due_at, deaf.due_at) == (at("03-02 08:07"), None)
    assert triggers.fire(at("03-02 08:07")) == FIRED


def test_deferred_items_are_found_when_their_time_has_come(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(None, queue_definition_id=queue.id)
    triggers.fill(queue, 1, now=NOW, defer_date=at("03-02 08:40"))
    assert triggers.fire(NOW) == []
    assert schedule.due_at == at("03-02 09:00")  # nothing can have changed at half past eight
    assert triggers.fire(at("03-02 09:00")) == FIRED


def test_too_few_items_are_not_counted_again(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(None, queue_definition_id=queue.id, items_activation_threshold=3)
    triggers.fill(queue, 1, now=NOW)
    triggers.fill(queue, 1, now=NOW, defer_date=at("03-02 08:40"))
    assert (triggers.fire(NOW), schedule.due_at) == ([], None)
    triggers.fill(queue, 1, now=NOW, defer_date=at("03-02 09:10"))
    assert triggers.fire(NOW) == []
    assert schedule.due_at == at("03-02 09:00")
    assert triggers.fire(at("03-02 09:00")) == []
    assert schedule.due_at == at("03-02 09:30")
    assert triggers.fire(at("03-02 09:30")) == FIRED


def test_a_launch_that_failed_is_tried_at_the_half_hour(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(None, queue_definition_id=queue.id)
    schedule.input_arguments = "[]"  # the process has changed: this does not fit any more
    triggers.fill(queue, 1, now=NOW)
    assert triggers.fire(NOW) == FAILED
    assert schedule.due_at == at("03-02 08:30")
    schedule.input_arguments = None
    assert triggers.fire(at("03-02 08:30")) == FIRED


def test_queues_rest_on_days_off_too(triggers: TriggerRoom) -> None:
    queue, off = triggers.queue(), triggers.calendar("03-02", "03-03")
    schedule = triggers.trigger(None, queue_definition_id=queue.id, calendar_id=off)
    triggers.fill(queue, 1, now=NOW)
    assert triggers.fire(NOW) == []
    assert schedule.due_at == at("03-04 00:00")
    assert triggers.fire(at("03-04 00:00")) == FIRED


def test_a_queue_trigger_has_its_last_day(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(
        None, queue_definition_id=queue.id, stop_process_date=at("03-02 12:00")
    )
    triggers.fire(NOW)
    assert schedule.due_at == at("03-02 12:00")
    assert triggers.fire(at("03-02 12:00")) == DISABLED
    triggers.fill(queue, 1, now=at("03-02 12:01"))
    assert schedule.due_at is None


# --- because somebody asked -----------------------------------------------------------------


def test_firing_out_of_turn(triggers: TriggerRoom) -> None:
    schedule = triggers.trigger("0 0 9 * * ?", enabled=False)
    assert len(firing.fire_now(triggers.session, schedule, now=NOW)) == 1
    with pytest.raises(PendingJobsAlreadyExist):
        firing.fire_now(triggers.session, schedule, now=NOW)
    assert schedule.due_at is None
    with pytest.raises(ScheduleWithoutQueue):
        firing.activate(triggers.session, schedule, now=NOW)


def test_activating_counts_the_queue(triggers: TriggerRoom) -> None:
    queue = triggers.queue()
    schedule = triggers.trigger(None, queue_definition_id=queue.id)
    assert firing.activate(triggers.session, schedule, now=NOW) == []
    triggers.fill(queue, 1, now=NOW)
    assert len(firing.activate(triggers.session, schedule, now=NOW)) == 1
    assert firing.activate(triggers.session, schedule, now=NOW) == []
    schedules.switch(triggers.session, schedule, on=False, now=NOW)
    with pytest.raises(ScheduleNotEnabled):
        firing.activate(triggers.session, schedule, now=NOW)
