"""The official TypeScript SDK from npm, unmodified, against a running server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clients.running import ClientError, Interpreter, Server, node_driver

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),  # installing takes its time
    pytest.mark.xdist_group("uipath-typescript"),
]

#: What `concertmaster env --for typescript` prints goes into the place of the constructor.
PRELUDE = """
const of = (part) => load('@uipath/uipath-typescript/' + part);
const [{ UiPath }, { Jobs }, { Assets }, { Queues }, { Processes }, { Buckets }, { Tasks }] =
  await Promise.all(['core', 'jobs', 'assets', 'queues', 'processes', 'buckets', 'tasks'].map(of));
const sdk = CONSTRUCTOR;
await sdk.initialize();
return {
  jobs: new Jobs(sdk), assets: new Assets(sdk), queues: new Queues(sdk),
  processes: new Processes(sdk), buckets: new Buckets(sdk), tasks: new Tasks(sdk),
};
"""
VERSION = "@uipath/uipath-typescript@1.3.8"
SHARED = 1
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="session")
def sdk(npm: Callable[..., Path], server: Server) -> Iterator[Interpreter]:
    home = npm("uipath", VERSION)
    prelude = PRELUDE.replace("CONSTRUCTOR", server.env("typescript"))
    started = node_driver(home, prelude, env={})
    yield started
    started.stop()


# --- jobs -----------------------------------------------------------------------------------


def test_jobs_of_a_folder(sdk: Interpreter) -> None:
    found = sdk("jobs.getAll({ folderId: 1 })")
    assert found["totalCount"] == len(found["items"]) > 50
    assert {"id", "key", "state", "createdTime", "processName", "folderId", "packageType"} <= set(
        found["items"][0]
    )


def test_pages_of_jobs(sdk: Interpreter) -> None:
    first = sdk("jobs.getAll({ folderId: 1, pageSize: 5 })")
    assert len(first["items"]) == 5
    assert first["hasNextPage"] is True
    second = sdk("jobs.getAll({ folderId: 1, pageSize: 5, cursor })", cursor=first["nextCursor"])
    ids = [job["id"] for page in (first, second) for job in page["items"]]
    assert len(set(ids)) == 10
    assert second["currentPage"] == 2
    assert second["totalCount"] == first["totalCount"]
    last = sdk(
        "jobs.getAll({ folderId: 1, pageSize: 50, jumpToPage: n })", n=first["totalPages"] // 10 + 1
    )
    assert last["hasNextPage"] is False


def test_names_of_the_sdk_in_a_query(sdk: Interpreter) -> None:
    asked = {
        "folderId": SHARED,
        "filter": "State eq 'Faulted' and packageType eq 'Agent'",
        "orderby": "createdTime desc",
        "pageSize": 2,
    }
    found = sdk("jobs.getAll(asked)", asked=asked)
    assert found["totalCount"] == 3
    assert {job["packageType"] for job in found["items"]} == {"Agent"}
    made = [job["createdTime"] for job in found["items"]]
    assert made == sorted(made, reverse=True)
    assert sdk("jobs.getAll({ folderId: 1, filter: \"processName eq 'Concierge'\" })")["items"]


def test_output_of_a_job(sdk: Interpreter) -> None:
    done = "processName eq 'MailTriage' and state eq 'Successful'"
    (job,) = sdk("jobs.getAll({ folderId: 1, filter, pageSize: 1 })", filter=done)["items"]
    assert set(sdk("jobs.getOutput(key, 1)", key=job["key"])) == {"Sorted"}


def test_stop_and_restart(sdk: Interpreter) -> None:
    (job,) = sdk("processes.start({ processName: 'DailyReport' }, 1)")
    sdk("jobs.stop([key], 1)", key=job["key"])
    assert sdk("jobs.getById(key, 1)", key=job["key"])["state"] == "Stopped"
    again = sdk("jobs.restart(key, 1)", key=job["key"])
    assert again["state"] == "Pending"
    assert again["key"] != job["key"]


def test_unknown_job(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("jobs.getById(key, 1)", key=UNKNOWN)
    assert failure.value.type == "NotFoundError"
    assert failure.value.status == 404
    assert "does not exist" in failure.value.text


def test_folder_given_as_an_object(sdk: Interpreter) -> None:
    """1.3.8 takes a number; what newer code passes arrives as `[object Object]`."""
    with pytest.raises(ClientError) as failure:
        sdk("jobs.getById(key, { folderId: 1 })", key=UNKNOWN)
    assert failure.value.type == "ValidationError"
    assert failure.value.status == 400


# --- assets and queues ----------------------------------------------------------------------


def test_assets(sdk: Interpreter) -> None:
    everywhere = {asset["name"] for asset in sdk("assets.getAll()")["items"]}
    shared = {asset["name"] for asset in sdk("assets.getAll({ folderId: 1 })")["items"]}
    assert shared < everywhere
    assert "FiscalYear" in everywhere - shared


def test_asset(sdk: Interpreter) -> None:
    filtered = sdk("assets.getAll({ folderId: 1, filter: \"name eq 'Greeting'\" })")
    (asset,) = filtered["items"]
    assert filtered["totalCount"] == 1
    assert sdk("assets.getById(id, 1)", id=asset["id"])["value"] == "Good day"
    by_path = sdk("assets.getByName('Greeting', { folderPath: 'Shared' })")
    assert by_path["id"] == asset["id"]
    with pytest.raises(ClientError) as failure:
        sdk("assets.getByName('Nothing', { folderId: 1 })")
    assert failure.value.type == "NotFoundError"


def test_queues(sdk: Interpreter) -> None:
    everywhere = {queue["name"] for queue in sdk("queues.getAll()")["items"]}
    assert {"CustomerRequests", "Invoices", "NewHires"} <= everywhere
    found = sdk("queues.getAll({ folderId: 1, filter: \"name eq 'Work'\", pageSize: 5 })")
    (queue,) = found["items"]
    assert sdk("queues.getById(id, 1)", id=queue["id"])["name"] == "Work"
    assert queue["folderId"] == SHARED


# --- processes ------------------------------------------------------------------------------


def test_processes(sdk: Interpreter) -> None:
    found = sdk("processes.getAll({ folderId: 1, expand: 'robot' })")  # as its own example has it
    assert {"DailyReport", "MailTriage"} <= {process["name"] for process in found["items"]}
    process = found["items"][0]
    assert {"id", "key", "packageKey", "packageVersion", "packageType", "folderId"} <= set(process)
    assert sdk("processes.getById(id, 1)", id=process["id"])["name"] == process["name"]
    by_name = sdk("processes.getByName('MailTriage', { folderPath: 'Shared' })")
    assert by_name["packageKey"] == "MailTriage"


@pytest.mark.parametrize("by", ["processKey", "processName"])
def test_start(sdk: Interpreter, by: str) -> None:
    process = sdk("processes.getByName('MailTriage', { folderId: 1 })")
    asked = {
        by: process["key" if by == "processKey" else "name"],
        "inputArguments": '{"Mailbox":"orders@example.com"}',
    }
    (job,) = sdk("processes.start(asked, 1)", asked=asked)
    assert job["state"] == "Pending"
    assert job["inputArguments"] == '{"Mailbox":"orders@example.com"}'


def test_start_what_is_not_there(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("processes.start({ processName: 'NoSuchProcess' }, 1)")
    assert failure.value.status == 404


def test_what_is_not_built_says_so(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("tasks.getAll()")
    assert failure.value.status == 501
    assert "Tasks" in failure.value.text
