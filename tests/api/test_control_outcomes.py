"""`/_control/outcomes`: what becomes of jobs, said and asked through HTTP."""

from typing import Any

import pytest

from stand_in import Client, StandIn, Start

OUTCOMES = "/_control/outcomes"
START = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"
STOP = "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs"
NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    made = start_stand_in("demo")
    made.tenant.clock.freeze()
    return made


@pytest.fixture
def admin(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    client.ok("DELETE", f"{OUTCOMES}/DailyReport", 204)
    return client


def start(client: Client, name: str = "DailyReport", **info: Any) -> dict[str, Any]:
    body = {"startInfo": {"ReleaseName": name, **info}}
    (job,) = client.ok("POST", START, 201, json=body)["value"]
    return dict(job)


def job(client: Client, started: dict[str, Any]) -> dict[str, Any]:
    return dict(client.ok("GET", f"/odata/Jobs({started['Id']})"))


def shown(client: Client, name: str) -> dict[str, Any]:
    processes = client.ok("GET", OUTCOMES)["processes"]
    return dict(next(one for one in processes if one["process"] == name))


def test_what_holds_by_itself(admin: Client) -> None:
    assert shown(admin, "DailyReport") == {
        "process": "DailyReport", "key": shown(admin, "DailyReport")["key"], "folder": "Shared",
        "mode": "manual", "seconds": None, "failures": 0.0, "result": None, "default": True,
        "next": [],
    }  # fmt: skip
    assert {one["folder"] for one in admin.ok("GET", OUTCOMES)["processes"]} == {"Shared"}


def test_an_immediate_job_is_done_when_it_is_read(admin: Client) -> None:
    said = {"mode": "immediate", "result": {"outputArguments": {"Sorted": 3}, "logs": ["hello"]}}
    told = admin.ok("PUT", f"{OUTCOMES}/mailtriage", json=said)
    assert (told["mode"], told["default"]) == ("immediate", False)
    started = start(admin, "MailTriage")
    assert started["State"] == "Pending"
    done = job(admin, started)
    assert (done["State"], done["OutputArguments"]) == ("Successful", '{"Sorted": 3}')
    logs = admin.rows(f"/odata/RobotLogs?$filter=JobKey eq {done['Key']}&$select=Message")
    assert {"hello", "MailTriage execution ended"} <= {line["Message"] for line in logs}


def test_the_next_jobs_end_as_queued(admin: Client) -> None:
    key = shown(admin, "DailyReport")["key"]
    results = [{"state": "Faulted", "info": "no ledger"}, {"state": "suspended"}]
    told = admin.ok("POST", f"{OUTCOMES}/{key}/next", 201, json=results)
    assert [one["state"] for one in told["next"]] == ["Faulted", "Suspended"]
    first, second, third = (start(admin) for _ in range(3))
    assert [job(admin, one)["State"] for one in (first, second, third)] == [
        "Faulted", "Suspended", "Pending",
    ]  # fmt: skip
    faulted = admin.ok("GET", f"/odata/Jobs({first['Id']})?$select=Info,ErrorCode,JobError")
    assert faulted["Info"] == "no ledger"
    assert faulted["JobError"]["Code"] == faulted["ErrorCode"] == "Robot.ProcessFaulted"


def test_a_manual_job_is_moved(admin: Client) -> None:
    started = start(admin)
    path = f"{OUTCOMES}/jobs/{started['Key'].upper()}"
    assert admin.ok("POST", path, json={"state": "Running"})["state"] == "Running"
    admin.ok("POST", STOP, json={"jobIds": [started["Id"]], "strategy": "SoftStop"})
    refused = admin.post(path, {"state": "Resumed"})
    assert (refused.status_code, refused.json()["message"]) == (
        409, "A job that is Stopping cannot become Resumed.",
    )  # fmt: skip
    told = admin.ok("POST", path, json={"state": "Stopped", "info": "by hand"})
    assert told["state"] == "Stopped"
    assert job(admin, started)["Info"] == "by hand"
    again = admin.post(path, {"state": "Running"})
    assert (again.status_code, again.json()["message"]) == (
        409, "The job has ended: it is Stopped.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("PUT", "DailyReprt", {"mode": "manual"}, 404, "DailyReport"),
        ("PUT", "PayrollCheck", {"mode": "manual"}, 404, "there is one in HR"),
        ("PUT", "DailyReport", {"mode": "never"}, 400, "immediate, after, manual, robot"),
        ("PUT", "DailyReport", {"mode": "after", "seconds": [2, 1]}, 400, "shortest"),
        ("PUT", "DailyReport", {}, 400, "mode"),
        ("PUT", "DailyReport", None, 400, ""),
        ("POST", "DailyReport/next", {"state": "Faulted"}, 400, "list"),
        ("POST", "DailyReport/next", [{"state": "Lost"}], 400, "Successful, Faulted"),
        ("POST", "nobody/next", [], 404, "Is one of these meant: DailyReport"),
        ("POST", f"jobs/{NOBODY}", {"state": "Running"}, 404, NOBODY),
        ("POST", f"jobs/{NOBODY}", {}, 400, "either a state or a mode"),
        ("DELETE", "nobody", None, 404, "nobody"),
    ],
)
def test_what_is_refused(
    admin: Client, method: str, path: str, body: Any, status: int, message: str
) -> None:
    answer = admin.request(method, f"{OUTCOMES}/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert message in answer.json()["message"]


def test_a_process_is_found_across_folders_where_its_name_is_unique(
    stand_in: StandIn, admin: Client
) -> None:
    everywhere = stand_in.client()
    told = everywhere.ok("PUT", f"{OUTCOMES}/PayrollCheck", json={"mode": "manual"})
    assert told["folder"] == "HR"
    hr = stand_in.client(folder="HR")
    body = {"Name": "DailyReport", "ProcessKey": "DailyReport", "ProcessVersion": "1.2.0"}
    hr.ok("POST", "/odata/Releases", 201, json=body)
    answer = everywhere.put(f"{OUTCOMES}/DailyReport", {"mode": "manual"})
    assert answer.status_code == 409
    assert "Shared, HR" in answer.json()["message"]
    assert admin.ok("PUT", f"{OUTCOMES}/DailyReport", json={"mode": "manual"})["folder"] == "Shared"


def test_only_administrators_say_what_becomes_of_jobs(stand_in: StandIn) -> None:
    maria = stand_in.client("maria.lopez", folder="Finance")
    for method, path in (("GET", ""), ("PUT", "/VendorSync"), ("POST", f"/jobs/{NOBODY}")):
        body = {"mode": "manual"}
        assert maria.request(method, f"{OUTCOMES}{path}", json=body).status_code == 403
