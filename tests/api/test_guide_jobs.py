"""The requests of the API guide's page on jobs, answered as it shows."""

import re
import time
from typing import Any

import pytest

from guide_examples import CLOUD, FOLDER, SERVER, agrees, collection
from stand_in import Client

JOBS = f"{CLOUD}/odata/Jobs"
LOGON = "Logon failure: unknown user name or bad password"


def finished(
    job_id: int, key: str, batch: str, created: str, started: str, ended: str,
    state: str = "Successful", info: str = "Job completed",
) -> dict[str, Any]:  # fmt: skip
    """A job as the page shows it."""
    return {
        "Key": key,
        "StartTime": started,
        "EndTime": ended,
        "State": state,
        "Source": "Manual",
        "BatchExecutionKey": batch,
        "Info": info,
        "CreationTime": created,
        "StartingScheduleId": None,
        "Id": job_id,
    }


J125161 = finished(
    125161, "1c7222dc-416f-4c60-9b17-88262c91768f", "8c5302a7-8ed3-458a-ab64-34cc72fdd709",
    "2018-01-15T18:18:01.623Z", "2018-01-15T18:18:02.79Z", "2018-01-15T18:18:47.587Z",
)  # fmt: skip
J127283 = finished(
    127283, "9fbdfca0-d1e5-41c2-abe6-86fe626346a3", "9b908e73-b564-4022-92cb-9e9f0571c2ec",
    "2018-03-02T17:25:34.087Z", "2018-03-02T17:25:35.17Z", "2018-03-02T17:25:46.62Z",
)  # fmt: skip
J127416 = finished(
    127416, "e29e472d-5d51-4369-9c15-af867e6dd580", "ad498d35-326c-4c6c-89d0-16fb73abd0c8",
    "2018-03-05T18:27:25.793Z", "2018-03-05T18:27:27.123Z", "2018-03-05T18:27:38.593Z",
    state="Faulted",
)  # fmt: skip
del J127416["Info"]  # a stack trace: looked at below
J125160 = finished(
    125160, "45383b6c-a547-49e1-be5c-f3bb6d78982c", "9eda64eb-3ab8-46e8-833d-fe944a4eb25e",
    "2018-01-15T18:17:13.59Z", "2018-01-15T18:17:14.693Z", "2018-01-15T18:17:14.693Z",
    "Faulted", LOGON,
)  # fmt: skip
J125162 = finished(
    125162, "4b018719-36cb-43a1-8096-202641ccee62", "7a60ce9d-a5a6-4e9f-b908-ab5819b016c2",
    "2018-01-15T18:19:02.37Z", "2018-01-15T18:19:03.177Z", "2018-01-15T18:19:03.177Z",
    "Faulted", LOGON,
)  # fmt: skip
J125163 = finished(
    125163, "4420820e-7b0a-49a3-a172-ddcc1d88ace9", "843d9f41-ae7b-4a28-bd32-d57006f90a2f",
    "2018-01-15T18:20:06.733Z", "2018-01-15T18:20:07.93Z", "2018-01-15T18:20:22.68Z",
)  # fmt: skip
J125153 = finished(
    125153, "d3780aac-1e80-49b0-bfd3-c8ec6a3939db", "c08beec5-243c-4e08-854d-7c100cd35214",
    "2018-01-15T18:03:41.56Z", "2018-01-15T18:03:42.51Z", "2018-01-15T18:03:44.353Z",
    "Faulted", LOGON,
)  # fmt: skip
J125154 = finished(
    125154, "93b0bfc1-cb80-4594-bb3e-9f35f3efc828", "2f894a2b-7ba1-4eee-b399-c67894a9b3ec",
    "2018-01-15T18:05:41.093Z", "2018-01-15T18:05:42.393Z", "2018-01-15T18:05:42.393Z",
    "Faulted", LOGON,
)  # fmt: skip
RELEASE = {
    "Key": "766d80d3-cc02-4635-b36c-e30fcf1008b1",
    "ProcessKey": "Release_Project",
    "ProcessVersion": "",
    "IsLatestVersion": False,
    "IsProcessDeleted": False,
    "Description": "rockerii",
    "Name": "Release_Project_doc_env",
    "EnvironmentId": 312,
    "EnvironmentName": None,
    "Id": 440,
}
ROBOT = {
    "LicenseKey": None,
    "MachineName": "DESKTOP-PMFQGCB",
    "Name": "RoboDrulea",
    "Username": "ALEX",
    "Description": None,
    "Type": "Unattended",
    "Password": None,
    "RobotEnvironments": "",
    "Id": 758,
    "ExecutionSettings": None,
}

OLD = "CreationTime gt 2017-01-01T00:00:00.000Z and State eq '4'"
READS = {
    "by robot id": ("$top=3&$filter=Robot/Id eq 749", 13, [J125161, J127283, J127416]),
    # The page counts 1, but DocBot is the robot 749 of the example before.
    "by robot name": ("$top=10&$filter=Robot/Name eq 'DocBot'", 13, [J125161]),
    "by robot and state": (
        "$top=10&$filter=Robot/Id eq 749 and State eq 'Successful'", 2, [J125161, J127283],
    ),
    "by robot and end": (
        "$top=10&$filter=Robot/Id eq 759 and EndTime lt 2018-02-22T10:00:00.837Z",
        3, [J125160, J125162, J125163],
    ),
    "by environment": (
        "$top=2&$expand=Release&$filter=Release/EnvironmentId eq 312",
        26, [{**job, "Release": RELEASE} for job in (J125153, J125154)],
    ),
    "by error": (
        f"$filter=({OLD} and indexof(Info,'{LOGON}') ne -1)&$expand=Robot,Release&$top=2",
        5, [{**job, "Release": RELEASE, "Robot": ROBOT} for job in (J125153, J125154)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_jobs_are_found(reader: Client, name: str) -> None:
    query, count, rows = READS[name]
    answer = reader.ok("GET", f"{JOBS}?{query}")
    assert collection(answer, context="Jobs", count=count, rows=rows)


def test_no_more_rows_come_than_are_there(reader: Client) -> None:
    query, count, _ = READS["by robot and state"]
    assert len(reader.rows(f"{JOBS}?{query}")) == count


def test_the_error_of_a_job_is_kept_in_full(reader: Client) -> None:
    info = reader.ok("GET", f"{JOBS}(127416)")["Info"]
    first, *stack = info.split("\r\n")
    assert first == "Execution error : System.ArgumentException: The sheet does not exist"
    assert len(stack) == 5


def start(client: Client, info: dict[str, Any]) -> list[dict[str, Any]]:
    # The page shows 200; official clients and the API description have 201.
    answer = client.ok("POST", f"{JOBS}/{SERVER}.StartJobs", 201, json={"startInfo": info})
    assert answer["@odata.context"].endswith("/odata/$metadata#Jobs")
    jobs: list[dict[str, Any]] = answer["value"]
    return jobs


def test_a_process_starts_on_all_robots_of_its_environment(writer: Client) -> None:
    key = "795cbab2-8008-4a54-b1cb-f9ff1ece139e"
    jobs = start(writer, {"ReleaseKey": key, "Strategy": "All", "RobotIds": [], "NoOfRobots": 0})
    pending = {
        "StartTime": None, "EndTime": None, "State": "Pending", "Source": "Manual",
        "Info": None, "StartingScheduleId": None,
    }  # fmt: skip
    assert agrees([pending] * 3, jobs)
    assert len({job["Key"] for job in jobs}) == 3
    assert len({job["BatchExecutionKey"] for job in jobs}) == 1
    assert [job["Id"] for job in jobs] == sorted({job["Id"] for job in jobs})


def test_a_process_starts_with_values_for_its_arguments(writer: Client) -> None:
    given = '{"age":33,"trueOrFalse":false,"stringNew":"testing"}'
    jobs = start(writer, {
        "ReleaseKey": "429cf1cc-283c-424f-a935-43f72c2ca719", "RobotIds": [121], "JobsCount": 0,
        "Strategy": "Specific", "InputArguments": given,
    })  # fmt: skip
    pending = {
        "StartTime": None, "EndTime": None, "State": "Pending", "Source": "Manual",
        "SourceType": "Manual", "Info": None, "StartingScheduleId": None,
        "ReleaseName": "input_output_test_DocEnv", "Type": "Unattended",
        "InputArguments": given, "OutputArguments": None,
    }  # fmt: skip
    assert agrees([pending], jobs)


def test_an_argument_of_another_type_is_refused(writer: Client) -> None:
    info = {
        "ReleaseKey": "429cf1cc-283c-424f-a935-43f72c2ca719", "RobotIds": [121],
        "Strategy": "Specific", "InputArguments": '{"age":"old"}',
    }  # fmt: skip
    assert writer.post(f"{JOBS}/{SERVER}.StartJobs", {"startInfo": info}).status_code == 400


def test_several_jobs_are_stopped(writer: Client) -> None:
    body = {"jobIds": [22450719, 22450728], "strategy": "1"}
    assert writer.ok("POST", f"{JOBS}/{SERVER}.StopJobs", json=body) == {}
    states = {job["State"] for job in writer.rows(f"{JOBS}?$filter=Id ge 22450719")}
    assert states == {"Stopping"}


def test_jobs_are_exported(writer: Client) -> None:
    query = "$top=1000&$expand=Robot,Machine,Release&$orderby=CreationTime%20desc"
    asked = writer.ok("POST", f"{JOBS}/{SERVER}.Export?{query}", headers=FOLDER)
    new = {"Id": 8661, "Type": "Jobs", "Status": "New", "ExecutedAt": None, "Size": None}
    assert agrees(new, asked)
    assert asked["@odata.context"].endswith("/odata/$metadata#Exports/$entity")
    guid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(f"jobs-{guid}", asked["Name"])

    export = f"{CLOUD}/odata/Exports(8661)"
    for _ in range(200):
        told = writer.ok("GET", export, headers=FOLDER)
        if told["Status"] not in ("New", "InProgress"):
            break
        time.sleep(0.05)
    assert agrees({"Id": 8661, "Name": asked["Name"], "Type": "Jobs", "Status": "Completed"}, told)
    assert told["ExecutedAt"] >= told["RequestedAt"]

    link = writer.ok("GET", f"{export}/{SERVER}.GetDownloadLink", headers=FOLDER)
    access = {"Verb": "GET", "RequiresAuth": False, "Headers": {"Keys": [], "Values": []}}
    assert agrees(access, link)
    assert link["@odata.context"].endswith(f"$metadata#{SERVER}.BlobFileAccessDto")
    file = writer.stand_in.http.get(link["Uri"])  # without signing in
    assert file.status_code == 200
    assert len(file.content) == told["Size"]
    assert len(file.text.splitlines()) > 28  # a line of titles, and the jobs
