"""Every call that official clients were recorded to make gets an answer they can go on with.

That is one with the members they read, an error in the shape they parse, or an honest 501.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from clients.recorded import (
    PYTHON,
    PYTHON_HEADERS,
    TRACE_ID,
    TYPESCRIPT,
    TYPESCRIPT_HEADERS,
    Recorded,
)
from clients.running import ROBOT_KEY, SCENARIO

if TYPE_CHECKING:
    from conftest import Client, StandIn, Start

START_JOBS = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"
ME = "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentUserExtended"


@pytest.fixture(scope="module")
def tenant(start_stand_in: "Start") -> "StandIn":
    return start_stand_in(str(SCENARIO))


@pytest.fixture(scope="module")
def bucket(tenant: "StandIn") -> Any:
    """A bucket with a file in it."""
    client = tenant.client(folder="Shared")
    body = {"Name": "b", "Identifier": "00000000-0000-0000-0000-00000000000b"}
    made = client.ok("POST", "/odata/Buckets", 201, json=body)
    path = f"/odata/Buckets({made['Id']})/UiPath.Server.Configuration.OData.GetWriteUri?path=a.txt"
    tenant.http.put(client.ok("GET", path)["Uri"], content=b"a")
    return made


@pytest.fixture
def known(tenant: "StandIn", bucket: Any) -> Mapping[str, Any]:
    """What the placeholders of a recorded call stand for; a job and a transaction of its own."""
    client = tenant.client(folder="Shared")
    started = {"startInfo": {"ReleaseName": "DailyReport"}}
    (job,) = client.ok("POST", START_JOBS, 201, json=started)["value"]
    item = client.ok(
        "POST", "/odata/Queues/UiPathODataSvc.StartTransaction",
        json={"transactionData": {"Name": "Work", "SpecificContent": {"a": 1}}},
    )  # fmt: skip
    return {
        "bucket_id": bucket["Id"],
        "bucket_key": bucket["Identifier"],
        "unknown": "11111111-1111-1111-1111-111111111111",
        "robot_key": ROBOT_KEY,
        "tenant_key": tenant.tenant.key,
        "job_id": job["Id"],
        "job_key": job["Key"],
        "item_id": item["Id"],
        "item_key": item["Key"],
        "ended_job_id": _id_of(client, "Jobs", "ReleaseName eq 'Concierge' and State eq 'Faulted'"),
        "release_id": _id_of(client, "Releases", "Name eq 'MailTriage'"),
        "release_key": client.rows("/odata/Releases?$filter=Name eq 'MailTriage'")[0]["Key"],
        "asset_id": _id_of(client, "Assets", "Name eq 'Greeting'"),
        "queue_id": _id_of(client, "QueueDefinitions", "Name eq 'Work'"),
        "workspace_id": client.ok("GET", f"{ME}?$expand=PersonalWorkspace")["PersonalWorkspace"][
            "Id"
        ],
    }


def _id_of(client: "Client", entity_set: str, condition: str) -> int:
    found: int = client.rows(f"/odata/{entity_set}?$filter={condition}&$top=1")[0]["Id"]
    return found


def filled(said: Any, known: Mapping[str, Any]) -> Any:
    """The same with `<name>` replaced; a text that is nothing else becomes the value itself."""
    if isinstance(said, dict):
        return {name: filled(value, known) for name, value in said.items()}
    if isinstance(said, list):
        return [filled(value, known) for value in said]
    if not isinstance(said, str):
        return said
    if whole := re.fullmatch(r"<(\w+)>", said):
        return known[whole[1]]
    return re.sub(r"<(\w+)>", lambda found: str(known[found[1]]), said)


def replay(
    tenant: "StandIn", known: Mapping[str, Any], call: Recorded, headers: Mapping[str, str]
) -> dict[str, Any]:
    """The JSON of the answer, once it is one that the client can read."""
    path = filled(call.path, known)
    sent = filled({**headers, **call.headers}, known)
    answer = tenant.client().request(
        call.method,
        path if path.startswith("/") else f"/acme/Default/orchestrator_/{path}",
        headers={name: str(value) for name, value in sent.items() if value != ""},
        **({} if call.body is None else {"json": filled(call.body, known)}),
    )
    assert answer.status_code == call.status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body: dict[str, Any] = answer.json()  # an empty answer would be no JSON: the clients parse all
    if call.status >= 400:
        assert {"message", "errorCode", "traceId"} <= set(body)
        assert call.says in body["message"]
        assert call.code in (None, body["errorCode"])
    for member in call.reads:
        check(body, member)
    return body


def check(body: dict[str, Any], path: str) -> None:
    """The member is there; `value/Id` is there in each of the rows, of which there are some."""
    outer, _, inner = path.partition("/")
    assert outer in body, path
    if inner:
        within = body[outer] if isinstance(body[outer], list) else [body[outer]]
        assert within, f"no rows: {path}"
        assert all(inner in row for row in within), path


@pytest.mark.parametrize("call", PYTHON, ids=lambda call: call.name)
def test_python(tenant: "StandIn", known: Mapping[str, Any], call: Recorded) -> None:
    replay(tenant, known, call, PYTHON_HEADERS)


@pytest.mark.parametrize("call", TYPESCRIPT, ids=lambda call: call.name)
def test_typescript(tenant: "StandIn", known: Mapping[str, Any], call: Recorded) -> None:
    body = replay(tenant, known, call, TYPESCRIPT_HEADERS)
    if call.status >= 400:  # it shows the trace to its user, who looks for it
        assert TRACE_ID in body["traceId"]
