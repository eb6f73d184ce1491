"""Jobs through HTTP: started by key and name, stopped, restarted, found by key."""

from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.entities import Session, SessionState
from concertmaster.model import model
from concertmaster.odata.plan import Asked, Planner
from concertmaster.odata.query import sorts
from stand_in import Client, StandIn

START = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"
STOP = "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs"
NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def process(client: Client) -> dict[str, Any]:
    """The first release of the folder, which needs no arguments."""
    return client.rows("/odata/Releases?$orderby=Id&$top=1")[0]


def _start(client: Client, **info: Any) -> list[dict[str, Any]]:
    started: list[dict[str, Any]] = client.ok("POST", START, 201, json={"startInfo": info})["value"]
    return started


def test_start_by_key(client: Client, process: dict[str, Any]) -> None:
    (job,) = _start(client, ReleaseKey=process["Key"], Strategy="ModernJobsCount", JobsCount=1)
    assert job["State"] == "Pending"
    assert job["ReleaseName"] == process["Name"]
    assert client.ok("GET", f"/odata/Jobs({job['Id']})")["Key"] == job["Key"]


@pytest.mark.parametrize(
    "body",
    [
        {"startInfo": {"ReleaseName": "?"}},
        {"StartInfo": {"releasename": "?"}},
        {"startinfo": {"RELEASENAME": "?", "strategy": "jobscount", "jobsCount": 1}},
        {
            "startInfo": {
                "ReleaseName": "?",
                "Whatever": [1],
                "Source": "Manual",
                "JobPriority": "2",
            }
        },
    ],
)
def test_members_come_in_any_letter_case(
    client: Client, process: dict[str, Any], body: Any
) -> None:
    for info in body.values():
        for name in info:
            if info[name] == "?":
                info[name] = process["Name"].lower()
    assert len(client.ok("POST", START, 201, json=body)["value"]) == 1


def test_an_answer_can_be_shaped(client: Client, process: dict[str, Any]) -> None:
    answer = client.ok(
        "POST", f"{START}?$select=Id&$expand=Release($select=Name)", 201,
        json={"startInfo": {"ReleaseKey": process["Key"], "JobsCount": 2}},
    )  # fmt: skip
    assert answer["@odata.context"].endswith("#Jobs(Id)")
    assert [list(job) for job in answer["value"]] == [["Id", "Release"]] * 2
    assert answer["value"][0]["Release"] == {"Name": process["Name"]}


@pytest.mark.parametrize(
    ("info", "status", "number"),
    [
        (None, 400, 0),
        ({}, 400, 1009),
        ({"ReleaseKey": NOBODY}, 404, 1002),
        ({"ReleaseName": "nobody"}, 404, 1002),
        ({"ReleaseName": "?", "Strategy": "All"}, 400, 1009),
        ({"ReleaseName": "?", "Strategy": "Specific", "RobotIds": [987654]}, 409, 1671),
        ({"ReleaseName": "?", "JobsCount": "many"}, 400, 1009),
        ({"ReleaseName": "?", "JobsCount": 10**30}, 400, 1009),
        ({"ReleaseName": "?", "JobPriority": "Highest"}, 400, 1009),
        ({"ReleaseName": "?", "JobPriority": "High", "SpecificPriorityValue": 5}, 400, 1009),
        ({"ReleaseName": "?", "SpecificPriorityValue": 101}, 400, 1009),
        ({"ReleaseName": "?", "InputArguments": "{}", "InputFile": NOBODY}, 400, 1009),
        ({"ReleaseName": "?", "InputArguments": "[]"}, 400, 1009),
        ({"ReleaseName": "?", "InputArguments": "x" * 10_001}, 400, 1009),
        ({"ReleaseName": "?", "Reference": "x" * 129}, 400, 1009),
    ],
)
def test_what_does_not_start(
    client: Client, process: dict[str, Any], info: Any, status: int, number: int
) -> None:
    if info and info.get("ReleaseName") == "?":
        info = {**info, "ReleaseName": process["Name"]}
    before = client.get("/odata/Jobs/$count").text
    answer = client.post(START, {"startInfo": info})
    assert (answer.status_code, answer.json()["errorCode"]) == (status, number), answer.text
    assert client.get("/odata/Jobs/$count").text == before


@pytest.mark.parametrize("strategy", ["SoftStop", "softstop", "1", 1, "Kill", "2"])
def test_stop(client: Client, process: dict[str, Any], strategy: Any) -> None:
    (job,) = _start(client, ReleaseKey=process["Key"])
    assert client.ok("POST", STOP, json={"jobIds": [job["Id"]], "strategy": strategy}) == {}
    stopped = client.ok("GET", f"/odata/Jobs({job['Id']})")
    assert stopped["State"] == "Stopped"
    assert stopped["EndTime"]
    again = client.post(STOP, {"jobIds": [job["Id"]], "strategy": strategy})
    assert (again.status_code, again.json()["errorCode"]) == (409, 1657)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"jobIds": [987654321], "strategy": "Kill"}, 404),
        ({"jobIds": [1]}, 400),
        ({"strategy": "Kill"}, 400),
        ({"jobIds": [1], "strategy": "Gently"}, 400),
        ({"jobIds": "x", "strategy": "Kill"}, 400),
    ],
)
def test_what_does_not_stop(client: Client, body: Any, status: int) -> None:
    assert client.post(STOP, body).status_code == status


def test_restart(client: Client) -> None:
    (ended,) = client.rows("/odata/Jobs?$filter=State eq 'Successful'&$top=1&$expand=Release")
    path = "/odata/Jobs/UiPath.Server.Configuration.OData.RestartJob"
    again = client.ok("POST", path, json={"jobId": ended["Id"]})
    assert (again["State"], again["ReleaseName"]) == ("Pending", ended["Release"]["Name"])
    assert client.post(path, {"jobId": again["Id"]}).status_code == 409


@pytest.mark.parametrize("quote", ["", "'"])
def test_by_key_in_whichever_folder(demo: StandIn, client: Client, quote: str) -> None:
    (job,) = client.rows("/odata/Jobs?$top=1")
    path = f"/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={quote}%s{quote})"
    found = demo.client().ok("GET", f"{path % job['Key'].upper()}?$select=Id,Key")
    assert found == {
        "@odata.context": "http://testserver/odata/$metadata#Jobs(Id,Key)/$entity",
        "Key": job["Key"],
        "Id": job["Id"],
    }
    missing = demo.client().get(path % NOBODY)
    assert (missing.status_code, missing.json()["message"]) == (404, "Job does not exist.")


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"RuntimeType": "Headless"}, 2818),  # the folder's machines have no slot for it
        ({"RunAsMe": True, "RequiresUserInteraction": True}, 1230),
    ],
)
def test_what_no_robot_could_ever_run(
    client: Client, process: dict[str, Any], info: dict[str, Any], code: int
) -> None:
    asked = {"startInfo": {"ReleaseKey": process["Key"], **info}}
    answer = client.post(START, asked)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, code)
    validate = "/odata/Jobs/UiPath.Server.Configuration.OData.ValidateDynamicJob"
    told = client.ok("POST", validate, json=asked)
    assert (told["IsValid"], told["Errors"]) == (False, [answer.json()["message"]])
    assert len(told["ErrorCodes"]) == 1


def test_a_start_is_asked_about_beforehand(client: Client, process: dict[str, Any]) -> None:
    before = client.ok("GET", "/odata/Jobs?$top=0")["@odata.count"]
    validate = "/odata/Jobs/UiPath.Server.Configuration.OData.ValidateDynamicJob"
    told = client.ok("POST", validate, json={"startInfo": {"ReleaseKey": process["Key"]}})
    assert (told["IsValid"], told["Errors"], told["ErrorCodes"]) == (True, [], [])
    assert client.post(validate, {"startInfo": {"ReleaseKey": NOBODY}}).status_code == 404
    (job,) = client.rows("/odata/Jobs?$filter=State eq 'Faulted'&$top=1")
    existing = f"/odata/Jobs({job['Id']})/UiPath.Server.Configuration.OData.ValidateExistingJob"
    assert client.ok("POST", existing)["IsValid"] is True
    assert client.post(existing.replace(str(job["Id"]), "999999")).status_code == 404
    assert client.post(validate, {}).status_code == 400
    assert client.ok("GET", "/odata/Jobs?$top=0")["@odata.count"] == before


VALIDATE = "/odata/Jobs/UiPath.Server.Configuration.OData.ValidateDynamicJob"


def test_whether_a_job_would_find_a_robot(fresh: StandIn) -> None:
    """Shared has two robots, one of which is busy; no outcome is said, so the job is manual."""
    client = fresh.client(folder="Shared")
    key = client.rows("/odata/Releases?$orderby=Id&$top=1")[0]["Key"]
    body = {"startInfo": {"ReleaseKey": key}}
    told = client.ok("POST", VALIDATE, json=body)
    assert told["@odata.context"].endswith(".ValidationResultDto")
    assert (told["IsValid"], told["Errors"], told["ErrorCodes"]) == (True, [], [])
    client.ok("PUT", "/_control/outcomes/DailyReport", json={"mode": "robot"})
    assert client.ok("POST", VALIDATE, json=body)["IsValid"]
    (job,) = _start(client, ReleaseKey=key)
    with fresh.tenant.writing.begin() as connection:
        connection.execute(sa.update(Session).values(state=SessionState.Busy))
    told = client.ok("POST", VALIDATE, json=body)
    assert (told["IsValid"], told["ErrorCodes"]) == (False, ["TemplateFullCapacity"])
    with fresh.tenant.writing.begin() as connection:
        connection.execute(sa.update(Session).values(state=SessionState.Disconnected))
    existing = f"/odata/Jobs({job['Id']})/UiPath.Server.Configuration.OData.ValidateExistingJob"
    told = client.ok("POST", existing)
    assert told["ErrorCodes"] == ["TemplateNoHostsAvailable"]
    assert told["Errors"] == ["No robot that works in the folder is connected."]
    assert client.get("/odata/Jobs/$count?$filter=State eq 'Pending'").status_code == 200


@pytest.mark.parametrize(
    ("info", "status"),
    [
        ({"ReleaseName": "nobody"}, 404), ({}, 400), (None, 400),
        ({"ReleaseName": "DailyReport", "InputArguments": "[]"}, 400),
        ({"ReleaseName": "DailyReport", "AlertRunningExpression": "soon"}, 400),
        ({"ReleaseName": "DailyReport", "AlertPendingExpression": "-1"}, 400),
    ],
)  # fmt: skip
def test_what_cannot_even_be_validated(client: Client, info: Any, status: int) -> None:
    before = client.get("/odata/Jobs/$count").text
    assert client.post(VALIDATE, {"startInfo": info}).status_code == status
    assert client.get("/odata/Jobs/$count").text == before


def test_how_long_a_job_is_expected_to_run(client: Client, process: dict[str, Any]) -> None:
    (job,) = _start(
        client, ReleaseKey=process["Key"], AlertRunningExpression="90", AlertPendingExpression=""
    )
    assert job["MaxExpectedRunningTimeSeconds"] == 90


@pytest.mark.parametrize(
    ("order", "by_index"),
    [("CreationTime desc", True), ("CreationTime desc,Id", True), ("ReleaseName", False)],
)
def test_what_an_index_has_in_order_is_not_sorted(
    demo: StandIn, order: str, by_index: bool
) -> None:
    tenant, types = demo.registry.default, model()
    if tenant.dialect != "sqlite":
        pytest.skip("it is SQLite that is asked")
    jobs = types.set("Jobs")
    assert jobs
    asked = Asked(
        jobs, top=True, options={
            "$filter": "State eq 'Running' and Robot/Name eq 'x' and OrganizationUnitId eq 1",
            "$orderby": order,
        },
    )  # fmt: skip
    with tenant.engine.connect() as connection:
        plan, _ = Planner(types, connection.dialect).plan(asked, connection)
        assert plan.rows
        assert sorts(connection, plan.rows) is not by_index
        assert (" AS k " in plan.rows.sql) is not by_index  # else keys are sorted, rows looked up


def test_what_is_expanded_is_as_it_stands(client: Client, process: dict[str, Any]) -> None:
    _start(client, ReleaseKey=process["Key"], Strategy="ModernJobsCount", JobsCount=2)
    path = (
        f"/odata/Jobs?$filter=ReleaseName eq '{process['Name']}'&$expand=Release&$orderby=Id desc"
    )

    def described() -> set[str]:
        return {job["Release"]["Description"] for job in client.rows(path)[:2]}

    for text in ("first", "second", "third"):
        client.ok("PATCH", f"/odata/Releases({process['Id']})", json={"Description": text})
        assert described() == {text}
        assert described() == {text}
