"""Triggers through HTTP: making, changing, switching, validating. What they do: test_triggers."""

from typing import Any

import pytest

from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"
SCHEDULES = "/odata/ProcessSchedules"


@pytest.fixture(scope="module")
def release(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.rows("/odata/Releases?$filter=Name eq 'DailyReport'")[0]
    return found


@pytest.fixture
def trigger(release: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": "nightly", "ReleaseId": release["Id"], "TimeZoneId": "GMT Standard Time",
        "StartProcessCron": "0 0 2 ? * MON-FRI *", "StartStrategy": 1,
        "StartProcessCronDetails": '{"type":5,"advancedCronExpression":"0 0 2 ? * MON-FRI *"}',
        "StopProcessExpression": "", "ExternalJobKey": None, "QueueDefinitionId": 0,
    }  # fmt: skip


def make(client: Client, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.ok("POST", SCHEDULES, 201, json={**body, **more})
    return made


def test_a_trigger_is_completed(
    client: Client, release: dict[str, Any], trigger: dict[str, Any]
) -> None:
    client.stand_in.tenant.clock.freeze("2024-07-05T12:00:00.0000000Z")
    made = make(client, trigger)
    client.stand_in.tenant.clock.reset()
    assert made["Enabled"] is True
    assert (made["ReleaseKey"], made["ReleaseName"]) == (release["Key"], "DailyReport")
    assert made["PackageName"] == release["ProcessKey"]
    assert made["EnvironmentId"] == ""
    assert made["TimeZoneIana"] == "Europe/London"
    assert made["StartProcessCronSummary"] == "At 02:00 AM, Monday through Friday"
    assert made["StartProcessNextOccurrence"] == "2024-07-08T01:00:00Z"
    assert made["QueueDefinitionId"] is None
    assert len(made["Key"]) == 36
    found = client.rows(f"{SCHEDULES}?$filter=Name eq 'Nightly'&$expand=ExecutorRobots")
    assert found[0]["Id"] == made["Id"]
    assert found[0]["ExecutorRobots"] == []
    assert "ExecutorRobots" not in client.ok("GET", f"{SCHEDULES}({made['Id']})")


def test_the_process_may_be_named(client: Client, trigger: dict[str, Any]) -> None:
    by = {**trigger, "ReleaseId": None}
    key = client.rows("/odata/Releases?$filter=Name eq 'DailyReport'")[0]["Key"]
    assert make(client, by, Name="by key", ReleaseKey=key)["ReleaseName"] == "DailyReport"
    assert make(client, by, Name="by name", ReleaseName="dailyreport")["ReleaseKey"] == key
    other = client.rows("/odata/Releases?$filter=Name ne 'DailyReport'&$top=1")[0]
    made = make(client, by, Name="by the other", ReleaseKey=key)
    body = {"Name": "by the other", "ReleaseKey": other["Key"], "TimeZoneId": "UTC",
            "StartProcessCron": "0 0 1 * * ?"}  # fmt: skip
    client.ok("PUT", f"{SCHEDULES}({made['Id']})", json=body)
    assert client.ok("GET", f"{SCHEDULES}({made['Id']})")["ReleaseName"] == other["Name"]


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"Name": ""}, 400, "Name"),
        ({"TimeZoneId": None}, 400, "TimeZoneId"),
        ({"TimeZoneId": "Nowhere"}, 400, "Nowhere is not a valid windows time zone id"),
        ({"StartProcessCron": None}, 400, "StartProcessCron is required"),
        ({"StartProcessCron": "* * * * *"}, 400, "is not valid: 6 or 7 fields are expected"),
        ({"StartProcessCron": "0 0 9 1 * MON"}, 400, "'?' must stand for"),
        ({"StartProcessCron": "0 0 9 1 1 ? 2001"}, 400, "no moment that is still to come"),
        ({"StopProcessDate": "2001-01-01T00:00:00Z"}, 400, "no moment that is still to come"),
        ({"ReleaseId": 10**9}, 404, "Release does not exist."),
        ({"ReleaseId": None}, 400, "ReleaseKey or ReleaseName is required"),
        ({"CalendarId": 10**9}, 404, "Calendar does not exist."),
        ({"QueueDefinitionId": 10**9}, 404, "QueueDefinition does not exist."),
        ({"StopProcessExpression": "soon"}, 400, "StopProcessExpression must be a number"),
        ({"KillProcessExpression": "-5"}, 400, "KillProcessExpression must be a number"),
        ({"AlertPendingExpression": "9" * 20}, 400, "AlertPendingExpression must be a number"),
        ({"InputArguments": "{"}, 400, "InputArguments must be a JSON object"),
        ({"InputArguments": '{"nobody": 1}', "ReleaseName": "MailTriage", "ReleaseId": 0}, 400,
         "no input argument 'nobody'"),
        ({"StartStrategy": -1}, 400, "not available in modern folders"),
        ({"StartStrategy": -2}, 400, "StartStrategy"),
        ({"ExecutorRobots": [{"Id": 10**9}]}, 409, "unattended robot"),
        ({"ExecutorRobots": 5}, 400, "ExecutorRobots"),
        ({"MachineRobots": "all"}, 400, "MachineRobots"),
        ({"ItemsActivationThreshold": 0}, 400, "ItemsActivationThreshold"),
        ({"ConsecutiveJobFailuresThreshold": 101}, 400, "ConsecutiveJobFailuresThreshold"),
        ({"JobFailuresGracePeriodInHours": 721}, 400, "JobFailuresGracePeriodInHours"),
        ({"SpecificPriorityValue": 101}, 400, "SpecificPriorityValue"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused(
    client: Client, trigger: dict[str, Any], wrong: dict[str, Any], status: int, message: str
) -> None:
    before = client.ok("GET", f"{SCHEDULES}?$top=0")["@odata.count"]
    answer = client.ok("POST", SCHEDULES, status, json={**trigger, "Name": "refused", **wrong})
    assert message in answer["message"]
    assert client.ok("GET", f"{SCHEDULES}?$top=0")["@odata.count"] == before
    if status != 400 or "must be" not in message:
        return
    validation = {"processSchedule": {**trigger, "Name": "refused", **wrong}}
    found = client.ok("POST", f"{SCHEDULES}/{ODATA}.ValidateProcessSchedule", json=validation)
    assert (found["IsValid"], found["ErrorCodes"]) == (False, [])
    assert message in found["Errors"][0]


def test_validating_makes_nothing(client: Client, trigger: dict[str, Any]) -> None:
    before = client.ok("GET", f"{SCHEDULES}?$top=0")["@odata.count"]
    path = f"{SCHEDULES}/{ODATA}.ValidateProcessSchedule"
    good = {**trigger, "Name": "only looking", "ExecutorRobots": [{"Id": 1}]}
    found = client.ok("POST", path, json={"processSchedule": good})
    assert (found["IsValid"], found["Errors"]) == (True, [])
    assert client.ok("GET", f"{SCHEDULES}?$top=0")["@odata.count"] == before
    client.ok("POST", path, 400, json={})


def test_names_are_unique_in_a_folder(client: Client, trigger: dict[str, Any]) -> None:
    make(client, trigger, Name="only one")
    again = client.ok("POST", SCHEDULES, 409, json={**trigger, "Name": "ONLY ONE"})
    assert (again["errorCode"], again["message"]) == (1001, "The name ONLY ONE is already used.")


def test_robots_of_a_trigger(client: Client, trigger: dict[str, Any]) -> None:
    robots = [robot["Id"] for robot in client.rows("/odata/Robots?$top=2&$orderby=Id desc")]
    made = make(client, trigger, Name="robots", StartStrategy=0,
                ExecutorRobots=[{"Id": robots[0]}, {"Id": robots[1]}])  # fmt: skip
    path = f"{SCHEDULES}({made['Id']})"
    ids = f"{SCHEDULES}/{ODATA}.GetRobotIdsForSchedule(key={made['Id']})"
    assert client.ok("GET", ids)["value"] == sorted(robots)
    expanded = client.ok("GET", f"{path}?$expand=ExecutorRobots")["ExecutorRobots"]
    assert set(expanded[0]) == {"Id", "Name", "MachineName", "Description"}
    # What a PUT leaves out is emptied: no robots any more.
    client.ok("PUT", path, json={**trigger, "Name": "robots"})
    assert client.ok("GET", ids)["value"] == []
    client.ok("GET", f"{SCHEDULES}/{ODATA}.GetRobotIdsForSchedule(key=999999)", 404)


def test_switching(client: Client, trigger: dict[str, Any]) -> None:
    made = make(client, trigger, Name="switched")
    path, switch = f"{SCHEDULES}({made['Id']})", f"{SCHEDULES}/{ODATA}.SetEnabled"
    off = client.ok("POST", switch, json={"scheduleIds": [made["Id"]], "enabled": False})
    assert off["value"] is True
    found = client.ok("GET", path)
    assert (found["Enabled"], found["StartProcessNextOccurrence"]) == (False, None)
    client.ok("POST", switch, json={"scheduleIds": [made["Id"]], "enabled": True})
    assert client.ok("GET", path)["StartProcessNextOccurrence"] is not None
    missing = client.ok(
        "POST", switch, 404, json={"scheduleIds": [made["Id"], 999999], "enabled": False}
    )
    assert missing["message"] == "ProcessSchedule does not exist."
    assert client.ok("GET", path)["Enabled"] is True  # all or none
    spent = make(client, trigger, Name="spent", Enabled=False, StartProcessCron="0 0 9 1 1 ? 2001")
    client.ok("POST", switch, 400, json={"scheduleIds": [spent["Id"]], "enabled": True})


def test_a_queue_has_one_trigger_and_knows_it(client: Client, trigger: dict[str, Any]) -> None:
    queue = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Triggered"})
    body = {**trigger, "StartProcessCron": None, "QueueDefinitionId": queue["Id"]}
    made = make(client, body, Name="of a queue", ItemsActivationThreshold=5)
    assert made["QueueDefinitionName"] == "Triggered"
    assert made["StartProcessCron"] == "0 0/30 * 1/1 * ? *"
    assert made["StartProcessNextOccurrence"] is None
    assert (made["MaxJobsForActivation"], made["ItemsPerJobActivationTarget"]) == (1, 1)
    path = f"/odata/QueueDefinitions({queue['Id']})"
    assert client.ok("GET", path)["ProcessScheduleId"] == made["Id"]
    again = client.ok("POST", SCHEDULES, 409, json={**body, "Name": "a second"})
    assert "has a trigger already" in again["message"]
    client.ok("PUT", path, json={"Name": "Renamed"})
    mine = f"{SCHEDULES}({made['Id']})"
    assert client.ok("GET", mine)["QueueDefinitionName"] == "Renamed"
    client.ok("PUT", mine, json={**trigger, "Name": "of time"})
    assert client.ok("GET", path)["ProcessScheduleId"] is None
    client.ok("PUT", mine, json={**body, "Name": "of a queue"})
    client.ok("DELETE", path, 204)
    client.ok("GET", mine, 404)  # it goes with its queue


def test_calendars_in_use_stay(client: Client, trigger: dict[str, Any]) -> None:
    tomorrow = client.ok("POST", "/odata/Calendars", 201, json={"Name": "In use"})
    made = make(client, trigger, Name="rests", CalendarId=tomorrow["Id"],
                StartProcessCron="0 0 12 * * ?", TimeZoneId="UTC")  # fmt: skip
    assert (made["CalendarName"], made["UseCalendar"]) == ("In use", True)
    assert made["CalendarKey"] == tomorrow["Key"]
    calendar = f"/odata/Calendars({tomorrow['Id']})"
    refused = client.ok("DELETE", calendar, 409)
    assert "In use cannot be deleted" in refused["message"]
    when = made["StartProcessNextOccurrence"]
    client.ok("PUT", calendar, json={"Name": "Still used", "ExcludedDates": [when]})
    after = client.ok("GET", f"{SCHEDULES}({made['Id']})")
    assert after["CalendarName"] == "Still used"
    assert after["StartProcessNextOccurrence"] > when
    client.ok("DELETE", f"{SCHEDULES}({made['Id']})", 204)
    client.ok("DELETE", calendar, 204)


def test_a_process_with_triggers_stays(client: Client, trigger: dict[str, Any]) -> None:
    package = {"Name": "Scheduled", "ProcessKey": "DailyReport", "ProcessVersion": "1.2.0"}
    release = client.ok("POST", "/odata/Releases", 201, json=package)
    made = make(client, trigger, Name="keeps it", ReleaseId=release["Id"])
    path = f"/odata/Releases({release['Id']})"
    assert client.ok("DELETE", path, 409)["errorCode"] == 1012
    client.ok("PATCH", path, json={"Name": "Scheduled anew"})
    mine = f"{SCHEDULES}({made['Id']})"
    assert client.ok("GET", mine)["ReleaseName"] == "Scheduled anew"
    client.ok("DELETE", mine, 204)
    client.ok("DELETE", path, 204)


def test_who_may(demo: StandIn, client: Client, trigger: dict[str, Any]) -> None:
    made = make(client, trigger, Name="guarded")
    auditor = demo.client("peter.novak", folder="Shared")
    auditor.ok("GET", f"{SCHEDULES}({made['Id']})")
    auditor.ok("POST", SCHEDULES, 403, json=trigger)
    for name, body in (
        ("SetEnabled", {"scheduleIds": [made["Id"]], "enabled": False}),
        ("ValidateProcessSchedule", {"processSchedule": trigger}),
    ):
        auditor.ok("POST", f"{SCHEDULES}/{ODATA}.{name}", 403, json=body)
    elsewhere = demo.client(folder="HR")
    elsewhere.ok("GET", f"{SCHEDULES}({made['Id']})", 404)
    elsewhere.ok("POST", SCHEDULES, 404, json=trigger)  # the process is in Shared
