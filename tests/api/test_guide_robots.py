"""The requests of the API guide's page on robots, answered as it shows."""

import json
from typing import Any

import pytest

from guide_examples import FOLDER, SERVER, agrees, collection
from stand_in import Client

SESSIONS, ROBOTS = "/odata/Sessions", "/odata/Robots"
AVAILABLE = {"State": "Available"}


def robot(
    robot_id: int, name: str, machine: str, username: str, environments: str = "",
    kind: str = "NonProduction", description: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A robot as the page shows it in a list."""
    return {
        "LicenseKey": None,
        "MachineName": machine,
        "Name": name,
        "Username": username,
        "Description": description,
        "Type": kind,
        "Password": None,
        "RobotEnvironments": environments,
        "Id": robot_id,
        "ExecutionSettings": None,
    }


DOCBOT = robot(749, "DocBot", "MBOBOC", "UIPATH\\MADALINA.BOBOC", "doc_env,WR_env,Group1")
MR_ROB = robot(902, "mr-Rob", "midragomir", "uipath\\mircea.dragomir", description="Alerts")
STAN = robot(
    759, "Stan", "DESKTOP-PMFQGCB", "Alex", "doc_env,a_invoke_env,Group1", "Unattended"
)  # fmt: skip
SIGNS = robot(771, "!~#$%^&*()_+=-", "DESKTOP-PMFQGCB", "dragomirmir", "WR_env")

RECENT = "ReportingTime gt 2018-03-05T03:48:04.147Z"
READS = {
    "by robot id": (
        "$top=10&$filter=Robot/Id eq 749&$select=State", "Sessions(State)", 1, [AVAILABLE],
    ),
    "by robot name": (
        "$top=10&$filter=Robot/Name eq 'DocBot'&$select=State", "Sessions(State)", 1, [AVAILABLE],
    ),
    "by state and last sign": (
        f"$top=10&$filter=State eq 'Available' and {RECENT}&$select=Robot&$expand=Robot",
        "Sessions(Robot)", 2, [{"Robot": DOCBOT}, {"Robot": MR_ROB}],
    ),
    "by state": (
        "$top=10&$filter=State eq 'Disconnected'&$expand=Robot",
        "Sessions", 2,
        [
            {
                "State": "Disconnected", "ReportingTime": reported, "Info": None,
                "IsUnresponsive": False, "Id": session, "Robot": of,
            }
            for session, reported, of in (
                (718, "2018-01-15T18:47:07.93Z", STAN), (730, "2018-01-18T18:14:14.34Z", SIGNS),
            )
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_sessions_are_found(reader: Client, name: str) -> None:
    query, context, count, rows = READS[name]
    answer = reader.ok("GET", f"{SESSIONS}?{query}")
    assert collection(answer, context=context, count=count, rows=rows)


def test_only_what_is_selected_is_answered(reader: Client) -> None:
    assert reader.rows(f"{SESSIONS}?{READS['by robot id'][0]}") == [AVAILABLE]


def test_a_robot_by_its_id_shows_its_key(reader: Client) -> None:
    answer = reader.ok("GET", f"{ROBOTS}(216)")
    assert answer["@odata.context"].endswith("/odata/$metadata#Robots/$entity")
    documented = {
        "LicenseKey": "fc157179-3724-4bb0-acd2-8261bef82d01",
        "MachineName": "CAPETRINA",
        "MachineId": 15,
        "Name": "Gustavee",
        "Username": "uipath\\john.smith",
        "ExternalName": None,
        "Description": None,
        "Type": "Development",
        "HostingType": "Standard",
        "ProvisionType": "Manual",
        "Password": None,
        "CredentialStoreId": None,
        "UserId": 45,
        "Enabled": True,
        "CredentialType": None,
        "RobotEnvironments": "",
        "IsExternalLicensed": False,
        "LimitConcurrentExecution": False,
        "Id": 216,
    }
    settings = {
        "ResolutionHeight": 0, "ResolutionDepth": 0, "FontSmoothing": False,
        "AutoDownloadProcess": False,
    }  # fmt: skip
    assert agrees({**documented, "ExecutionSettings": settings}, answer)


def test_robots_that_can_run_a_package(reader: Client) -> None:
    path = f"{ROBOTS}/{SERVER}.GetRobotsForProcess(processId='input_output_arguments_example')"
    common = {"HostingType": "Standard"}
    # The page names the machine of Stan and the robot 1684 differently than before.
    other = robot(1684, "DocBot-1684", "Doc", "uipath\\documentation", "doc_env")
    rows = [
        {**STAN, **common, "MachineId": 129, "Version": None},
        {**other, **common, "MachineId": 1066, "Version": "18.3.0.558"},
    ]
    answer = reader.ok("GET", path)
    assert collection(answer, context="Robots", count=2, rows=rows)
    assert len(answer["value"]) == 2


def test_logs_of_a_robot(reader: Client) -> None:
    answer = reader.ok("GET", "/odata/RobotLogs?$top=100&$skip=200&$filter=RobotName eq 'DocBot'")
    rows = [
        {
            "Level": "Info",
            "WindowsIdentity": "UIPATH\\john.smith",
            "ProcessName": "TestingSequence_DOC",
            "TimeStamp": time,
            "Message": f"TestingSequence_DOC execution {what}",
            "JobKey": "e49c0012-ee01-45e4-884c-0ce1f2aa6fbb",
            "RobotName": "DocBot",
            "MachineId": 229978,
            "Id": 0,
        }
        for what, time in (
            ("started", "2019-10-14T13:55:18.2473626Z"), ("ended", "2019-10-14T13:57:21.4985672Z"),
        )
    ]  # fmt: skip
    assert collection(answer, context="RobotLogs", count=202, rows=rows)
    assert len(answer["value"]) == 2
    raw = json.loads(answer["value"][1]["RawMessage"])
    sent = {
        "message": "TestingSequence_DOC execution ended",
        "level": "Information",
        "logType": "Default",
        "timeStamp": "2019-10-14T13:57:21.4985672+00:00",
        "fingerprint": "e973b4f2-deec-4290-978b-3a8af0769b35",
        "windowsIdentity": "UIPATH\\petrina.calota",
        "machineName": "LAPTOP-IN7198N3",
        "processVersion": "1.1.7024.37929",
        "robotName": "G",
        "organizationUnitId": 67543,
        "totalExecutionTimeInSeconds": 123,
        "totalExecutionTime": "00:02:03",
        "fileName": "Main",
    }
    assert agrees(sent, raw)


EXECUTION_SETTINGS = {
    "TracingLevel": "Information", "StudioNotifyServer": True, "LoginToConsole": False,
    "ResolutionWidth": 0, "ResolutionHeight": 0, "ResolutionDepth": 0, "FontSmoothing": False,
    "AutoDownloadProcess": False,
}  # fmt: skip


def test_a_robot_is_edited(writer: Client) -> None:
    body = {
        "LicenseKey": "8ec4t984-b2d7-44f2-b5be-0a64ee9a487b",  # no GUID, as the page has it
        "MachineName": "MBOBOC",
        "Name": "DocBot",
        "Type": "Development",
        "Id": 749,
        "Username": "UIPATH\\JustAnotherRobot",
        "ExecutionSettings": EXECUTION_SETTINGS,
    }
    writer.ok("PUT", f"{ROBOTS}(749)", json=body, headers=FOLDER)
    changed = {name: body[name] for name in ("MachineName", "Name", "Type", "Username")}
    told = writer.ok("GET", f"{ROBOTS}(749)")
    assert agrees({**changed, "ExecutionSettings": EXECUTION_SETTINGS}, told)


def test_a_robot_is_deleted(writer: Client) -> None:
    answer = writer.delete(f"{ROBOTS}(79)")
    assert (answer.status_code, answer.content) == (204, b"")
    assert writer.get(f"{ROBOTS}(79)").status_code == 404


def test_several_robots_are_deleted(writer: Client) -> None:
    answer = writer.post(f"{ROBOTS}/{SERVER}.DeleteBulk", {"robotIds": [119, 120]})
    assert (answer.status_code, answer.content) == (204, b"")
    left = writer.rows(f"{ROBOTS}?$filter=Id in (119,120,121)")
    assert [row["Id"] for row in left] == [121]


@pytest.mark.parametrize("user", ["admin", "documentation"])
def test_an_unattended_robot_gets_a_password(writer: Client, user: str) -> None:
    client = writer.stand_in.client(user)
    body = {"UnattendedRobot": {"Password": "newUnattendedRobotP@ss"}}
    client.ok("PATCH", "/odata/Users(88)", json=body)
    shown = writer.ok("GET", "/odata/Users(88)")["UnattendedRobot"]
    assert agrees({"UserName": "uipath\\documentation", "Password": None}, shown)


def test_nobody_changes_the_robot_of_another_without_permission(writer: Client) -> None:
    body = {"UnattendedRobot": {"Password": "newUnattendedRobotP@ss"}}
    other = writer.stand_in.client("dragomirmir")
    assert other.patch("/odata/Users(88)", body).status_code == 403
