"""The robots' side of the conversation: who gets which job, and what becomes of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from concertmaster.domain import sessions, suspension
from concertmaster.entities import Job
from fake_robot import BASE, FakeRobot
from nupkg import coded, studio
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture
def stand_in(start_stand_in: Start) -> StandIn:
    made = start_stand_in("demo")
    made.tenant.clock.freeze()
    return made


@pytest.fixture
def admin(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    for name, content in (("adder", coded()), ("Windows", studio())):
        upload = f"/odata/Processes/{ODATA}.UploadPackage()"
        client.ok("POST", upload, files={"file": (f"{name}.nupkg", content)})
        version = "0.0.1" if name == "adder" else "1.0.0"
        body = {"Name": name, "ProcessKey": name, "ProcessVersion": version}
        client.ok("POST", "/odata/Releases", 201, json=body)
    return client


def start(client: Client, name: str = "adder", **more: Any) -> str:
    info = {"ReleaseName": name, **more}
    if name == "adder":
        info["InputArguments"] = '{"a": 1}'
    (job,) = client.ok("POST", f"/odata/Jobs/{ODATA}.StartJobs", 201, json={"startInfo": info})[
        "value"
    ]
    return str(job["Key"])


def job(client: Client, key: str) -> dict[str, Any]:
    found: dict[str, Any] = client.ok("GET", f"/odata/Jobs/{ODATA}.GetByKey(identifier={key})")
    return found


def stop(client: Client, key: str, strategy: str = "SoftStop") -> None:
    body = {"jobIds": [job(client, key)["Id"]], "strategy": strategy}
    client.ok("POST", f"/odata/Jobs/{ODATA}.StopJobs", json=body)


def session_of(client: Client) -> dict[str, Any]:
    return client.rows("/odata/Sessions?$orderby=Id desc&$top=1")[0]


def test_who_connects_appears(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    (machine,) = admin.rows("/odata/Machines?$filter=Name eq 'admin''s workspace machine'")
    assert (machine["Type"], machine["Scope"]) == ("Template", "PersonalWorkspace")
    (row,) = admin.rows(f"/odata/Robots?$filter=Name eq '{robot.name}'")
    assert (row["Type"], row["HostingType"]) == ("Attended", "Floating")
    session = session_of(admin)
    assert (session["State"], session["MachineId"]) == ("Available", machine["Id"])
    assert (session["HostMachineName"], session["Platform"]) == ("vm-py", "Windows")
    again = FakeRobot(stand_in)
    assert (again.key, again.license) == (robot.key, robot.license)
    assert session_of(admin)["Id"] == session["Id"]
    again.ok("POST", "EndSession", json={"robotKey": again.key})
    again.ok("POST", "stopservice", json={})
    assert session_of(admin)["State"] == "Disconnected"


def test_a_job_from_start_to_end(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    assert robot.beat() == []  # what the demo has pending was never uploaded
    key = start(admin)
    (command,) = robot.beat()
    data = command["data"]
    assert (command["robotKey"], command["robotName"]) == (robot.key, robot.name)
    assert (data["type"], data["jobKey"], data["packageId"]) == ("StartProcess", key, "adder")
    assert (data["packageVersion"], data["entryPointPath"]) == ("0.0.1", "main")
    assert (data["inputArguments"], data["folderPath"]) == ('{"a": 1}', "Shared")
    assert job(admin, key)["State"] == "Pending"
    assert session_of(admin)["State"] == "Busy"
    assert [one["data"]["jobKey"] for one in robot.beat()] == [key]  # the answer might be lost
    robot.say(key, "Running", traceId="t1")
    assert robot.beat() == []
    found = job(admin, key)
    assert (found["State"], found["TraceId"]) == ("Running", "t1")
    assert found["StartTime"]
    robot.say(key, "Successful", outputArguments='{"b": 2}')
    found = job(admin, key)
    assert (found["State"], found["OutputArguments"]) == ("Successful", '{"b": 2}')
    assert (found["Info"], found["HostMachineName"]) == ("Job completed", "vm-py")
    assert found["EndTime"]
    assert session_of(admin)["State"] == "Available"
    robot.say(key, "Faulted")  # too late
    assert job(admin, key)["State"] == "Successful"


def test_what_fails_says_why(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    assert robot.given() == key
    error = {"code": "Python.X", "title": "It failed", "category": "User", "detail": "Traceback"}
    robot.do(key, "Faulted", error=error)
    found = job(admin, key)
    assert (found["State"], found["Info"]) == ("Faulted", "It failed\nTraceback")
    assert (found["ErrorCode"], found["JobError"]["Title"]) == ("Python.X", "It failed")


def test_states_as_numbers_and_any_letter_case(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, 1)
    said = {"RobotKey": robot.key, "JobKey": key.upper(), "JobState": 5}
    robot.ok("POST", "SUBMITJOBSTATE", json=[said])
    assert job(admin, key)["State"] == "Successful"


def test_the_end_is_enough(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Successful")  # that it runs was lost on the way
    assert job(admin, key)["State"] == "Successful"


def test_priority_goes_before_age(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    slow = start(admin, JobPriority="Low")
    first, second = start(admin), start(admin)
    urgent = start(admin, JobPriority="High")
    for key in (urgent, first, second, slow):
        assert robot.given() == key
        robot.do(key)
    assert robot.given() is None


def test_two_robots_never_get_the_same(stand_in: StandIn, admin: Client) -> None:
    one, two = FakeRobot(stand_in, "one"), FakeRobot(stand_in, "two")
    keys = [start(admin), start(admin)]
    assert [one.given(), two.given()] == keys
    two.say(keys[0], "Successful")  # of another's job it has nothing to say
    assert job(admin, keys[0])["State"] == "Pending"


def test_capabilities(stand_in: StandIn, admin: Client) -> None:
    key = start(admin)
    assert FakeRobot(stand_in, "other", capabilities="agent/python").given() is None
    assert FakeRobot(stand_in, "silent", capabilities=None).given() == key
    xaml = start(admin, "Windows")
    assert FakeRobot(stand_in, "able").given() == xaml


def test_a_robot_enters_the_folders_of_its_user(stand_in: StandIn, admin: Client) -> None:
    key = start(admin)
    assert FakeRobot(stand_in, "maria", "maria.lopez").given() is None
    assert FakeRobot(stand_in, "hana", "hana.kim").given() == key  # she works in Shared


def test_run_as_me(stand_in: StandIn, admin: Client) -> None:
    key = start(admin, RunAsMe=True)
    assert FakeRobot(stand_in, "hana", "hana.kim").given() is None
    assert FakeRobot(stand_in).given() == key


def test_a_job_that_waits_again_is_anyones(stand_in: StandIn, admin: Client) -> None:
    key = start(admin)
    hana = FakeRobot(stand_in, "hana", "hana.kim")
    assert hana.given() == key
    hana.ok("POST", "stopservice", json={})
    assert FakeRobot(stand_in).given() == key


def test_an_entry_point_must_be_there(stand_in: StandIn, admin: Client) -> None:
    info = {"ReleaseName": "adder", "EntryPointPath": "other", "InputArguments": '{"a": 1}'}
    answer = admin.post(f"/odata/Jobs/{ODATA}.StartJobs", {"startInfo": info})
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 1002)


def test_stopping(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    running = start(admin)
    robot.given()
    robot.say(running, "Running")
    stop(admin, running)
    assert job(admin, running)["State"] == "Stopping"
    (command,) = robot.beat()
    assert (command["data"]["type"], command["data"]["jobKey"]) == ("StopProcess", running)
    robot.say(running, "Stopped")
    assert job(admin, running)["State"] == "Stopped"
    assert robot.beat() == []
    given = start(admin)
    robot.given()
    stop(admin, given)  # before the robot has begun
    assert job(admin, given)["State"] == "Stopped"
    assert robot.beat()[0]["data"]["type"] == "StopProcess"
    robot.say(given, "Stopped")
    assert robot.beat() == []


def test_killing(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Running")
    stop(admin, key, "Kill")
    assert robot.beat()[0]["data"]["type"] == "StopProcess"
    robot.say(key, "Successful")  # it had ended by itself
    assert job(admin, key)["State"] == "Stopped"


def test_silence(stand_in: StandIn, admin: Client) -> None:
    robot, preparing = FakeRobot(stand_in), FakeRobot(stand_in, "two")
    key, waiting = start(admin), start(admin)
    assert (robot.given(), preparing.given()) == (key, waiting)
    robot.say(key, "Running")
    tenant = stand_in.tenant
    for seconds, state, other in ((119, "Running", "Pending"), (2, "Faulted", "Pending"),
                                  (500, "Faulted", "Faulted")):  # fmt: skip
        now = tenant.clock.advance(timedelta(seconds=seconds))
        with tenant.session() as session:
            sessions.give_up_silent(session, now=now, after=120)
            session.commit()
        assert job(admin, key)["State"] == state
        assert job(admin, waiting)["State"] == other
    assert job(admin, key)["ErrorCode"] == "Robot.Lost"
    assert session_of(admin)["IsUnresponsive"] is True
    # It was only slow: it is told to stop what it does, and then goes on with something else.
    assert robot.beat()[0]["data"]["type"] == "StopProcess"
    robot.say(key, "Stopped")
    assert job(admin, key)["State"] == "Faulted"
    after = start(admin)
    assert robot.given() == after


def test_a_robot_that_starts_again_has_lost_its_job(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    running = start(admin)
    robot.given()
    robot.say(running, "Running")
    robot.begin()
    assert job(admin, running)["State"] == "Faulted"
    given = start(admin)
    assert robot.given() == given
    robot.ok("POST", "stopservice", json={})
    assert job(admin, given)["State"] == "Pending"  # it had not begun: another may have it
    assert FakeRobot(stand_in, "two").given() == given


@pytest.mark.parametrize(
    ("path", "status"), [("heartbeatv2", 401), ("SubmitJobState", 401), ("startservice", 401)]
)
def test_a_licence_key_is_needed(stand_in: StandIn, path: str, status: int) -> None:
    answer = stand_in.http.post(f"{BASE}/{path}", json={})
    assert answer.status_code == status
    headers = {"x-robot-license": "00000000-0000-0000-0000-000000000000"}
    assert stand_in.http.post(f"{BASE}/{path}", json={}, headers=headers).status_code == status
    assert stand_in.http.get(f"{BASE}/getsharedconnectiondata").status_code == 401


def test_bad_bodies(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    for body in (b"{", b'[{"jobState": "Flying"}]', b'["x"]', b"[1]", b'"x"'):
        assert robot.call("POST", "SubmitJobState", content=body).status_code == 400
    for body in (b"7", b'{"heartbeats": 7}', b'{"heartbeats": [7]}'):
        assert robot.call("POST", "heartbeatv2", content=body).status_code == 400


def test_an_unattended_robot_needs_no_beginning(stand_in: StandIn, admin: Client) -> None:
    """A machine's licence key and the name of a robot's account are enough."""
    (machine,) = admin.rows("/odata/Machines?$filter=Name eq 'SHARED-01'")
    licence = admin.ok("GET", f"/odata/Machines({machine['Id']})")["LicenseKey"]
    headers = {"x-robot-license": licence, "x-robot-machine": "SHARED-01"}
    body = {"ServiceUserName": "ACME\\Cello", "CommandState": 0}
    key = start(admin)
    answer = stand_in.http.post(f"{BASE}/HeartbeatV2", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    (command,) = answer.json()["commands"]
    assert (command["robotName"], command["data"]["jobKey"]) == ("Cello", key)
    unknown = {**body, "ServiceUserName": "ACME\\Nobody"}
    answer = stand_in.http.post(f"{BASE}/HeartbeatV2", json=unknown, headers=headers)
    assert answer.status_code == 409


def test_a_robot_begins_without_a_token(stand_in: StandIn, admin: Client) -> None:
    """As older clients do: a licence key, and the name of a robot's account."""
    (machine,) = admin.rows("/odata/Machines?$filter=Name eq 'SHARED-01'")
    licence = admin.ok("GET", f"/odata/Machines({machine['Id']})")["LicenseKey"]
    headers = {"x-robot-license": licence, "x-robot-machine": "SHARED-01"}

    def begin(name: str) -> Any:
        path, body = f"{BASE}/BeginSession", {"UserName": name}
        return stand_in.http.post(path, json=body, headers=headers)

    told = begin("ACME\\Cello").json()
    assert (told["robotName"], told["hasLicense"]) == ("Cello", True)
    robot = {"authorization": f"UiRobot {told['robotKey']}", "x-uipath-folderpath": "Shared"}
    assert stand_in.http.get("/odata/Assets", headers=robot).status_code == 200
    assert begin("ACME\\Nobody").status_code == 409
    headers["x-robot-license"] = "00000000-0000-0000-0000-000000000000"
    assert begin("ACME\\Cello").status_code == 401


def test_what_a_robot_may_run(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    listed = robot.ok("POST", "GetProcesses", json={"robotKey": robot.key})
    (adder,) = [one for one in listed if one["packageId"] == "adder"]
    assert (adder["processName"], adder["folderFullyQualifiedName"]) == ("adder", "Shared")
    assert robot.call("POST", "GetProcesses", json={}).status_code == 400
    unknown = {"robotKey": "00000000-0000-0000-0000-000000000000"}
    assert robot.call("POST", "GetProcesses", json=unknown).status_code == 401
    assert robot.ok("POST", "Heartbeat", json={})["commands"] == []


# --- files and suspension -------------------------------------------------------------------


def test_what_is_too_large_goes_as_a_file(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Running")
    told = robot.ok("GET", f"GetOutputFileAccess?jobKey={key}&fileName=output.json")
    access = told["blobFileAccess"]
    large = json.dumps({"b": "x" * 20_000})
    sent = stand_in.http.request(access["verb"], access["uri"], content=large)
    assert sent.status_code == 201
    robot.say(key, "Successful", outputFile=told["id"])
    found = job(admin, key)
    assert (found["OutputFile"], found["OutputArguments"]) == (told["id"], None)
    attachment = admin.ok("GET", f"/odata/Attachments({told['id']})")
    assert stand_in.http.get(attachment["BlobFileAccess"]["Uri"]).text == large
    (listed,) = admin.ok("GET", f"/api/JobAttachments/GetByJobKey?jobKey={key}")
    assert listed["attachmentId"] == told["id"]
    assert robot.call("GET", f"GetInputFileAccess?jobKey={key}").status_code == 404
    assert FakeRobot(stand_in, "two").call(
        "GET", f"GetOutputFileAccess?jobKey={key}"
    ).status_code == 403  # fmt: skip


INBOX = "11111111-2222-3333-4444-555555555555"
STATE = "99999999-2222-3333-4444-555555555555"


def suspend(robot: FakeRobot, key: str, *triggers: dict[str, Any]) -> None:
    told = {
        "robotKey": robot.key, "jobId": key, "persistenceInstanceId": STATE, "resumeVersion": 0,
        "suspendTime": "2026-01-01T00:00:00Z", "resumeTriggers": list(triggers),
        "blobType": "Embedded",
    }  # fmt: skip
    robot.ok("POST", "SuspendPersistentJob", files={
        "file": ("state.db", b"state of things", "application/octet-stream"),
        "suspendJobDto": (None, json.dumps(told), "text/plain"),
    })  # fmt: skip


def test_a_job_waits_and_goes_on(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Running")
    suspend(robot, key, {"triggerType": "Api", "apiResume": {"inboxId": INBOX, "request": {}}})
    found = job(admin, key)
    assert (found["State"], found["PersistenceId"]) == ("Suspended", STATE)
    assert session_of(admin)["State"] == "Available"
    assert robot.beat() == []
    query = f"/odata/JobTriggers?$filter=JobId eq {found['Id']}&$top=1&$select=ItemKey"
    assert admin.rows(query) == [{"ItemKey": INBOX}]
    assert len(admin.rows(f"/odata/JobTriggers/{ODATA}.GetByJobKey(jobKey={key})")) == 1
    assert admin.get(f"/api/JobTriggers/GetPayload/{INBOX}").status_code == 404
    deliver = f"/api/JobTriggers/DeliverPayload/{INBOX}"
    assert stand_in.client("maria.lopez").post(deliver, {"payload": 1}).status_code == 404
    assert admin.post(deliver, {"payload": {"answer": 42}}).status_code == 202
    assert admin.post(deliver, {"payload": {"answer": 43}}).status_code == 208
    assert admin.ok("GET", f"/api/JobTriggers/GetPayload/{INBOX}") == {"payload": {"answer": 42}}
    assert job(admin, key)["State"] == "Resumed"
    other = FakeRobot(stand_in, "two")
    (command,) = other.beat()
    data = command["data"]
    assert (data["jobKey"], data["persistenceId"], data["resumeVersion"]) == (key, STATE, 1)
    state = other.call("GET", f"GetPersistentJob?persistenceId={STATE}&resumeVersion=1")
    assert state.content == b"state of things"
    began = job(admin, key)["StartTime"]
    other.do(key, outputArguments='{"b": 3}')
    found = job(admin, key)
    assert (found["State"], found["StartTime"]) == ("Successful", began)
    assert admin.post(f"/odata/Jobs/{ODATA}.ResumeJob", {"jobKey": key}).status_code == 409


def test_a_job_is_resumed_by_hand(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Running")
    suspend(robot, key)
    body = {"jobKey": key, "inputArguments": '{"a": 5}'}
    assert admin.ok("POST", f"/odata/Jobs/{ODATA}.ResumeJob", json=body)["State"] == "Resumed"
    data = robot.beat()[0]["data"]
    assert (data["inputArguments"], data["resumeSource"]) == ('{"a": 5}', "Manual")


def test_what_a_job_waits_for_need_not_be_known(stand_in: StandIn, admin: Client) -> None:
    """A newer runtime's kinds do not keep a job from being laid aside."""
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    robot.say(key, "Running")
    inbox = {"triggerType": "Inbox", "integrationResume": {"inboxId": INBOX, "connector": "x"}}
    suspend(robot, key, {"triggerType": "DeepRag", "itemKey": STATE}, inbox)
    path = f"/odata/JobTriggers/{ODATA}.GetByJobKey(jobKey={key})?$orderby=Id"
    strange, known = admin.rows(path)
    assert (strange["TriggerType"], strange["TriggerMessage"]) == ("None", "DeepRag")
    assert (known["TriggerType"], known["ItemKey"]) == ("Inbox", INBOX)


def test_a_moment_or_another_job_lets_a_job_go_on(stand_in: StandIn, admin: Client) -> None:
    robot, tenant = FakeRobot(stand_in), stand_in.tenant
    keys = [start(admin), start(admin)]
    moment = "2099-01-01T00:00:00Z"
    triggers = [{"triggerType": "Timer", "resumeTime": moment}, {"triggerType": "Job"}]
    with tenant.session() as session:
        for found in session.query(Job).filter(Job.key.in_(keys)):
            found.creation_time = tenant.clock.now()
        session.commit()
    for key, trigger in zip(keys, triggers, strict=True):
        given = robot.given()
        robot.say(str(given), "Running")
        suspend(robot, str(given), {**trigger, "itemKey": keys[0] if key == keys[1] else None})

    def fire() -> list[str]:
        with tenant.session() as session:
            suspension.fire_due(session, now=tenant.clock.now())
            session.commit()
        return [job(admin, key)["State"] for key in keys]

    assert fire() == ["Suspended", "Suspended"]
    tenant.clock.set("2099-01-01T00:00:01.0000000Z")
    assert fire() == ["Resumed", "Suspended"]
    robot.do(str(robot.given()))
    assert fire() == ["Successful", "Resumed"]


def test_only_ones_own_running_job_is_suspended(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    key = start(admin)
    robot.given()
    parts = {"suspendJobDto": (None, json.dumps({"jobId": key, "persistenceInstanceId": STATE}))}
    assert robot.call("POST", "SuspendPersistentJob", files=parts).status_code == 409
    two = FakeRobot(stand_in, "two")
    assert two.call("POST", "SuspendPersistentJob", files=parts).status_code == 403
    assert two.call("POST", "SuspendPersistentJob", files={"file": b"x"}).status_code == 400
    assert two.call("POST", "SuspendPersistentJob", json={}).status_code == 400


def test_what_a_job_waits_for_by_name(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    other, key = start(admin), start(admin)
    first = robot.given()
    robot.do(str(first))
    waiting = key if first == other else other
    assert robot.given() == waiting
    robot.say(waiting, "Running")
    suspend(robot, waiting, {"triggerType": "Job", "itemKey": first})
    number = job(admin, waiting)["Id"]
    path = f"/odata/JobTriggers/{ODATA}.GetWithWaitEvents(jobId={number})"
    (row,) = admin.rows(path)
    assert (row["TriggerType"], row["ItemName"], row["ItemKey"]) == ("Job", "adder", first)
    assert row["CreationTime"]
    assert admin.get(path.replace(str(number), "999999")).status_code == 404
