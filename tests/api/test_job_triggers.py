"""Job triggers through HTTP: what a suspended job waits for, with what is known of it."""

from typing import Any

import pytest

from stand_in import Client

START = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"
TRIGGERS = "/odata/JobTriggers/UiPath.Server.Configuration.OData"
INBOX = "0c8d1f80-3f5e-4f0b-9a46-111111111111"


@pytest.fixture(scope="module")
def suspended(client: Client) -> dict[str, Any]:
    """A job that waits for a queue item, a moment and a delivery."""
    item = client.ok(
        "POST", "/odata/Queues/UiPathODataSvc.AddQueueItem", 201,
        json={"itemData": {"Name": "CustomerRequests", "Reference": "waited-for",
                           "SpecificContent": {"Customer": "A"}}},
    )  # fmt: skip
    (job,) = client.ok("POST", START, 201, json={"startInfo": {"ReleaseName": "DailyReport"}})[
        "value"
    ]
    waits = [
        {"type": "QueueItem", "itemKey": item["Key"]},
        {"type": "Timer", "time": "2099-01-01T00:00:00Z"},
        {"type": "Inbox", "itemKey": INBOX},
    ]
    path = f"/_control/outcomes/jobs/{job['Key']}"
    client.ok("POST", path, json={"state": "Suspended", "waitFor": waits})
    return dict(job)


def test_what_a_job_waits_for_by_number(client: Client, suspended: dict[str, Any]) -> None:
    rows = client.rows(f"{TRIGGERS}.GetWithWaitEvents(jobId={suspended['Id']})")
    assert [row["TriggerType"] for row in rows] == ["QueueItem", "Timer", "Inbox"]
    item, timer, inbox = rows
    assert (item["ItemName"], item["Status"], item["JobId"]) == (
        "waited-for", "New", suspended["Id"],
    )  # fmt: skip
    assert item["CreationTime"] == item["ModifiedTime"]
    assert (timer["Timer"], timer["ItemName"]) == ("2099-01-01T00:00:00Z", None)
    assert inbox["ItemKey"] == INBOX
    assert "AssignedToUserId" in inbox


def test_the_same_by_key(client: Client, suspended: dict[str, Any]) -> None:
    rows = client.rows(f"{TRIGGERS}.GetByJobKey(jobKey={suspended['Key']})?$orderby=Id")
    assert [row["TriggerType"] for row in rows] == ["QueueItem", "Timer", "Inbox"]


def test_a_job_of_another_folder_is_not_found(client: Client) -> None:
    assert client.get(f"{TRIGGERS}.GetWithWaitEvents(jobId=987654321)").status_code == 404


def test_a_delivery_lets_it_go_on(client: Client, suspended: dict[str, Any]) -> None:
    path = f"/api/JobTriggers/DeliverPayload/{INBOX}"
    assert client.post(path, {"payload": {"a": 1}}).status_code == 202
    assert client.post(path, {"payload": {"a": 1}}).status_code == 208
    assert client.ok("GET", f"/odata/Jobs({suspended['Id']})")["State"] == "Resumed"
