"""The audit: each change through the API has a line, and what changed stands in it."""

import json
from typing import Any

import pytest

from stand_in import Client, StandIn

NS = "UiPath.Server.Configuration.OData"
DETAILS = f"{NS}.GetAuditLogDetails"


def last(client: Client, query: str = "") -> dict[str, Any]:
    return client.rows(f"/odata/AuditLogs?$top=1&$orderby=Id desc{query}")[0]


def details(client: Client, log: dict[str, Any]) -> dict[str, Any]:
    (one,) = client.rows(f"/odata/AuditLogs/{DETAILS}(auditLogId={log['Id']})")
    return {**one, "CustomData": json.loads(one["CustomData"])}


@pytest.fixture(scope="module")
def queue(client: Client) -> int:
    body = {"Name": "Audited", "MaxNumberOfRetries": 1}
    return int(client.ok("POST", "/odata/QueueDefinitions", 201, json=body)["Id"])


def test_a_create_tells_what_was_given(client: Client, queue: int) -> None:
    log = last(client, "&$filter=Component eq 'Queues' and Action eq 'Create'")
    assert log["EntityId"] == queue
    assert log["DisplayName"] == "Audited"
    assert log["OperationText"] == "admin created QueueDefinition Audited"
    assert (log["UserName"], log["UserType"]) == ("admin", "User")
    assert json.loads(log["Parameters"]) == {"Name": "Audited", "MaxNumberOfRetries": 1}
    assert details(client, log)["CustomData"]["NewValues"]["MaxNumberOfRetries"] == 1


def test_an_update_tells_what_was_and_what_is(client: Client, queue: int) -> None:
    body = {"Name": "Audited", "MaxNumberOfRetries": 3}
    client.ok("PUT", f"/odata/QueueDefinitions({queue})", json=body)
    log = last(client)
    assert (log["Action"], log["Component"], log["EntityId"]) == ("Update", "Queues", queue)
    told = details(client, log)
    assert told["CustomData"] == {
        "OldValues": {"MaxNumberOfRetries": 1},
        "NewValues": {"MaxNumberOfRetries": 3},
    }
    assert told["EntityName"] == "QueueDefinition"


def test_a_delete_tells_what_went(client: Client) -> None:
    made = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "Going"})
    client.ok("DELETE", f"/odata/QueueDefinitions({made['Id']})", 204)
    log = last(client)
    assert (log["Action"], log["DisplayName"], log["EntityId"]) == ("Delete", "Going", made["Id"])


def test_an_action_tells_its_parameters_and_what_came_of_it(client: Client) -> None:
    release = client.rows("/odata/Releases?$top=1")[0]
    start = {"startInfo": {"ReleaseKey": release["Key"], "JobsCount": 2}}
    jobs = client.ok(
        "POST", "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs", 201, json=start
    )
    log = last(client)
    assert (log["Action"], log["Component"], log["MethodName"]) == ("StartJob", "Jobs", "StartJobs")
    assert json.loads(log["Parameters"])["startInfo"]["JobsCount"] == 2
    expanded = client.rows(f"/odata/AuditLogs?$filter=Id eq {log['Id']}&$expand=Entities")[0]
    assert [one["EntityId"] for one in expanded["Entities"]] == [job["Id"] for job in jobs["value"]]


def test_what_is_refused_leaves_no_line(client: Client, queue: int) -> None:
    before = last(client)["Id"]
    assert client.post("/odata/QueueDefinitions", {"Name": "Audited"}).status_code == 409
    assert client.post("/odata/QueueDefinitions", {"Name": ""}).status_code == 400
    assert last(client)["Id"] == before


def test_no_password_is_told(client: Client) -> None:
    user = {
        "UserName": "audited", "Password": "s3cret-1", "RolesList": [],
        "UnattendedRobot": {"UserName": "d\\a", "Password": "s3cret-2"},
    }  # fmt: skip
    client.ok("POST", "/odata/Users", 201, json=user)
    log = last(client)
    assert log["DisplayName"] == "audited"
    assert "s3cret" not in json.dumps([log, details(client, log)])


def test_reading_needs_a_permission(demo: StandIn) -> None:
    nobody = {"UserName": "unseeing", "Password": "nothing", "RolesList": []}
    demo.client().ok("POST", "/odata/Users", 201, json=nobody)
    assert demo.client("unseeing", "nothing").get("/odata/AuditLogs").status_code == 403


def test_test_automation_has_an_audit_of_its_own(client: Client, queue: int) -> None:
    headers = {"x-uipath-auditedservice": "TestAutomation"}
    assert client.rows("/odata/AuditLogs", headers=headers) == []


def test_the_audit_is_exported(client: Client, queue: int) -> None:
    where = "$filter=Component eq 'Queues'&$select=Action,DisplayName"
    export = client.ok("POST", f"/odata/AuditLogs/{NS}.Export?{where}")
    assert export["Type"] == "OrchestratorAudit"
    client.ok("POST", "/_control/clock/advance", json={"by": "PT1M"})
    link = client.ok("GET", f"/odata/Exports({export['Id']})/{NS}.GetDownloadLink")["Uri"]
    lines = client.get(link.replace("http://testserver", "")).text.splitlines()
    assert lines[0] == "Action,DisplayName"
    assert "Create,Audited" in lines
