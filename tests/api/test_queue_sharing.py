"""Queues in several folders: seen and worked on in each, one queue behind them all."""

from typing import Any

import pytest

from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"
SHARE = f"/odata/QueueDefinitions/{ODATA}.ShareToFolders"
ADD, START = (
    f"/odata/Queues/UiPathODataSvc.{name}" for name in ("AddQueueItem", "StartTransaction")
)


class World:
    """Three folders; a clerk who may see queues in `There` only."""

    def __init__(self, stand_in: StandIn) -> None:
        admin = stand_in.client()
        self.folders = {
            name: admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": name})["Id"]
            for name in ("Here", "There", "Elsewhere")
        }
        self.here, self.there, self.elsewhere = (stand_in.client(folder=f) for f in self.folders)
        user = admin.ok(
            "POST", "/odata/Users", 201,
            json={
                "UserName": "clerk", "Password": "clerk-pw1", "Name": "C", "Surname": "K",
                "EmailAddress": "c@k.example",
            },
        )  # fmt: skip
        names = ("Queues.View", "Transactions.View", "Queues.Delete")
        role = {
            "Name": "Clerk", "DisplayName": "Clerk", "Type": "Mixed",
            "Permissions": [{"Name": name, "IsGranted": True} for name in names],
        }  # fmt: skip
        made = admin.ok("POST", "/odata/Roles", 201, json=role)
        roles = [{"FolderId": self.folders["There"], "RoleIds": [made["Id"]]}]
        body = {"assignments": {"UserIds": [user["Id"]], "RolesPerFolder": roles}}
        admin.ok("POST", f"/odata/Folders/{ODATA}.AssignUsers", 204, json=body)
        self.clerk = stand_in.client("clerk", "clerk-pw1", folder="There")

    def queue(self, name: str, client: Client | None = None) -> int:
        made = (client or self.here).ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name})
        return int(made["Id"])

    def share(
        self, queue: int, *, add: Any = (), remove: Any = (), status: int = 204, by: Any = None
    ) -> Any:
        body = {
            "queueIds": [queue],
            "toAddFolderIds": [self.folders.get(name, name) for name in add],
            "toRemoveFolderIds": [self.folders.get(name, name) for name in remove],
        }
        return (by or self.here).ok("POST", SHARE, status, json=body)


@pytest.fixture(scope="module")
def world(start_stand_in: Start) -> World:
    return World(start_stand_in("empty"))


def names(client: Client, path: str = "/odata/QueueDefinitions") -> set[str]:
    return {row["Name"] for row in client.rows(path)}


def test_a_shared_queue_is_worked_on_in_both_folders(world: World) -> None:
    queue = world.queue("Both")
    assert "Both" not in names(world.there)
    world.there.ok("POST", ADD, 404, json={"itemData": {"Name": "Both"}})
    world.share(queue, add=["There"])
    assert "Both" in names(world.there) & names(world.here)
    assert "Both" not in names(world.elsewhere)
    assert "Both" in names(world.clerk)
    item = world.there.ok("POST", ADD, 201, json={"itemData": {"Name": "both", "Reference": "r"}})
    path = f"/odata/QueueItems({item['Id']})"
    assert {world.here.ok("GET", path)["Reference"], world.clerk.ok("GET", path)["Reference"]} == {
        "r"
    }
    world.elsewhere.ok("GET", path, 404)
    taken = world.there.ok("POST", START, json={"transactionData": {"Name": "Both"}})
    assert taken["Id"] == item["Id"]
    result = f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult"
    world.elsewhere.ok("POST", result, 404, json={"transactionResult": {"IsSuccessful": True}})
    world.there.ok("POST", result, json={"transactionResult": {"IsSuccessful": True}})
    history = f"/odata/QueueItemEvents/{ODATA}.GetQueueItemEventsHistory(queueItemId={item['Id']})"
    for client, seen in ((world.here, 3), (world.there, 3), (world.elsewhere, 0)):
        assert len(client.rows(history)) == seen
        status = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
        rows = client.rows(f"{status}?$filter=QueueDefinitionName eq 'Both'")
        assert [row["SuccessfulTransactionsNo"] for row in rows] == ([1] if seen else [])


def test_where_a_queue_is(world: World) -> None:
    queue = world.queue("Where")
    world.share(queue, add=["There", "Elsewhere"])
    path = f"/odata/QueueDefinitions/{ODATA}.GetFoldersForQueue(id={queue})"
    found = world.here.ok("GET", path)
    assert {folder["DisplayName"] for folder in found["AccessibleFolders"]} == set(world.folders)
    seen = world.clerk.ok("GET", path)
    assert [folder["DisplayName"] for folder in seen["AccessibleFolders"]] == ["There"]
    assert (found["TotalFoldersCount"], seen["TotalFoldersCount"]) == (3, 3)
    assert world.there.ok("GET", f"/odata/QueueDefinitions({queue})")["FoldersCount"] == 3


def test_a_queue_leaves_folders_and_goes_with_the_last(world: World) -> None:
    queue = world.queue("Leaves")
    item = world.here.ok("POST", ADD, 201, json={"itemData": {"Name": "Leaves"}})
    world.share(queue, add=["There", "Elsewhere"])
    world.share(queue, remove=["Here"])  # its home: it moves
    assert "Leaves" not in names(world.here)
    moved = world.there.ok("GET", f"/odata/QueueItems({item['Id']})")
    assert moved["OrganizationUnitFullyQualifiedName"] == "There"
    path = f"/odata/QueueDefinitions({queue})"
    assert world.there.delete(path).status_code == 204
    assert "Leaves" not in names(world.there)
    world.elsewhere.ok("GET", f"/odata/QueueItems({item['Id']})")
    world.share(queue, remove=["Elsewhere"], by=world.elsewhere, status=409)
    assert world.elsewhere.delete(path).status_code == 204
    world.elsewhere.ok("GET", f"/odata/QueueItems({item['Id']})", 404)


def test_what_is_refused_changes_nothing(world: World) -> None:
    queue, other = world.queue("Refused"), world.queue("Taken")
    world.queue("Taken", world.there)
    assert world.share(other, add=["There"], status=409)["errorCode"] == 1001
    world.share(queue, add=[999999], status=404)
    world.share(999999, add=["There"], status=404)
    world.share(queue, add=["There"], by=world.elsewhere, status=404)
    world.share(queue, add=["Elsewhere"])
    taken = world.elsewhere.ok("POST", "/odata/QueueDefinitions", 409, json={"Name": "REFUSED"})
    assert taken["errorCode"] == 1001
    free = world.queue("Free", world.elsewhere)
    renamed = {"Name": "Refused"}
    world.elsewhere.ok("PUT", f"/odata/QueueDefinitions({free})", 409, json=renamed)
    world.here.ok("POST", SHARE, 400, json={"queueIds": "all"})
    world.here.ok("POST", SHARE, 400, json={})


def test_who_may_share(world: World) -> None:
    queue = world.queue("Guarded")
    world.share(queue, add=["There"])
    assert world.share(queue, add=["There"], by=world.clerk, status=403)["errorCode"] == 1017
    world.share(queue, add=["Elsewhere"], by=world.clerk, status=404)
    world.share(queue, remove=["There"], by=world.clerk)
    assert "Guarded" not in names(world.clerk)
