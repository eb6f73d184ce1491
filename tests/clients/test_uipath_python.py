"""The official Python SDK, `uipath` from PyPI, unmodified, against a running server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.running import ROBOT_KEY, ClientError, Interpreter, Server, python_driver, run

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),  # installing takes its time
    pytest.mark.xdist_group("uipath"),
]

PRELUDE = """
import asyncio, uuid
from uipath.platform import UiPath
from uipath.platform.orchestrator import CommitType
sdk = UiPath()
"""
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="session")
def python(pip: Callable[..., Path]) -> Path:
    return pip("uipath", "uipath>=2.14")


@pytest.fixture(scope="session")
def settings(server: Server) -> dict[str, str]:
    """What `concertmaster env --for python` prints, read as the `.env` file it is meant for."""
    lines = (line.partition("=") for line in server.env("python").splitlines())
    return {name: value.strip('"') for name, _, value in lines}


@pytest.fixture(scope="session")
def sdk(
    python: Path, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Interpreter]:
    """The SDK with the settings that `concertmaster env` prints, and no others."""
    started = python_driver(python, PRELUDE, cwd=tmp_path_factory.mktemp("sdk"), env=settings)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def robot(
    python: Path, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Interpreter]:
    """The SDK as it runs inside a job: it knows the robot's key."""
    env = {**settings, "UIPATH_ROBOT_KEY": ROBOT_KEY}
    started = python_driver(python, PRELUDE, cwd=tmp_path_factory.mktemp("robot"), env=env)
    yield started
    started.stop()


@pytest.fixture
def other(
    python: Path, settings: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Interpreter]]:
    """The SDK with other settings: None takes one away."""
    started = []

    def start(**changed: str | None) -> Interpreter:
        env = {name: value for name, value in {**settings, **changed}.items() if value is not None}
        started.append(python_driver(python, PRELUDE, cwd=tmp_path, env=env))
        return started[-1]

    yield start
    for interpreter in started:
        interpreter.stop()


def test_env_prints_what_the_sdk_reads(settings: dict[str, str], server: Server) -> None:
    assert settings["UIPATH_URL"] == server.url
    assert settings["UIPATH_FOLDER_PATH"] == "Shared"
    assert {"UIPATH_ACCESS_TOKEN", "UIPATH_TENANT_ID", "UIPATH_ORGANIZATION_ID"} <= set(settings)


def test_command_line_reads_the_same_as_a_file(
    python: Path, server: Server, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(server.env("python"))
    command = (python.with_name("uipath"), "assets", "list", "--folder-path", "Shared")
    assert "Greeting" in run(*command, cwd=tmp_path)


# --- assets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        ("Greeting", "string_value", "Good day"),
        ("MaxRetries", "int_value", 3),
        ("DryRun", "bool_value", False),
    ],
)
@pytest.mark.parametrize("who", ["sdk", "robot"])
def test_asset(
    request: pytest.FixtureRequest, who: str, name: str, member: str, value: Any
) -> None:
    run_in = request.getfixturevalue(who)
    assert run_in("getattr(sdk.assets.retrieve(name), member)", name=name, member=member) == value


def test_asset_in_another_folder(sdk: Interpreter) -> None:
    assert sdk("sdk.assets.retrieve('FiscalYear', folder_path='Finance').int_value") == 2025


def test_asset_asynchronously(sdk: Interpreter) -> None:
    assert sdk("asyncio.run(sdk.assets.retrieve_async('Greeting')).value") == "Good day"


def test_credential_and_secret(robot: Interpreter) -> None:
    assert robot("sdk.assets.retrieve_credential('MailAccount')") == "pizzicato"
    assert robot("sdk.assets.retrieve('MailAccount').credential_username") == "robot@example.com"
    assert robot("sdk.assets.retrieve_secret('ApiToken')") == "legato-4711"


def test_robot_changes_what_it_reads(robot: Interpreter) -> None:
    robot(
        "sdk.assets.update(sdk.assets.retrieve('MaxRetries').model_copy(update={'int_value': 4}))"
    )
    assert robot("sdk.assets.retrieve('MaxRetries').int_value") == 4
    robot(
        "sdk.assets.update(sdk.assets.retrieve('MaxRetries').model_copy(update={'int_value': 3}))"
    )


def test_list_of_assets(sdk: Interpreter) -> None:
    names = sdk("[a.name for a in sdk.assets.list(orderby='Name').items]")
    assert names == sorted(names, key=str.lower)
    assert {"Greeting", "MaxRetries", "MailAccount", "ApiToken"} <= set(names)
    page = sdk("(lambda p: [len(p.items), p.has_more])(sdk.assets.list(top=5, skip=2))")
    assert page == [5, True]


def test_filtered_list_of_assets(sdk: Interpreter) -> None:
    kinds = sdk("[a.value_type for a in sdk.assets.list(filter=\"ValueType eq 'Text'\").items]")
    assert set(kinds) == {"Text"}
    assert sdk("sdk.assets.list(filter=\"startswith(Name,'greet')\").items[0].value") == "Good day"


def test_unknown_asset(robot: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        robot("sdk.assets.retrieve('Nothing')")
    assert failure.value.status == 404
    assert failure.value.code == "1002"
    assert failure.value.message
    assert failure.value.trace


def test_key_of_no_robot(other: Callable[..., Interpreter]) -> None:
    with pytest.raises(ClientError) as failure:
        other(UIPATH_ROBOT_KEY=UNKNOWN)("sdk.assets.retrieve('Greeting')")
    assert (failure.value.status, failure.value.code) == (409, "1302")


# --- queues ---------------------------------------------------------------------------------


def test_items_of_a_queue(sdk: Interpreter) -> None:
    rows = sdk("sdk.queues.list_items('CustomerRequests')")["value"]
    assert len(rows) > 100
    assert {"Id", "Key", "Status", "SpecificContent", "Reference"} <= set(rows[0])
    assert {row["QueueDefinitionId"] for row in rows} == {rows[0]["QueueDefinitionId"]}
    assert sdk("sdk.queues.list_items('NoSuchQueue')['value']") == []


def test_new_item(sdk: Interpreter) -> None:
    item = {
        "Name": "Work", "Priority": "High", "Reference": "new-1",
        "SpecificContent": {"amount": 70, "who": "Ann", "open": True, "rate": 0.5},
        "DueDate": "2031-05-06T07:08:09Z",
    }  # fmt: skip
    made = sdk("sdk.queues.create_item(item)", item=item)
    assert made["Status"] == "New"
    assert made["Priority"] == "High"
    assert made["Reference"] == "new-1"
    assert made["SpecificContent"] == item["SpecificContent"]
    assert made["DueDate"] == "2031-05-06T07:08:09Z"
    assert made["Id"] in [row["Id"] for row in sdk("sdk.queues.list_items('Work')")["value"]]


def test_new_items(sdk: Interpreter) -> None:
    items = [{"Name": "Work", "SpecificContent": {"n": n}} for n in range(3)]
    code = "sdk.queues.create_items(items, 'Work', CommitType.PROCESS_ALL_INDEPENDENTLY)"
    made = sdk(code, items=items)
    assert made["Success"] is True
    assert made["FailedItems"] == []


def test_some_of_several_items_fail(sdk: Interpreter) -> None:
    items = [{"Name": "Unique", "Reference": reference} for reference in ("a", "b", "a")]
    code = "sdk.queues.create_items(items, 'Unique', CommitType.PROCESS_ALL_INDEPENDENTLY)"
    made = sdk(code, items=items)
    assert made["Success"] is False
    assert [row["Ordinal"] for row in made["FailedItems"]] == [3]
    assert len(sdk("sdk.queues.list_items('Unique')")["value"]) == 2


def test_all_or_nothing(sdk: Interpreter) -> None:
    items = [{"Name": "Unique", "Reference": reference} for reference in ("x", "x")]
    made = sdk("sdk.queues.create_items(items, 'Unique', CommitType.ALL_OR_NOTHING)", items=items)
    assert made["Success"] is False
    references = [row["Reference"] for row in sdk("sdk.queues.list_items('Unique')")["value"]]
    assert "x" not in references


def test_reference_taken(sdk: Interpreter) -> None:
    sdk("sdk.queues.create_item({'Name': 'Unique', 'Reference': 'once'})")
    with pytest.raises(ClientError) as failure:
        sdk("sdk.queues.create_item({'Name': 'Unique', 'Reference': 'once'})")
    assert failure.value.status == 409
    assert failure.value.code


@pytest.fixture
def transaction(robot: Interpreter) -> dict[str, Any]:
    """An item of its own, on the robot."""
    item = {"Name": "Work", "SpecificContent": {"amount": 1}, "Reference": "mine"}
    started: dict[str, Any] = robot("sdk.queues.create_transaction_item(item)", item=item)
    return started


def read_again(sdk: Interpreter, item: dict[str, Any]) -> dict[str, Any]:
    rows = sdk("sdk.queues.list_items('Work')")["value"]
    return next(row for row in rows if row["Id"] == item["Id"])


@pytest.mark.parametrize("member", ["Key", "Id"])
def test_transaction(robot: Interpreter, transaction: dict[str, Any], member: str) -> None:
    assert transaction["Status"] == "InProgress"
    assert transaction["SpecificContent"] == {"amount": 1}
    robot(
        "sdk.queues.update_progress_of_transaction_item(key, 'half of it')",
        key=transaction[member],
    )
    assert read_again(robot, transaction)["Progress"] == "half of it"
    result = {"IsSuccessful": True, "Output": {"total": 3}}
    answer = robot(
        "sdk.queues.complete_transaction_item(key, result)", key=transaction[member], result=result
    )
    assert answer == {}
    done = read_again(robot, transaction)
    assert done["Status"] == "Successful"
    assert done["Output"] == {"total": 3}


def test_transaction_fails_and_comes_again(robot: Interpreter, transaction: dict[str, Any]) -> None:
    result = {
        "IsSuccessful": False,
        "ProcessingException": {"Reason": "No ink", "Type": "ApplicationException"},
    }
    robot(
        "sdk.queues.complete_transaction_item(key, result)", key=transaction["Key"], result=result
    )
    failed = read_again(robot, transaction)
    assert failed["Status"] == "Retried"
    assert failed["ProcessingException"]["Reason"] == "No ink"
    again = [
        row
        for row in robot("sdk.queues.list_items('Work')")["value"]
        if row["AncestorId"] == failed["Id"]
    ]
    assert [row["RetryNumber"] for row in again] == [1]


def test_transaction_ends_once(robot: Interpreter, transaction: dict[str, Any]) -> None:
    finish = "sdk.queues.complete_transaction_item(key, {'IsSuccessful': True})"
    robot(finish, key=transaction["Key"])
    with pytest.raises(ClientError) as failure:
        robot(finish, key=transaction["Key"])
    assert 400 <= (failure.value.status or 0) < 500
    assert failure.value.message


def test_transaction_of_no_robot(sdk: Interpreter) -> None:
    started = sdk("sdk.queues.create_transaction_item({'Name': 'CustomerRequests'}, no_robot=True)")
    assert started["Status"] == "InProgress"


def test_transaction_of_an_empty_queue(sdk: Interpreter) -> None:
    """204, as the real product answers; the SDK (2.14) parses what is not there."""
    with pytest.raises(ClientError) as failure:
        sdk("sdk.queues.create_transaction_item({'Name': 'Empty'}, no_robot=True)")
    assert failure.value.type == "JSONDecodeError"


@pytest.mark.parametrize(
    "code",
    [
        "sdk.queues.create_item({'Name': 'NoSuchQueue'})",
        "sdk.queues.create_transaction_item({'Name': 'NoSuchQueue'}, no_robot=True)",
        "sdk.queues.update_progress_of_transaction_item(unknown, '1')",
        "sdk.queues.complete_transaction_item(unknown, {'IsSuccessful': True})",
    ],
)
def test_unknown_queue_or_item(sdk: Interpreter, code: str) -> None:
    with pytest.raises(ClientError) as failure:
        sdk(code, unknown=UNKNOWN)
    assert (failure.value.status, failure.value.code) == (404, "1002")
    assert "does not exist" in (failure.value.message or "")


# --- processes and jobs ---------------------------------------------------------------------


def test_start_by_name(sdk: Interpreter) -> None:
    job = sdk("sdk.processes.invoke('DailyReport')")
    assert job["state"] == "Pending"
    assert job["key"]
    assert sdk("sdk.jobs.retrieve(key).id", key=job["key"]) == job["id"]


def test_start_with_arguments(sdk: Interpreter) -> None:
    job = sdk("sdk.processes.invoke('MailTriage', {'Mailbox': 'orders@example.com'})")
    assert job["input_arguments"] == '{"Mailbox": "orders@example.com"}'


def test_start_in_another_folder(sdk: Interpreter) -> None:
    job = sdk("sdk.processes.invoke('InvoiceApproval', folder_path='Finance/Invoices')")
    assert sdk("sdk.jobs.retrieve(key, folder_path='Finance/Invoices').state", key=job["key"])


def test_start_what_is_not_there(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("sdk.processes.invoke('NoSuchProcess')")
    assert (failure.value.status, failure.value.code) == (404, "1002")
    assert failure.value.message


def test_start_with_arguments_that_do_not_fit(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("sdk.processes.invoke('MailTriage', {'Colour': 'blue'})")
    assert 400 <= (failure.value.status or 0) < 500
    assert failure.value.message


def test_list_of_jobs(sdk: Interpreter) -> None:
    jobs = sdk(
        "sdk.jobs.list(filter=\"State eq 'Successful'\", orderby='CreationTime desc', top=5).items"
    )
    assert [job["state"] for job in jobs] == ["Successful"] * 5
    made = [job["creation_time"] for job in jobs]
    assert made == sorted(made, reverse=True)


def test_pages_of_jobs(sdk: Interpreter) -> None:
    pages = sdk("[[j.id for j in sdk.jobs.list(skip=n, top=10).items] for n in (0, 10)]")
    assert len({*pages[0], *pages[1]}) == 20


def test_output_of_a_job(sdk: Interpreter) -> None:
    done = "ReleaseName eq 'MailTriage' and State eq 'Successful'"
    key = sdk("sdk.jobs.list(filter=done, top=1).items[0].key", done=done)
    assert "Sorted" in sdk("sdk.jobs.extract_output(sdk.jobs.retrieve(key))", key=key)


def test_stop_and_restart(sdk: Interpreter) -> None:
    key = sdk("sdk.processes.invoke('DailyReport').key")
    assert sdk("sdk.jobs.stop(job_keys=[key])", key=key) is None
    assert sdk("sdk.jobs.retrieve(key).state", key=key) == "Stopped"
    again = sdk("sdk.jobs.restart(job_key=key)", key=key)
    assert again["state"] == "Pending"
    assert again["key"] != key


def test_unknown_job(sdk: Interpreter) -> None:
    assert sdk("sdk.jobs.exists(key)", key=UNKNOWN) is False
    for code in ("sdk.jobs.retrieve(key)", "sdk.jobs.stop(job_keys=[key])"):
        with pytest.raises(ClientError) as failure:
            sdk(code, key=UNKNOWN)
        assert failure.value.type == "LookupError"  # which the SDK makes of a 404, or of no rows


# --- folders, and who may -------------------------------------------------------------------


def test_key_of_a_folder(sdk: Interpreter) -> None:
    assert sdk("sdk.folders.retrieve_key(folder_path='Finance/Invoices')")
    assert sdk("sdk.folders.retrieve_key(folder_path='Nowhere')") is None


def test_folder_by_its_key(sdk: Interpreter, other: Callable[..., Interpreter]) -> None:
    key = sdk("sdk.folders.retrieve_key(folder_path='Finance/Invoices')")
    # With UIPATH_FOLDER_PATH set the SDK would send path and key, and a path goes first.
    by_key = other(UIPATH_FOLDER_PATH=None, UIPATH_FOLDER_KEY=key)
    assert by_key("sdk.assets.retrieve('InvoiceInbox').value") == "invoices@example.com"
    nowhere = other(UIPATH_FOLDER_PATH=None)
    given = nowhere("sdk.assets.retrieve('InvoiceInbox', folder_key=key).value", key=key)
    assert given == "invoices@example.com"


def test_no_folder(other: Callable[..., Interpreter]) -> None:
    with pytest.raises(ClientError) as failure:
        other(UIPATH_FOLDER_PATH=None)("sdk.assets.list()")
    assert (failure.value.status, failure.value.code) == (400, "1101")


def test_personal_workspace(sdk: Interpreter) -> None:
    assert sdk("sdk.folders.get_personal_workspace()")["fully_qualified_name"]


def test_unknown_folder(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("sdk.assets.list(folder_path='Nowhere')")
    assert (failure.value.status, failure.value.code) == (400, "1100")


def test_forged_token(settings: dict[str, str], other: Callable[..., Interpreter]) -> None:
    forged = settings["UIPATH_ACCESS_TOKEN"][:-8] + "AAAAAAAA"
    with pytest.raises(ClientError) as failure:
        other(UIPATH_ACCESS_TOKEN=forged)("sdk.assets.list()")
    assert failure.value.status == 401


def test_what_is_not_built_says_so(sdk: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        sdk("sdk.tasks.retrieve('x')")
    assert failure.value.status == 501
    assert "GenericTasks_GetTaskDataByKey" in (failure.value.message or "")
