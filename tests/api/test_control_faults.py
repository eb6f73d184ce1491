"""`/_control/faults` and the header X-Concertmaster-Fault: requests that fail on demand."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from concertmaster.faults.door import Dropped
from stand_in import Client, StandIn

JOBS = "/odata/Jobs"
ADD = "/odata/Queues/UiPathODataSvc.AddQueueItem"
RULES = "/_control/faults"


@pytest.fixture
def faulty(client: Client) -> Iterator[Client]:
    """The administrator; no rule outlives a test."""
    yield client
    client.ok("DELETE", RULES, 204)


def stand(client: Client, **rule: Any) -> int:
    made = client.ok("POST", RULES, 201, json=rule)
    assert set(made) == {"id"}
    return int(made["id"])


def statuses(client: Client, times: int, method: str = "GET", path: str = JOBS) -> list[int]:
    return [client.request(method, path).status_code for _ in range(times)]


# --- which requests -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        ({}, True),
        ({"method": "get"}, True),
        ({"method": "POST"}, False),
        ({"path": "/odata/Jobs"}, True),
        ({"path": "/ODATA/jobs"}, True),
        ({"path": "odata/Jobs"}, True),
        ({"path": "/acme/Default/orchestrator_/odata/Jobs"}, True),
        ({"path": "/odata/Job"}, False),
        ({"path": "/odata"}, True),
        ({"path": "/odata/J*"}, True),
        ({"path": "/odata/Jobs*"}, True),
        ({"path": "/odata/J"}, False),
        ({"path": "*bs"}, True),
        ({"entitySet": "Jobs"}, True),
        ({"entitySet": "jobs"}, True),
        ({"entitySet": "Queues"}, False),
        ({"entitySet": "Jobs", "path": "/api"}, False),
    ],
)
def test_which_requests(faulty: Client, rule: dict[str, Any], met: bool) -> None:
    stand(faulty, **rule, status=503)
    assert statuses(faulty, 1) == [503 if met else 200]


@pytest.mark.parametrize("below", ["(1)", "/$count", "/UiPath.Server.Configuration.OData.X"])
def test_a_set_is_all_that_lies_below_it(faulty: Client, below: str) -> None:
    stand(faulty, entitySet="Jobs", status=418)
    assert statuses(faulty, 1, path=JOBS + below) == [418]
    assert statuses(faulty, 1, path="/odata/JobTriggers" + below) != [418]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"times": 2}, "xx..."),
        ({"nth": 2}, ".x..."),
        ({"nth": 2, "times": 3}, ".xxx."),
        ({"nth": 5, "times": 1}, "....x"),
        ({"probability": 1}, "xxxxx"),
        ({"probability": 1e-12}, "....."),
    ],
)
def test_which_of_them(faulty: Client, rule: dict[str, Any], expected: str) -> None:
    stand(faulty, path=JOBS, status=503, **rule)
    seen = statuses(faulty, 5)
    assert "".join("x" if status == 503 else "." for status in seen) == expected


def test_probability_is_a_share(faulty: Client) -> None:
    stand(faulty, path="/api/Status/Get", status=503, probability=0.5)
    failed = statuses(faulty, 100, path="/api/Status/Get").count(503)
    assert 25 < failed < 75


def test_every_kind_of_call_meets_them(faulty: Client, demo: StandIn) -> None:
    stand(faulty, status=503)
    for method, path in (
        ("GET", "/odata/$metadata"),
        ("GET", "/api/Status/Get"),
        ("POST", "/identity_/connect/token"),
        ("POST", "/api/robotsservice/BeginSession"),
        ("GET", "/acme/Default/orchestrator_/odata/Jobs"),
        ("GET", "/no/such/thing"),
    ):
        expected = 404 if path == "/no/such/thing" else 503  # which leads to no tenant
        assert demo.http.request(method, path).status_code == expected, path


def test_controls_and_health_never_fail(faulty: Client) -> None:
    stand(faulty, status=503)
    assert faulty.get("/health/ready").status_code == 200
    assert faulty.get(RULES, headers={"x-concertmaster-fault": "500"}).status_code == 200


# --- what happens ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "number", "message"),
    [
        (400, 1000, "Invalid request!"),
        (401, 0, "You are not authenticated!"),
        (403, 0, "You are not authorized!"),
        (404, 1002, "Job does not exist."),
        (409, 0, "The current state does not allow this."),
        (429, 0, "Too many requests. Try again in 1 seconds."),
        (500, 0, "An error has occurred."),
        (502, 0, "Bad Gateway"),
        (503, 0, "Service Unavailable"),
        (524, 0, "An error has occurred."),
    ],
)
def test_bodies(faulty: Client, status: int, number: int, message: str) -> None:
    stand(faulty, status=status)
    answer = faulty.get(JOBS)
    assert answer.status_code == status
    body = answer.json()
    assert (body["errorCode"], body["message"]) == (number, message)
    assert body["traceId"].startswith("00-")
    assert answer.headers["api-supported-versions"]
    assert answer.headers["x-concertmaster-fault"]
    assert ("unAuthorizedRequest" in body) == (status in (401, 403))
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert answer.headers.get("retry-after") == ("1" if status == 429 else None)


def test_too_many_requests(faulty: Client) -> None:
    stand(faulty, retryAfter=7)
    answer = faulty.get(JOBS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"message": "mine", "x": 7}, "application/json", '{"message":"mine","x":7}'),
        ([], "application/json", "[]"),
        (None, "application/json", "null"),
        ("<html>Bad gateway</html>", "text/html; charset=utf-8", "<html>Bad gateway</html>"),
        ("upstream", "text/plain; charset=utf-8", "upstream"),
        ("", "text/plain; charset=utf-8", ""),
    ],
)  # fmt: skip
def test_a_body_of_ones_own(faulty: Client, body: Any, kind: str, text: str) -> None:
    stand(faulty, status=502, body=body)
    answer = faulty.get(JOBS)
    assert (answer.status_code, answer.headers["content-type"]) == (502, kind)
    assert answer.text == text


def test_nothing_was_done(faulty: Client) -> None:
    stand(faulty, path=ADD, status=500, times=1)
    item = {"itemData": {"Name": "CustomerRequests", "Reference": "not-done"}}
    assert faulty.post(ADD, item).status_code == 500
    assert not faulty.rows("/odata/QueueItems", params={"$filter": "Reference eq 'not-done'"})


def test_latency(faulty: Client) -> None:
    stand(faulty, path=JOBS, delayMs=60)
    stand(faulty, path=JOBS, delayMs=[20, 30])
    start = time.monotonic()
    assert statuses(faulty, 1) == [200]
    assert time.monotonic() - start >= 0.08


def test_of_two_that_answer_the_first_counts(faulty: Client) -> None:
    first = stand(faulty, status=500, times=1)
    second = stand(faulty, status=503, times=1)
    assert statuses(faulty, 3) == [500, 503, 200]
    assert [(rule["id"], rule["fired"]) for rule in faulty.rows(RULES)] == [(first, 1), (second, 1)]


def test_a_token_expires_and_the_next_one_is_good(faulty: Client, demo: StandIn) -> None:
    stand(faulty, path=JOBS, expireToken=True, times=1)
    own = demo.http.post(
        "/identity_/connect/token",
        data={"grant_type": "client_credentials", "client_id": "concertmaster",
              "client_secret": "concertmaster-secret", "scope": "OR.Jobs.Read OR.Assets"},
    ).json()["access_token"]  # fmt: skip
    folder = {"x-uipath-folderpath": "Shared"}
    old = {"authorization": f"Bearer {own}", **folder}
    expired = demo.http.get(JOBS, headers=old)
    assert expired.status_code == 401
    assert expired.json()["unAuthorizedRequest"] is True
    assert demo.http.get("/odata/Assets", headers=old).status_code == 401  # everywhere from now on
    assert statuses(faulty, 1) == [200]  # another token
    faulty.ok("DELETE", RULES, 204)
    assert demo.http.get(JOBS, headers=old).status_code == 200


# --- in the server's own process there is no connection to close -----------------------------


@pytest.mark.parametrize("rule", [{"drop": True}, {"drop": "after"}, {"truncate": True}])
def test_broken_connections_in_process(faulty: Client, rule: dict[str, Any]) -> None:
    stand(faulty, path=JOBS, times=1, **rule)
    with pytest.raises(Dropped):
        faulty.get(JOBS)
    assert statuses(faulty, 1) == [200]


# --- one request, by header -----------------------------------------------------------------


def by_header(client: Client, text: str, path: str = JOBS) -> int:
    return int(client.get(path, headers={"X-Concertmaster-Fault": text}).status_code)


def test_a_request_fails_by_its_header(client: Client) -> None:
    assert by_header(client, "503") == 503
    assert by_header(client, "status=404") == 404
    answer = client.get(JOBS, headers={"x-concertmaster-fault": "429; retryAfter=3"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert statuses(client, 1) == [200]


def test_as_often_as_it_says(client: Client) -> None:
    seen = [by_header(client, "503; times=2") for _ in range(6)]
    assert seen == [503, 503, 200, 503, 503, 200]
    assert by_header(client, "503; times=2", "/odata/Assets") == 503  # counted by itself


def test_a_body_by_header(client: Client) -> None:
    text = 'status=502; body={"a": "b;c"}'
    answer = client.get(JOBS, headers={"x-concertmaster-fault": text})
    assert (answer.status_code, answer.text) == (502, '{"a":"b;c"}')
    text = '503; body="plain; text"'
    assert client.get(JOBS, headers={"x-concertmaster-fault": text}).text == "plain; text"


@pytest.mark.parametrize(
    "text",
    ["", " ", ";", "times=2", "99", "1000", "colour=red", "503; times=0", "503; path=/x", "=",
     "503 times", "drop; 503", "delayMs=999999999", "NaN", "503; probability=nan"],
)  # fmt: skip
def test_headers_that_say_nothing(client: Client, text: str) -> None:
    answer = client.get(JOBS, headers={"x-concertmaster-fault": text})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("X-Concertmaster-Fault: ")


# --- the rules themselves -------------------------------------------------------------------


def test_listed_and_deleted(faulty: Client) -> None:
    number = stand(faulty, method="GET", path=JOBS, nth=2, status=503, delayMs=[0, 1])
    statuses(faulty, 3)
    assert faulty.rows(RULES) == [
        {"id": number, "method": "GET", "path": JOBS, "nth": 2, "status": 503, "delayMs": [0, 1],
         "matched": 3, "fired": 1}
    ]  # fmt: skip
    faulty.ok("DELETE", f"{RULES}/{number}", 204)
    assert faulty.rows(RULES) == []
    assert faulty.delete(f"{RULES}/{number}").status_code == 404
    assert faulty.delete(f"{RULES}/x").status_code == 400


@pytest.mark.parametrize(
    "rule",
    [
        {}, [], "x", None, {"method": "GET"}, {"status": 99}, {"status": 600}, {"status": "no"},
        {"colour": 1, "status": 503}, {"status": 503, "times": 0}, {"status": 503, "nth": 0},
        {"status": 503, "times": 10**12}, {"status": 503, "probability": 0},
        {"status": 503, "probability": 1.5}, {"delayMs": -1}, {"delayMs": 10**9},
        {"delayMs": [5, 1]}, {"delayMs": [1]}, {"body": {}}, {"drop": True, "status": 503},
        {"drop": "sideways"}, {"truncate": -1}, {"expireToken": True, "status": 500},
        {"entitySet": "Jbos", "status": 503}, {"entitySet": "", "status": 503},
        {"path": "", "status": 503}, {"method": "", "status": 503}, {"drop": False},
        {"retryAfter": -1},
    ],
    ids=str,
)  # fmt: skip
def test_rules_that_are_refused(faulty: Client, rule: Any) -> None:
    answer = faulty.post(RULES, rule)
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == 1000
    assert answer.json()["message"]
    assert faulty.rows(RULES) == []


def test_a_set_that_is_not_built_is_known(faulty: Client) -> None:
    stand(faulty, entitySet="Tasks", status=503)
    assert statuses(faulty, 1, path="/odata/Tasks") == [503]


def test_for_administrators(demo: StandIn) -> None:
    for method, path in (("GET", RULES), ("POST", RULES), ("DELETE", RULES)):
        assert demo.http.request(method, path, json={"status": 503}).status_code == 401


def test_of_one_tenant(fresh: StandIn) -> None:
    fresh.registry.create("acme", "other", "empty")
    stand(fresh.client(), status=503)
    assert fresh.http.get("/acme/Default/api/Status/Get").status_code == 503
    assert fresh.http.get("/acme/other/api/Status/Get").status_code == 200
