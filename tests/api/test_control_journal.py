"""`/_control/journal`: what was asked, what became of it, and hints why it failed."""

from collections.abc import Iterator
from typing import Any

import pytest

from stand_in import Client, StandIn, Start

JOURNAL = "/_control/journal"
QUEUES = "/odata/QueueDefinitions"
ADD = "/odata/Queues/UiPathODataSvc.AddQueueItem"


@pytest.fixture
def noted(client: Client) -> Iterator[Client]:
    """The administrator, with nothing in the journal."""
    client.token = client.stand_in.token()  # type: ignore[attr-defined]
    client.ok("DELETE", JOURNAL, 204)
    yield client
    client.ok("DELETE", JOURNAL, 204)


def journal(client: Client, **asked: Any) -> list[dict[str, Any]]:
    return client.rows(JOURNAL, params=asked)


def count(client: Client, **asked: Any) -> int:
    return int(client.ok("GET", f"{JOURNAL}/count", params=asked)["count"])


# --- entries --------------------------------------------------------------------------------


def test_an_entry(noted: Client) -> None:
    noted.get("/odata/Jobs?$top=2&$filter=State eq 'Faulted'")
    (entry,) = journal(noted)
    assert entry.pop("at").startswith("20")
    assert 0 < entry.pop("ms") < 10_000
    assert entry == {
        "method": "GET", "path": "/odata/Jobs", "status": 200, "operation": "Jobs_Get",
        "query": {"$top": "2", "$filter": "State eq 'Faulted'"},
        "hint": None, "fault": None, "ignored": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "below", "operation"),
    [
        ("GET", "/odata/Jobs(1)", "/odata/Jobs(1)", "Jobs_GetById"),
        ("GET", "/acme/Default/orchestrator_/odata/Jobs", "/odata/Jobs", "Jobs_Get"),
        ("GET", "/ACME/default/ODATA/jobs", "/ODATA/jobs", "Jobs_Get"),
        ("GET", "/odata/Assets('%C3%A4')", "/odata/Assets('ä')", "Assets_GetById"),
        ("HEAD", "/odata/Jobs", "/odata/Jobs", "Jobs_Get"),
        ("POST", ADD, ADD, "Queues_AddQueueItem"),
        ("GET", "/API/status/get", "/API/status/get", "Status_Get"),
        ("GET", "/identity_/.well-known/openid-configuration",
         "/identity_/.well-known/openid-configuration", "identity_Discovery"),
        ("GET", "/odata/Nonsense", "/odata/Nonsense", None),
        ("GET", "/nowhere/at/all", "/nowhere/at/all", None),
    ],
)  # fmt: skip
def test_every_kind_of_call(
    noted: Client, method: str, path: str, below: str, operation: str | None
) -> None:
    answer = noted.request(method, path)
    (entry,) = journal(noted)
    assert (entry["method"], entry["path"]) == (method, below)
    assert entry["status"] == answer.status_code
    assert entry["operation"] == operation


def test_options_given_twice_and_in_utf8(noted: Client) -> None:
    noted.get("/odata/Jobs?a=1&a=2&a=&b=%C3%A4+b&c")
    (entry,) = journal(noted)
    assert entry["query"] == {"a": ["1", "2", ""], "b": "ä b", "c": ""}


def test_neither_controls_nor_health(noted: Client) -> None:
    for path in ("/_control/robots", "/_Control/faults", "/health/live", "/health/ready"):
        noted.get(path)
    assert journal(noted) == []


def test_no_secret_is_kept(noted: Client) -> None:
    noted.post("/api/Account/Authenticate", {"password": "unlikely-secret"})
    text = noted.get(JOURNAL).text
    assert "unlikely-secret" not in text
    assert noted.headers["authorization"].split()[1] not in text


def test_a_request_that_was_made_to_fail(noted: Client) -> None:
    noted.get("/odata/Jobs", headers={"x-concertmaster-fault": "503"})
    number = noted.ok("POST", "/_control/faults", 201, json={"status": 500, "times": 1})["id"]
    noted.get("/odata/Jobs")
    noted.ok("DELETE", "/_control/faults", 204)
    assert [(e["status"], e["fault"]) for e in journal(noted)] == [
        (503, "header"),
        (500, f"{number}"),
    ]
    assert [entry["hint"] for entry in journal(noted)] == [
        "made to fail by the request header", f"made to fail by fault {number}",
    ]  # fmt: skip


# --- finding and counting -------------------------------------------------------------------


@pytest.fixture
def some(noted: Client) -> Client:
    noted.get("/odata/Jobs?$top=1")
    noted.get("/odata/Jobs(999999)")
    noted.get("/odata/Assets?$top=1")
    noted.post(ADD, {"itemData": {"Name": "CustomerRequests"}})
    noted.get("/odata/Tasks")
    return noted


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ({}, [200, 404, 200, 201, 501]),
        ({"method": "post"}, [201]),
        ({"path": "/odata/Jobs"}, [200, 404]),
        ({"path": "/acme/Default/odata/Jobs"}, [200, 404]),
        ({"path": "*QueueItem"}, [201]),
        ({"path": "/api"}, []),
        ({"status": "404"}, [404]),
        ({"status": "4xx"}, [404]),
        ({"status": "2XX"}, [200, 200, 201]),
        ({"status": "none"}, []),
        ({"operation": "jobs_get"}, [200]),
        ({"method": "GET", "path": "/odata/Jobs", "status": "200"}, [200]),
        ({"since": "2001-01-01"}, [200, 404, 200, 201, 501]),
        ({"since": "2999-01-01T00:00:00Z"}, []),
    ],
)
def test_what_fits(some: Client, asked: dict[str, str], statuses: list[int]) -> None:
    assert [entry["status"] for entry in journal(some, **asked)] == statuses
    assert count(some, **asked) == len(statuses)


def test_the_last_ones(some: Client) -> None:
    assert [entry["status"] for entry in journal(some, limit=2)] == [201, 501]
    assert journal(some, limit=0) == []
    assert len(journal(some, limit=10**6)) == 5


def test_since_an_entry(some: Client) -> None:
    third = journal(some)[2]["at"]
    assert [entry["status"] for entry in journal(some, since=third)] == [200, 201, 501]


@pytest.mark.parametrize(
    "asked", [{"status": "4x"}, {"status": "x"}, {"since": "soon"}, {"limit": "-1"}, {"limit": "x"}]
)
def test_questions_that_are_refused(noted: Client, asked: dict[str, str]) -> None:
    answer = noted.get(JOURNAL, params=asked)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_forgotten(some: Client) -> None:
    some.ok("DELETE", JOURNAL, 204)
    assert count(some) == 0
    assert some.rows(f"{JOURNAL}/unbuilt") == []


def test_what_is_not_built(some: Client) -> None:
    some.get("/odata/Tasks")
    some.get("/odata/Tasks", headers={"x-concertmaster-fault": "501"})  # nobody's wish
    (missed,) = some.rows(f"{JOURNAL}/unbuilt")
    assert missed.pop("lastAt")
    assert missed == {"operation": "Tasks_Get", "method": "GET", "path": "/odata/Tasks", "count": 2}


def test_for_administrators(demo: StandIn) -> None:
    for method, path in (("GET", ""), ("GET", "/count"), ("GET", "/unbuilt"), ("DELETE", "")):
        assert demo.http.request(method, JOURNAL + path).status_code == 401


def test_as_many_as_the_setting_says(start_stand_in: Start) -> None:
    few = start_stand_in("empty", journal_size=3).client()
    for number in range(5):
        few.get(f"/odata/Roles?$top={number}")
    assert [entry["query"]["$top"] for entry in journal(few)] == ["2", "3", "4"]


def test_turned_off(start_stand_in: Start) -> None:
    off = start_stand_in("empty", journal_size=0).client()
    assert "x-concertmaster-hint" not in off.get("/odata/Nonsense").headers
    assert off.get("/odata/Roles", headers={"x-concertmaster-fault": "503"}).status_code == 503
    assert journal(off) == []


def test_of_one_tenant(fresh: StandIn) -> None:
    fresh.registry.create("acme", "other", "empty")
    client = fresh.client()
    client.ok("DELETE", JOURNAL, 204)
    fresh.http.get("/acme/other/api/Status/Get")
    assert journal(client) == []


# --- what was ignored -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "ignored"),
    [
        ("GET", "/odata/Jobs?colour=red", None, ["option colour"]),
        ("POST", QUEUES, {"Name": "ignored-1", "Colour": 1, "a@b": 2}, ["member Colour"]),
        ("POST", ADD, {"itemData": {"Name": "CustomerRequests"}, "x": 1}, ["member x"]),
        ("GET", "/odata/Jobs", None, []),
    ],
)  # fmt: skip
def test_what_nobody_declared(
    noted: Client, method: str, path: str, body: Any, ignored: list[str]
) -> None:
    assert noted.request(method, path, json=body).status_code < 300
    (entry,) = journal(noted)
    assert entry["ignored"] == ignored


def test_headers_that_mean_nothing(noted: Client) -> None:
    noted.get("/odata/Jobs", headers={"X-UIPATH-Colour": "red", "Sec-Fetch-Mode": "cors"})
    (entry,) = journal(noted)
    assert entry["ignored"] == ["header x-uipath-colour"]


# --- hints ----------------------------------------------------------------------------------

FOLDER = "x-uipath-folderpath"


def hint(client: Client, method: str, path: str, **words: Any) -> str:
    """The hint of a refused request: the same in the header and in the journal."""
    answer = client.request(method, path, **words)
    assert answer.status_code >= 400
    noted: str = journal(client)[-1]["hint"]
    plain = noted.encode("ascii", "backslashreplace").decode()
    assert answer.headers["x-concertmaster-hint"] == plain
    return noted


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/odata/Job", None, 'no entity set "Job"; did you mean Jobs?'),
        ("GET", "/odata/Zzzzzz", None, 'no entity set "Zzzzzz"'),
        ("GET", "/odata/Jobs(1)/Robott", None, 'Jobs has no "Robott"; did you mean Robot?'),
        ("POST", "/odata/Jobs/StartJob", {}, 'Jobs has no "StartJob"; did you mean UiPath.'),
        ("GET", "/odata/Jobs?$filter=Stat eq 1", None, 'no "Stat"; did you mean "State"?'),
        ("GET", "/odata/Jobs?$select=Statee", None, 'no "Statee"; did you mean "State"?'),
        ("GET", "/odata/Jobs?$orderby=Idd", None, 'no "Idd"; did you mean "Id"?'),
        ("GET", "/odata/Jobs(999999)", None, "there is no Job with Id 999999 in any folder"),
        ("GET", "/odata/Roles(999999)", None, "there is no Role with Id 999999"),
        ("POST", QUEUES, {"Nmae": "a"}, '"Nmae" was ignored; did you mean "Name"?'),
        ("POST", ADD, {"itemData": {"Name": "Customers"}}, 'did you mean "CustomerRequests"?'),
        ("DELETE", "/odata/Jobs(1)", None, "DELETE is not answered here; GET is"),
        ("GET", "/odata/Tasks", None, "the real product knows Tasks_Get; it is not built here yet"),
        ("GET", "/api/Status/Gett", None, "did you mean /api/Status/Get?"),
        ("GET", "/api/Jobs", None, "did you mean /odata/Jobs?"),
        ("GET", "/acme/Defualt/odata/Jobs", None, '"acme/Defualt"; did you mean "acme/Default"?'),
        ("GET", "/acme/Default/Jobs", None, "sets lie below /odata: did you mean odata/Jobs?"),
        ("GET", "/a/b/c", None, "paths begin with /organization/tenant/odata or api"),
    ],
)  # fmt: skip
def test_why(noted: Client, method: str, path: str, body: Any, said: str) -> None:
    assert said in hint(noted, method, path, json=body)


def test_the_row_lies_in_another_folder(noted: Client) -> None:
    queue = noted.ok("POST", QUEUES, 201, json={"Name": "Elsewhere"}, headers={FOLDER: "Finance"})
    said = f'QueueDefinition {queue["Id"]} exists in folder "Finance"'
    assert hint(noted, "GET", f"{QUEUES}({queue['Id']})") == said
    said = 'QueueDefinition "Elsewhere" exists in folder "Finance"'
    assert hint(noted, "POST", ADD, json={"itemData": {"Name": "Elsewhere"}}) == said


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({FOLDER: "Sahred"}, 'no folder "Sahred"; did you mean "Shared"?'),
        ({FOLDER: "Invoices"}, 'did you mean "Finance/Invoices"?'),
        ({FOLDER: "Zzzzzz"}, 'x-uipath-folderpath names no folder: "Zzzzzz" (there are "Finance"'),
        ({FOLDER: "", "x-uipath-organizationunitid": "77"}, 'names no folder: "77"'),
        ({FOLDER: ""}, 'no folder header: send X-UIPATH-FolderPath with one of "Finance"'),
        ({FOLDER: "B\xfcro".encode()}, 'names no folder: "B\xfcro"'),
    ],
)
def test_why_no_folder(noted: Client, headers: dict[str, Any], said: str) -> None:
    assert said in hint(noted, "GET", QUEUES, headers=headers)


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        ("", "no Authorization header"),
        ("Bearer", "the Authorization header has no token"),
        ("Basic abc", "'Basic' is no scheme of Orchestrator"),
        ("Bearer abc", "the token is neither a JWT"),
        ("UiRobot abc", "no robot has this key"),
        ("Bearer rt_abc", "the personal access token is unknown here"),
    ],
)
def test_why_not_signed_in(noted: Client, authorization: str, said: str) -> None:
    answer = noted.stand_in.http.get(QUEUES, headers={"authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["x-concertmaster-hint"].startswith(said)
