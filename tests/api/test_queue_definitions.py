"""Queues through HTTP: making, finding, changing, deleting them."""

import pytest

from stand_in import Client, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    return start_stand_in("empty").client(folder="Shared")


def make(client: Client, name: str, **members: object) -> dict[str, object]:
    made: dict[str, object] = client.ok(
        "POST", "/odata/QueueDefinitions", 201, json={"Name": name, **members}
    )
    return made


def test_a_queue_gets_its_key_time_and_folder(client: Client) -> None:
    made = make(client, "Invoices", MaxNumberOfRetries=3, AcceptAutomaticallyRetry=True)
    assert len(str(made["Key"])) == 36
    assert made["CreationTime"]
    assert made["OrganizationUnitFullyQualifiedName"] == "Shared"
    found = client.rows("/odata/QueueDefinitions?$filter=name eq 'invoices'&$top=5&$count=true")
    assert [queue["Id"] for queue in found] == [made["Id"]]


def test_names_are_unique_and_bounded(client: Client) -> None:
    make(client, "Once")
    again = client.ok("POST", "/odata/QueueDefinitions", 409, json={"Name": "ONCE"})
    assert (again["errorCode"], again["message"]) == (1001, "The name ONCE is already used.")
    for body in ({}, {"Name": "x" * 51}, {"Name": "r", "MaxNumberOfRetries": 51}):
        client.ok("POST", "/odata/QueueDefinitions", 400, json=body)


def test_what_items_rely_on_does_not_change(client: Client) -> None:
    id_ = make(client, "Settled")["Id"]
    path = f"/odata/QueueDefinitions({id_})"
    changed = {"Name": "Settled", "MaxNumberOfRetries": 4, "EnforceUniqueReference": False}
    client.ok("PUT", path, json=changed)
    assert client.ok("GET", path)["MaxNumberOfRetries"] == 4
    client.ok("PUT", path, 409, json={**changed, "EnforceUniqueReference": True})


def test_queues_are_found_across_folders_and_by_key(client: Client) -> None:
    made = make(client, "Everywhere")
    bare = Client(client.stand_in, {"authorization": client.headers["authorization"]})
    across = f"/odata/QueueDefinitions/{ODATA}.GetQueuesAcrossFolders"
    assert "Everywhere" in {queue["Name"] for queue in bare.rows(across)}
    folder = made["OrganizationUnitId"]
    assert bare.rows(f"{across}?excludeFolderId={folder}") == []
    by_key = f"/odata/QueueDefinitions/{ODATA}.GetByKey(identifier={made['Key']})"
    assert bare.ok("GET", by_key)["Id"] == made["Id"]
    by_id = f"/odata/QueueDefinitions/{ODATA}.GetQueue(id={made['Id']})"
    assert client.ok("GET", by_id)["Name"] == "Everywhere"
    missing = client.ok("GET", f"/odata/QueueDefinitions/{ODATA}.GetQueue(id=999999)", 404)
    assert missing["errorCode"] == 1002


def test_a_queue_takes_its_items_with_it(client: Client) -> None:
    made = make(client, "Gone")
    item = client.ok(
        "POST",
        "/odata/Queues/UiPathODataSvc.AddQueueItem",
        201,
        json={"itemData": {"Name": "Gone"}},
    )
    assert client.delete(f"/odata/QueueDefinitions({made['Id']})").status_code == 204
    client.ok("GET", f"/odata/QueueItems({item['Id']})", 404)


SCHEMA = '{"type":"object","required":["n"]}'


def test_schemas_are_kept_given_out_and_held_against_items(client: Client) -> None:
    bad = {"Name": "Bad", "SpecificDataJsonSchema": '{"type": "thing"}'}
    refused = client.ok("POST", "/odata/QueueDefinitions", 400, json=bad)
    assert refused["message"].startswith("SpecificDataJsonSchema is not a valid JSON schema: type")
    made = make(client, "Schemed é", SpecificDataJsonSchema=SCHEMA)
    path = f"/odata/QueueDefinitions({made['Id']})"
    client.ok("PUT", path, 400, json={**bad, "Name": "Schemed é"})
    file = client.get(
        f"{path}/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='SpecificData')"
    )
    assert (file.status_code, file.text) == (200, SCHEMA)
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].endswith("Schemed%20%C3%A9_SpecificData.json")
    for kind, status in {"OutputData": 404, "Something": 400}.items():
        client.ok(
            "GET", f"{path}/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='{kind}')", status
        )
    add = "/odata/Queues/UiPathODataSvc.AddQueueItem"
    item = {"Name": "Schemed é", "SpecificContent": {"m": 1}}
    violated = client.ok("POST", add, 409, json={"itemData": item})
    assert "'n' is a required property" in violated["message"]
    added = client.ok("POST", add, 201, json={"itemData": {**item, "SpecificContent": {"n": 1}}})
    changed = f"/odata/QueueItems({added['Id']})"
    client.ok("PUT", changed, 409, json={"SpecificContent": {"m": 1}})
    client.ok("PUT", changed, json={"SpecificContent": {"n": 2}})


def action(name: str) -> str:
    return f"/odata/QueueDefinitions/{ODATA}.{name}"


def test_a_queue_is_made_with_its_retention(client: Client) -> None:
    body = {"Name": "Cloudy", "MaxNumberOfRetries": 2, "RetentionAction": "Delete"}
    refused = client.ok("POST", action("CreateQueue"), 400, json=body)
    assert refused["message"] == "Invalid argument 'Period'"
    assert client.rows("/odata/QueueDefinitions?$filter=Name eq 'Cloudy'") == []
    made = client.ok("POST", action("CreateQueue"), 201, json=body | {"RetentionPeriod": 45})
    assert (made["MaxNumberOfRetries"], made["RetentionPeriod"]) == (2, 45)
    edit = {"Id": made["Id"], "Name": "Cloudier", "StaleRetentionAction": "None"}
    assert client.ok("POST", action("EditQueue"), json=edit) == {}
    client.ok("PUT", action("EditQueue"), json=edit | {"Description": "by PUT"})
    found = client.ok("GET", action(f"GetQueue(id={made['Id']})"))
    assert (found["Name"], found["Description"]) == ("Cloudier", "by PUT")
    told = {name: value for name, value in found.items() if "Retention" in name}
    assert told == {
        "RetentionAction": "Delete", "RetentionPeriod": 45,
        "RetentionBucketId": None, "RetentionBucketName": None,
        "StaleRetentionAction": "None", "StaleRetentionPeriod": 180,
        "StaleRetentionBucketId": None, "StaleRetentionBucketName": None,
    }  # fmt: skip
    assert "RetentionAction" not in client.ok("GET", f"/odata/QueueDefinitions({made['Id']})")
    assert "Cloudier" in {queue["Name"] for queue in client.rows(action("ListQueues"))}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 404),
        ({"Id": 999999, "Name": "x"}, 404),
        ({"Id": "x", "Name": "x"}, 400),
        ({"Id": 2**70, "Name": "x"}, 400),
        ({"Name": "y", "RetentionPeriod": 0}, 400),
        ({"Name": "y", "RetentionPeriod": "long"}, 400),
        ({"Name": "y", "RetentionAction": "Archive"}, 400),
        ({"RetentionPeriod": 5}, 400),
    ],
)
def test_bad_edits_change_nothing(client: Client, body: dict[str, object], status: int) -> None:
    made = next(iter(client.rows("/odata/QueueDefinitions?$filter=Name eq 'Edited'")), None)
    made = made or make(client, "Edited")
    if status == 400 and "Id" not in body:
        body = body | {"Id": made["Id"]}
    client.ok("POST", action("EditQueue"), status, json=body)
    assert client.ok("GET", f"/odata/QueueDefinitions({made['Id']})")["Name"] == "Edited"


def test_the_folders_of_a_queue(client: Client) -> None:
    made = make(client, "Located")
    found = client.ok("GET", action(f"GetFoldersForQueue(id={made['Id']})"))
    assert found["TotalFoldersCount"] == 1
    assert found["AccessibleFolders"][0]["FullyQualifiedName"] == "Shared"
    client.ok("GET", action("GetFoldersForQueue(id=999999)"), 404)
