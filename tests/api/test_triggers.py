"""Triggers at work, through HTTP: by the clock, by queues, on demand; what comes of them."""

from typing import Any

import pytest

from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"
SCHEDULES = "/odata/ProcessSchedules"
MONDAY = "2026-03-02T08:00:00Z"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("demo")


@pytest.fixture(scope="module")
def client(stand_in: StandIn) -> Client:
    """The administrator in HR, whose triggers are those of the tests; its clock stands."""
    client = stand_in.client(folder="HR")
    client.ok("PUT", "/_control/clock", json={"now": MONDAY, "frozen": True})
    return client


@pytest.fixture
def release(client: Client, request: pytest.FixtureRequest) -> int:
    """A process of the test's own: jobs of one that wait count against the next launch."""
    made = client.ok("POST", "/odata/Releases", 201, json={
        "Name": request.node.name, "ProcessKey": "DailyReport", "ProcessVersion": "1.2.0",
    })  # fmt: skip
    id_: int = made["Id"]
    return id_


def make(client: Client, name: str, release: int, **more: Any) -> dict[str, Any]:
    body = {"Name": name, "ReleaseId": release, "TimeZoneId": "UTC", **more}
    made: dict[str, Any] = client.ok("POST", SCHEDULES, 201, json=body)
    return made


def advance(client: Client, by: str, *schedules: dict[str, Any]) -> list[tuple[str, str]]:
    """Move the clock; what came of some triggers on the way."""
    ids = {schedule["Id"] for schedule in schedules}
    answer = client.ok("POST", "/_control/clock/advance", json={"by": by})
    return [
        (one["at"], one["what"])
        for one in answer["fired"]
        if one["id"] in ids and one["what"].startswith("schedule")
    ]


def switch_off(client: Client, schedule: dict[str, Any]) -> None:
    body = {"scheduleIds": [schedule["Id"]], "enabled": False}
    client.ok("POST", f"{SCHEDULES}/{ODATA}.SetEnabled", json=body)


def jobs_of(client: Client, schedule: dict[str, Any]) -> list[dict[str, Any]]:
    mine = f"StartingScheduleId eq {schedule['Id']}"
    return client.rows(f"/odata/Jobs?$filter={mine}&$orderby=Id")


def test_time_passes_and_jobs_start(client: Client, release: int) -> None:
    made = make(client, "hourly", release, StartProcessCron="0 0 * * * ?", StartStrategy=2)
    now = client.ok("GET", "/_control/clock")["now"]
    fired = advance(client, "PT1H", made)
    assert [what for _, what in fired] == ["schedule.fired"]
    assert fired[0][0] == made["StartProcessNextOccurrence"].replace("Z", ".0000000Z")
    assert fired[0][0] > now
    first, second = jobs_of(client, made)
    assert (first["Source"], first["SourceType"], first["State"]) == (
        "Schedule",
        "Schedule",
        "Pending",
    )
    assert first["BatchExecutionKey"] == second["BatchExecutionKey"]
    after = client.ok("GET", f"{SCHEDULES}({made['Id']})")
    assert after["StartProcessNextOccurrence"] > made["StartProcessNextOccurrence"]
    switch_off(client, made)
    assert advance(client, "PT3H", made) == []
    assert len(jobs_of(client, made)) == 2


def test_a_calendar_keeps_it_quiet(client: Client, release: int) -> None:
    now = client.ok("GET", "/_control/clock")["now"]
    off = client.ok("POST", "/odata/Calendars", 201, json={"Name": "Off", "ExcludedDates": [
        f"{now[:8]}{int(now[8:10]) + 1:02}T00:00:00Z"
    ]})  # fmt: skip
    made = make(client, "not tomorrow", release, StartProcessCron="0 0 23 * * ?",
                CalendarId=off["Id"])  # fmt: skip
    fired = advance(client, "P3D", made)
    days = [int(moment[8:10]) - int(now[8:10]) for moment, _ in fired]
    assert days == [0, 2]
    switch_off(client, made)


def test_jobs_end_when_their_time_is_over(client: Client, release: int) -> None:
    made = make(client, "short", release, StartProcessCron="0 30 * * * ?",
                StopProcessExpression="60", StopStrategy="Kill")  # fmt: skip
    advance(client, "PT1H", made)
    advance(client, "PT1M", made)
    assert jobs_of(client, made)[0]["State"] == "Stopped"
    switch_off(client, made)


def test_jobs_of_people_have_their_time_too(client: Client, release: int) -> None:
    key = client.ok("GET", f"/odata/Releases({release})")["Key"]
    start = f"/odata/Jobs/{ODATA}.StartJobs"
    info = {"ReleaseKey": key, "StopProcessExpression": "60", "StopStrategy": "SoftStop"}
    job = client.ok("POST", start, 201, json={"startInfo": info})["value"][0]
    client.ok("POST", "/_control/clock/advance", json={"by": "PT59S"})
    assert client.ok("GET", f"/odata/Jobs({job['Id']})")["State"] == "Pending"
    client.ok("POST", "/_control/clock/advance", json={"by": "PT1S"})
    assert client.ok("GET", f"/odata/Jobs({job['Id']})")["State"] == "Stopped"
    refused = client.ok(
        "POST", start, 400, json={"startInfo": {**info, "StopProcessExpression": "soon"}}
    )
    assert "StopProcessExpression must be a number of seconds" in refused["message"]


def test_a_queue_that_fills_starts_jobs(client: Client, release: int) -> None:
    queue = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Filling"})
    made = make(client, "filling", release, QueueDefinitionId=queue["Id"],
                ItemsActivationThreshold=2, ItemsPerJobActivationTarget=2,
                MaxJobsForActivation=10)  # fmt: skip
    client.stand_in.tenant.clock.pause()  # so that all are there when they are counted
    add = "/odata/Queues/UiPathODataSvc.AddQueueItem"
    for _ in range(4):
        client.ok("POST", add, 201, json={"itemData": {"Name": "Filling"}})
    client.stand_in.tenant.clock.pause(False)
    assert [what for _, what in advance(client, "PT1S", made)] in ([], ["schedule.fired"])
    jobs = jobs_of(client, made)
    assert [job["Source"] for job in jobs] == ["Queue", "Queue"]
    path = f"{SCHEDULES}({made['Id']})/{ODATA}.Activate"
    assert client.post(path).status_code == 200  # there are enough by now
    assert len(jobs_of(client, made)) == len(jobs)
    switch_off(client, made)
    assert "not enabled" in client.ok("POST", path, 409)["message"]
    client.ok("POST", f"{SCHEDULES}(999999)/{ODATA}.Activate", 404)


def test_a_trigger_of_time_has_no_queue_to_count(client: Client, release: int) -> None:
    made = make(client, "of time", release, StartProcessCron="0 0 0 1 1 ?")
    refused = client.ok("POST", f"{SCHEDULES}({made['Id']})/{ODATA}.Activate", 409)
    assert "not associated with a queue" in refused["message"]


def test_firing_now(client: Client, stand_in: StandIn, release: int) -> None:
    made = make(client, "on demand", release, StartProcessCron="0 0 0 1 1 ?", Enabled=False)
    fire = f"/_control/background/triggers/{made['Id']}/fire"
    answer = client.ok("POST", fire)
    (job,) = jobs_of(client, made)
    assert answer == {"jobs": [{"id": job["Id"], "key": job["Key"]}]}
    again = client.ok("POST", fire, 409)  # the first still waits
    assert again["errorCode"] == 1670
    assert len(jobs_of(client, made)) == 1
    client.ok("POST", "/_control/background/triggers/999999/fire", 404)
    client.ok("POST", "/_control/background/triggers/x/fire", 400)
    client.ok("POST", f"/_control/background/triggers/{2**70}/fire", 400)
    stand_in.client("peter.novak").ok("POST", fire, 403)


def test_what_fails_too_often_is_switched_off(client: Client, release: int) -> None:
    settings = [
        {"Name": "Triggers.DisableWhenFailedCount", "Value": "2"},
        {"Name": "Triggers.DisableWhenFailingSinceDays", "Value": "0"},
    ]
    client.ok("POST", f"/odata/Settings/{ODATA}.UpdateBulk", json={"settings": settings})
    made = make(client, "failing", release, StartProcessCron="0 0 * * * ?")
    fired = advance(client, "PT5H", made)
    what = ["schedule.fired", "schedule.failed", "schedule.failed"]  # nobody takes the first job
    assert [one for _, one in fired] == what
    assert client.ok("GET", f"{SCHEDULES}({made['Id']})")["Enabled"] is False
