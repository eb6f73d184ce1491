"""`/api/Stats`: figures of the tenant that are counted, not made up."""

from typing import Any

import pytest

from stand_in import Client, StandIn

STATS = "/api/Stats"


def titled(client: Client, path: str) -> dict[str, int]:
    return {row["title"]: row["count"] for row in client.ok("GET", f"{STATS}/{path}")}


def count(client: Client, path: str) -> int:
    return int(client.get(path).text.lstrip("\ufeff"))


def test_entities_by_kind(demo: StandIn) -> None:
    rows = demo.client().ok("GET", f"{STATS}/GetCountStats")
    assert rows[:3] == [
        {"title": "Processes", "count": 8, "hasPermissions": True},
        {"title": "Assets", "count": 20, "hasPermissions": True},
        {"title": "Queues", "count": 3, "hasPermissions": True},
    ]
    john = titled(demo.client("john.okafor"), "GetCountStats")
    assert (john["Processes"], john["Queues"]) == (2, 1), "those of his folder"


def test_jobs_by_end(demo: StandIn, client: Client) -> None:
    found = titled(demo.client(), "GetJobsStats")
    shared = {
        title: count(client, f"/odata/Jobs/$count?$filter=State eq '{state}'")
        for title, state in (("Successful", "Successful"), ("Faulted", "Faulted"),
                             ("Canceled", "Stopped"))
    }  # fmt: skip
    assert list(found) == ["Successful", "Faulted", "Canceled"]
    assert all(found[title] >= shared[title] > 0 for title in found)


def test_sessions_by_state(demo: StandIn) -> None:
    assert titled(demo.client(), "GetSessionsStats") == {
        "Available": 5, "Busy": 4, "Disconnected": 1, "Unresponsive": 0,
    }  # fmt: skip


def test_licences_by_day(demo: StandIn) -> None:
    rows: list[dict[str, Any]] = demo.client().ok("GET", f"{STATS}/GetLicenseStats?days=30")
    assert {row["robotType"] for row in rows} == {"Unattended"}
    assert len(rows) >= 7
    assert all(0 < row["count"] <= 8 for row in rows)
    today = demo.client().ok("GET", f"{STATS}/GetLicenseStats?days=0")
    assert len(today) <= 1
    assert demo.client().ok("GET", f"{STATS}/GetConsumptionLicenseStats?tenantId=1&days=7") == []


@pytest.mark.parametrize(
    "path",
    ["GetCountStats", "GetJobsStats", "GetSessionsStats", "GetLicenseStats",
     "GetConsumptionLicenseStats"],
)  # fmt: skip
def test_who_is_nobody_sees_none(demo: StandIn, path: str) -> None:
    assert demo.http.get(f"{STATS}/{path}").status_code == 401


def test_bad_input(demo: StandIn) -> None:
    assert demo.client().get(f"{STATS}/GetLicenseStats?days=-1").status_code == 400
    assert demo.client().get(f"{STATS}/GetLicenseStats?days=x").status_code == 400
