"""Sessions: the hosts of robots, their runtimes, maintenance."""

from typing import Any

import pytest

from fake_robot import BASE, FakeRobot
from nupkg import coded
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    made = start_stand_in("demo")
    made.tenant.clock.freeze()
    return made


@pytest.fixture(scope="module")
def admin(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    upload = f"/odata/Processes/{ODATA}.UploadPackage()"
    client.ok("POST", upload, files={"file": ("adder.nupkg", coded())})
    body = {"Name": "adder", "ProcessKey": "adder", "ProcessVersion": "0.0.1"}
    client.ok("POST", "/odata/Releases", 201, json=body)
    return client


def at(operation: str) -> str:
    return f"/odata/Sessions/{ODATA}.{operation}"


class Service:
    """A robot service on a host, that any robot of its users may work in."""

    def __init__(self, stand_in: StandIn, licence: str, host: str, user: str) -> None:
        self._stand_in = stand_in
        self.headers = {
            "x-robot-license": licence, "x-robot-machine": host, "x-robot-service-username": user
        }  # fmt: skip

    def post(self, path: str, body: Any) -> Any:
        answer = self._stand_in.http.post(f"{BASE}/{path}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def beat(self) -> list[str]:
        """The kinds and jobs of what it is told."""
        told = self.post("heartbeatv2", {})["commands"]
        return [f"{one['data']['type']} {one['data']['jobKey']}" for one in told]

    def say(self, key: str, state: str) -> None:
        self.post("SubmitJobState", [{"jobKey": key, "jobState": state}])


def start(admin: Client, **more: Any) -> str:
    info = {"ReleaseName": "adder", "InputArguments": '{"a": 1}', **more}
    path = f"/odata/Jobs/{ODATA}.StartJobs"
    (job,) = admin.ok("POST", path, 201, json={"startInfo": info})["value"]
    return str(job["Key"])


def stop_all(admin: Client) -> None:
    query = "/odata/Jobs?$filter=ReleaseName eq 'adder' and State eq 'Pending'&$select=Id"
    ids = [row["Id"] for row in admin.rows(query)]
    if ids:
        path = f"/odata/Jobs/{ODATA}.StopJobs"
        admin.ok("POST", path, json={"jobIds": ids, "strategy": "SoftStop"})


def machine(admin: Client, name: str, **slots: int) -> Any:
    body = {"Name": name, "Type": "Template", **slots}
    return admin.ok("POST", "/odata/Machines", 201, json=body)


def test_a_host_runs_as_many_jobs_as_its_machine_has_slots(
    stand_in: StandIn, admin: Client
) -> None:
    licence = machine(admin, "one slot", UnattendedSlots=1)["LicenseKey"]
    cello, viola = (Service(stand_in, licence, "H1", f"ACME\\{n}") for n in ("Cello", "Viola"))
    first, second = start(admin), start(admin)
    assert cello.beat() == [f"StartProcess {first}"]
    assert viola.beat() == []
    elsewhere = Service(stand_in, licence, "H2", "ACME\\Viola")
    third = start(admin)
    assert elsewhere.beat() == [f"StartProcess {second}"]  # a host of its own has a slot of its own
    cello.say(first, "Running")
    assert viola.beat() == []
    cello.say(first, "Successful")
    assert viola.beat() == [f"StartProcess {third}"]
    for service, key in ((viola, third), (elsewhere, second)):
        service.say(key, "Running")
        service.say(key, "Successful")


def test_a_job_gets_the_runtime_that_it_asks_for(stand_in: StandIn, admin: Client) -> None:
    licence = machine(admin, "kinds", UnattendedSlots=1, TestAutomationSlots=1)["LicenseKey"]
    cello = Service(stand_in, licence, "H1", "ACME\\Cello")
    start(admin, RuntimeType="Headless")
    test = start(admin, RuntimeType="TestAutomation")
    assert cello.beat() == [f"StartProcess {test}"]
    path = f"/odata/Jobs/{ODATA}.GetByKey(identifier={test})"
    assert admin.ok("GET", path)["RuntimeType"] == "TestAutomation"
    cello.say(test, "Running")
    cello.say(test, "Successful")
    assert cello.beat() == []
    stop_all(admin)


def test_a_machine_without_slots_counts_none(stand_in: StandIn, admin: Client) -> None:
    licence = machine(admin, "silent")["LicenseKey"]
    key = start(admin)
    cello = Service(stand_in, licence, "H1", "ACME\\Cello")
    assert cello.beat() == [f"StartProcess {key}"]
    cello.say(key, "Running")
    cello.say(key, "Successful")


def test_a_robot_beside_its_user_takes_no_unattended_job(stand_in: StandIn, admin: Client) -> None:
    robot = FakeRobot(stand_in)
    start(admin, RuntimeType="Unattended")
    assert robot.given() is None
    key = start(admin, RuntimeType="Development")
    assert robot.given() == key
    robot.do(key)
    stop_all(admin)


def test_figures_of_runtimes(stand_in: StandIn, admin: Client) -> None:
    made = machine(admin, "figures", UnattendedSlots=2, HeadlessSlots=1)
    oboe = Service(stand_in, made["LicenseKey"], "F1", "ACME\\Viola")
    key = start(admin)
    assert oboe.beat() == [f"StartProcess {key}"]
    rows = admin.rows(at("GetMachineSessionRuntimes"))
    mine = [row for row in rows if row["MachineId"] == made["Id"]]
    told = [(row["RuntimeType"], row["Runtimes"], row["UsedRuntimes"]) for row in mine]
    assert told == [("Unattended", 2, 1), ("Headless", 1, 0)]
    assert (mine[0]["HostMachineName"], mine[0]["ServiceUserName"]) == ("F1", "ACME\\Viola")
    rows = admin.rows(at("GetMachineSessionRuntimes") + "?runtimeType=Headless")
    assert {row["RuntimeType"] for row in rows} == {"Headless"}
    (shared,) = admin.rows("/odata/Folders?$filter=DisplayName eq 'Shared'")
    folder = f"GetMachineSessionRuntimesByFolderId(folderId={shared['Id']})"
    assert made["Id"] not in {row["MachineId"] for row in admin.rows(at(folder))}
    body = {"associations": {"FolderId": shared["Id"], "AddedMachineIds": [made["Id"]]}}
    path = f"/odata/Folders/{ODATA}.UpdateMachinesToFolderAssociations"
    admin.ok("POST", path, 204, json=body)
    assert made["Id"] in {row["MachineId"] for row in admin.rows(at(folder))}
    path = f"/odata/Machines/{ODATA}.GetRuntimesForFolder(folderId={shared['Id']})"
    figures = {row["Type"]: row for row in admin.rows(path)}
    assert figures["Headless"] == {"Type": "Headless", "Total": 1, "Connected": 1, "Available": 1}
    assert figures["Unattended"]["Total"] == 4  # with those of SHARED-01
    oboe.say(key, "Running")
    oboe.say(key, "Successful")
    sessions = admin.rows(at(f"GetMachineSessions(key={made['Id']})") + "?$expand=Robot")
    assert [row["Robot"]["Name"] for row in sessions] == ["Viola"]
    assert "ACME\\Viola" in admin.ok("GET", at("GetUsernames"))["value"]
    assert admin.get(at("GetMachineSessionRuntimesByFolderId(folderId=999999)")).status_code == 404


def test_a_host_under_maintenance_takes_no_jobs(stand_in: StandIn, admin: Client) -> None:
    made = machine(admin, "mended", UnattendedSlots=2)
    cello = Service(stand_in, made["LicenseKey"], "M1", "ACME\\Cello")
    assert cello.beat() == []
    (session,) = admin.rows(at(f"GetMachineSessions(key={made['Id']})"))
    first = start(admin)
    assert cello.beat() == [f"StartProcess {first}"]
    cello.say(first, "Running")
    body = {"sessionId": session["Id"], "maintenanceMode": "Enabled", "stopJobsStrategy": "Kill"}
    admin.ok("POST", at("SetMaintenanceMode"), 204, json=body)
    assert cello.beat() == [f"StopProcess {first}"]
    cello.say(first, "Stopped")
    (row,) = [
        one for one in admin.rows(at("GetMachineSessionRuntimes")) if one["MachineId"] == made["Id"]
    ]
    assert row["MaintenanceMode"] == "Enabled"
    second = start(admin)
    assert cello.beat() == []
    admin.ok("POST", at("SetMaintenanceMode"), 204, json={**body, "maintenanceMode": "Default"})
    assert cello.beat() == [f"StartProcess {second}"]
    cello.say(second, "Running")
    cello.say(second, "Successful")
    assert admin.post(at("SetMaintenanceMode"), {**body, "sessionId": 10**6}).status_code == 404
    assert admin.post(at("SetMaintenanceMode"), {**body, "maintenanceMode": "x"}).status_code == 400


def test_debugging_ends_by_itself(stand_in: StandIn, admin: Client) -> None:
    made = machine(admin, "watched")
    cello = Service(stand_in, made["LicenseKey"], "W1", "ACME\\Cello")
    cello.beat()
    path = at(f"GetMachineSessions(key={made['Id']})")
    (session,) = admin.rows(path)
    toggle = f"/odata/Sessions({session['Id']})/{ODATA}.ToggleMachineSessionDebugMode"
    admin.ok("POST", toggle, 204, json={"enabled": True, "minutes": 30})
    assert admin.rows(path)[0]["DebugModeExpirationDate"]
    admin.ok("POST", toggle, 204, json={"enabled": False})
    assert admin.rows(path)[0]["DebugModeExpirationDate"] is None
    assert admin.post(toggle, {"enabled": True, "minutes": 0}).status_code == 400


def test_only_hosts_that_are_gone_are_forgotten(stand_in: StandIn, admin: Client) -> None:
    made = machine(admin, "gone")
    cello = Service(stand_in, made["LicenseKey"], "G1", "ACME\\Cello")
    cello.beat()
    path = at(f"GetMachineSessions(key={made['Id']})")
    (session,) = admin.rows(path)
    body = {"sessionIds": [session["Id"]]}
    assert admin.post(at("DeleteInactiveUnattendedSessions"), body).status_code == 409
    cello.post("stopservice", {})
    assert admin.rows(path)[0]["State"] == "Disconnected"
    admin.ok("POST", at("DeleteInactiveUnattendedSessions"), 204, json=body)
    assert admin.rows(path) == []
    assert admin.post(at("DeleteInactiveUnattendedSessions"), body).status_code == 404
