"""A month of a tenant: a trigger, retries, deadlines, retention, each at its moment, in order."""

from pathlib import Path
from typing import Any

import pytest

from stand_in import Client, Start

START = "2026-03-01T00:00:00Z"  # a Sunday

SCENARIO = """
about: A weekly report, and queues.
include: tenant
Folders: [{DisplayName: Shared}]
Users:
  - {UserName: admin, Password: concertmaster, EmailAddress: admin@example.com,
     Roles: Administrator, Folders: Shared}
Processes: [{Id: Report, Version: 1.0.0}]
Releases:
  - {Name: Report, ProcessKey: Report, ProcessVersion: 1.0.0, Folder: Shared, Outcome: immediate}
"""

#: What happens, by hand: in the columns are day and time, what, and to which of the things below.
TABLE = """
02 00:00 queueItem.transactionAbandoned taken
02 00:00 queueItem.slaAtRisk            late
02 09:00 schedule.fired                 weekly
03 00:00 queueItem.slaBreached          late
09 00:00 queue.retention                done
09 09:00 schedule.fired                 weekly
16 09:00 schedule.fired                 weekly
23 09:00 schedule.fired                 weekly
30 08:00 schedule.fired                 weekly
"""


@pytest.fixture
def client(start_stand_in: Start, tmp_path: Path) -> Client:
    file = tmp_path / "month.yaml"
    file.write_text(SCENARIO)
    client = start_stand_in(str(file), alive=True).client(folder="Shared")
    client.ok("PUT", "/_control/clock", json={"now": START, "frozen": True})
    return client


def queue(client: Client, name: str, **members: Any) -> int:
    made = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name, **members})
    return int(made["Id"])


def item(client: Client, name: str) -> int:
    path = "/odata/Queues/UiPathODataSvc.AddQueueItem"
    made = client.ok("POST", path, 201, json={"itemData": {"Name": name, "SpecificContent": {}}})
    return int(made["Id"])


def started(client: Client, name: str) -> int:
    path = "/odata/Queues/UiPathODataSvc.StartTransaction"
    return int(client.ok("POST", path, json={"transactionData": {"Name": name}})["Id"])


def test_a_month(client: Client) -> None:
    queue(client, "Urgent", SlaInMinutes=2 * 24 * 60, RiskSlaInMinutes=24 * 60)
    queue(client, "Slow", RetryAbandonedItems=True, AcceptAutomaticallyRetry=True,
          MaxNumberOfRetries=1)  # fmt: skip
    kept = queue(client, "Kept")
    client.ok("PUT", f"/odata/QueueRetention({kept})", json={"Action": "Delete", "Period": 7})
    release = client.rows("/odata/Releases")[0]
    trigger = client.ok("POST", "/odata/ProcessSchedules", 201, json={
        "Name": "weekly", "ReleaseId": release["Id"], "Enabled": True, "StartStrategy": 1,
        "StartProcessCron": "0 0 10 ? * MON *", "TimeZoneId": "Romance Standard Time",
    })  # fmt: skip
    things = {"weekly": trigger["Id"], "done": kept, "late": item(client, "Urgent")}
    item(client, "Slow")
    things["taken"] = started(client, "Slow")
    item(client, "Kept")
    result = f"/odata/Queues({started(client, 'Kept')})/UiPathODataSvc.SetTransactionResult"
    client.ok("POST", result, json={"transactionResult": {"IsSuccessful": True}})

    told = client.ok("POST", "/_control/clock/advance", json={"by": "P30D"})

    expected = [
        (f"2026-03-{day}T{time}:00.0000000Z", what, things[which])
        for day, time, what, which in (line.split() for line in TABLE.split("\n") if line)
    ]
    assert [(one["at"], one["what"], one["id"]) for one in told["fired"]] == expected
    jobs = client.rows("/odata/Jobs?$orderby=Id")
    assert [(job["State"], job["StartingScheduleId"]) for job in jobs] == (
        [("Successful", trigger["Id"])] * 5
    )
    tries = client.rows("/odata/QueueItems?$filter=QueueDefinition/Name eq 'Slow'&$orderby=Id")
    assert [one["Status"] for one in tries] == ["Abandoned", "New"]
    gone = client.get(f"/odata/QueueItems?$filter=QueueDefinitionId eq {kept}")
    assert gone.json()["@odata.count"] == 0
