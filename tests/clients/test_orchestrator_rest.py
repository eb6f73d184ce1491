"""`uipath-orchestrator-rest` from PyPI: made from an API description, so strict about answers.

A required member that is missing or null, or a name that no enumeration of version 18 has, makes
it raise; it also writes `$count=True`, and sends `Content-Type` with a GET.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.running import ClientError, Interpreter, Server, python_driver

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),  # installing takes its time
    pytest.mark.xdist_group("uipath-orchestrator-rest"),
]

PRELUDE = """
import os
import uipath_orchestrator_rest as client
configuration = client.Configuration()
configuration.host = os.environ["UIPATH_URL"] + "/orchestrator_"
configuration.access_token = os.environ["UIPATH_ACCESS_TOKEN"]
calls = client.ApiClient(configuration)

def api(name):
    return getattr(client, name + "Api")(calls)
"""
FOLDER = "x_uipath_organization_unit_id=1"
#: What came after version 18 is left out of lists: kinds of processes and of assets.
OLD_PROCESSES = "filter=\"ProcessType eq 'Process'\""
OLD_ASSETS = "filter=\"ValueType ne 'Secret'\""
LISTS = {
    "Jobs.jobs_get": f"expand='Robot,Release,Machine', {OLD_PROCESSES}, {FOLDER}",
    "QueueItems.queue_items_get": f"expand='Robot,ReviewerUser', {FOLDER}",
    "QueueDefinitions.queue_definitions_get": FOLDER,
    "QueueDefinitions.queue_definitions_get_queues_across_folders": "",
    "QueueItemEvents.queue_item_events_get": FOLDER,
    "QueueItemComments.queue_item_comments_get": FOLDER,
    "Robots.robots_get": "expand='User,Environments'",
    "Robots.robots_get_configured_robots": "expand='User'",
    "Sessions.sessions_get": "expand='Robot'",
    "Sessions.sessions_get_global_sessions": "",
    "Machines.machines_get": "",
    "Releases.releases_get": f"expand='CurrentVersion,ReleaseVersions', {OLD_PROCESSES}, {FOLDER}",
    "Processes.processes_get": "",
    "Folders.folders_get": "",
    "Users.users_get": "expand='UserRoles,OrganizationUnits'",
    "Roles.roles_get": "expand='Permissions'",
    "Permissions.permissions_get": "",
    "Assets.assets_get": f"expand='UserValues,RobotValues', {FOLDER}",
    "Assets.assets_get_filtered": f"{OLD_ASSETS}, {FOLDER}",
    "Assets.assets_get_assets_across_folders": OLD_ASSETS,
    "RobotLogs.robot_logs_get": FOLDER,
    "Settings.settings_get": "",
    "QueueProcessingRecords.queue_processing_records_retrieve_queues_processing_status": FOLDER,
}


@pytest.fixture(scope="session")
def rest(
    pip: Callable[..., Path], server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Interpreter]:
    lines = (line.partition("=") for line in server.env("python").splitlines())
    settings = {name: value.strip('"') for name, _, value in lines}
    python = pip("rest", "uipath-orchestrator-rest==18.1", "setuptools<81")
    started = python_driver(python, PRELUDE, cwd=tmp_path_factory.mktemp("rest"), env=settings)
    yield started
    started.stop()


def ask(rest: Interpreter, call: str, *words: str, **names: Any) -> Any:
    api, _, method = call.partition(".")
    return rest(f"api('{api}').{method}({', '.join(filter(None, words))})", **names)


@pytest.mark.parametrize("call", LISTS)
def test_list(rest: Interpreter, call: str) -> None:
    assert ask(rest, call, LISTS[call], "top=1000", "count=True")["value"]


@pytest.mark.parametrize("count", ["True", "False"])
def test_count_in_capitals(rest: Interpreter, count: str) -> None:
    assert len(ask(rest, "Machines.machines_get", "top=2", f"count={count}")["value"]) == 2


@pytest.mark.parametrize(
    "call",
    [
        f"QueueDefinitions.queue_definitions_get_by_id(1, {FOLDER})",
        "Robots.robots_get_by_id(1)",
        "Machines.machines_get_by_id(1)",
        f"Releases.releases_get_by_id(1, {FOLDER})",
        "Folders.folders_get_by_id(1)",
        "Users.users_get_by_id(1)",
        "Users.users_get_current_user()",
        "Users.users_get_current_permissions()",
        "Roles.roles_get_by_id(1)",
        f"Assets.assets_get_by_id(1, {FOLDER})",
        "Settings.settings_get_by_id('Abp.Timing.TimeZone')",
        "Status.status_get()",
        "Processes.processes_get_process_versions_by_processid('DailyReport')",
        "FoldersNavigation.folders_navigation_get_folders_for_current_user()",
        f"Robots.robots_get_robots_for_process_by_processid('1', {FOLDER})",
    ],
)
def test_one(rest: Interpreter, call: str) -> None:
    api, _, method = call.partition(".")
    rest(f"api('{api}').{method}")  # raises where a member that it requires is missing


def test_sign_in(rest: Interpreter) -> None:
    body = {
        "tenancyName": "Default",
        "usernameOrEmailAddress": "admin",
        "password": "concertmaster",
    }
    assert ask(rest, "Account.account_authenticate", "body=body", body=body)["success"] is True


def test_job_from_start_to_stop(rest: Interpreter) -> None:
    body = {
        "startInfo": {"ReleaseName": "DailyReport", "Strategy": "ModernJobsCount", "JobsCount": 2}
    }
    started = ask(rest, "Jobs.jobs_start_jobs", "body=body", FOLDER, body=body)["value"]
    assert [job["state"] for job in started] == ["Pending", "Pending"]
    body = {"jobIds": [job["id"] for job in started], "strategy": "2"}
    ask(rest, "Jobs.jobs_stop_jobs", "body=body", FOLDER, body=body)
    again = ask(rest, "Jobs.jobs_get_by_id", "key", FOLDER, key=started[0]["id"])
    assert again["state"] == "Stopped"


def test_item_from_new_to_done(rest: Interpreter) -> None:
    body: dict[str, Any] = {"itemData": {"Name": "Work", "SpecificContent": {"n": 1}}}
    added = ask(rest, "Queues.queues_add_queue_item", "body=body", FOLDER, body=body)
    assert added["status"] == "New"
    body = {"transactionData": {"Name": "Work"}}
    taken = ask(rest, "Queues.queues_start_transaction", "body=body", FOLDER, body=body)
    assert taken["status"] == "InProgress"
    body = {"transactionResult": {"IsSuccessful": True}}
    ask(
        rest, "Queues.queues_set_transaction_result_by_id", "key", "body=body", FOLDER,
        key=taken["id"], body=body,
    )  # fmt: skip
    done = ask(rest, "QueueItems.queue_items_get_by_id", "key", FOLDER, key=taken["id"])
    assert done["status"] == "Successful"


def test_error(rest: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        ask(rest, "Jobs.jobs_get_by_id", "999999", FOLDER)
    assert failure.value.status == 404
    assert '"errorCode":1002' in failure.value.text
