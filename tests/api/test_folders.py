"""Folders: places in the tree, who works there, when one may go, and the clients' look-ups."""

import itertools
from collections.abc import Iterator

import pytest

from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"
NAMES: Iterator[str] = (f"f{number}" for number in itertools.count())


def make(client: Client, parent: int | None = None, name: str = "") -> dict[str, object]:
    body = {"DisplayName": name or next(NAMES), "ParentId": parent, "FeedType": "FolderHierarchy"}
    made: dict[str, object] = client.ok("POST", "/odata/Folders", 201, json=body)
    return made


def path_of(client: Client, folder: dict[str, object]) -> str:
    return str(client.ok("GET", f"/odata/Folders({folder['Id']})")["FullyQualifiedName"])


def test_a_path_is_made_of_names(admin: Client) -> None:
    top = make(admin)
    below = make(admin, top["Id"], "Sub")  # type: ignore[arg-type]
    assert below["FullyQualifiedName"] == f"{top['DisplayName']}/Sub"
    assert (below["ParentId"], below["ParentKey"]) == (top["Id"], top["Key"])
    assert below["FeedType"] == "Processes"


def test_what_lies_below_follows_a_rename(admin: Client) -> None:
    top = make(admin)
    middle = make(admin, top["Id"], "m")  # type: ignore[arg-type]
    leaf = make(admin, middle["Id"], "l")  # type: ignore[arg-type]
    inside = {"x-uipath-folderpath": path_of(admin, leaf)}
    queue = admin.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "q"}, headers=inside)
    name = next(NAMES)
    admin.ok("PUT", f"/odata/Folders({top['Id']})", json={"DisplayName": name})
    assert path_of(admin, leaf) == f"{name}/m/l"
    moved = admin.ok(
        "GET", f"/odata/QueueDefinitions({queue['Id']})",
        headers={"x-uipath-folderpath": f"{name}/m/l"},
    )  # fmt: skip
    assert moved["OrganizationUnitFullyQualifiedName"] == f"{name}/m/l"


def test_siblings_have_different_names(admin: Client) -> None:
    top = make(admin)
    make(admin, top["Id"], "Same")  # type: ignore[arg-type]
    answer = admin.post("/odata/Folders", {"DisplayName": "SAME", "ParentId": top["Id"]})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 1001)
    make(admin, make(admin)["Id"], "Same")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a/b", " ", ""])
def test_a_name_is_no_path(admin: Client, name: str) -> None:
    assert admin.post("/odata/Folders", {"DisplayName": name}).status_code == 400


def test_a_parent_cannot_be_changed_by_a_put(admin: Client) -> None:
    one, other = make(admin), make(admin)
    body = {"DisplayName": one["DisplayName"], "ParentId": other["Id"]}
    assert admin.put(f"/odata/Folders({one['Id']})", body).status_code == 409


def test_a_folder_with_content_stays(admin: Client) -> None:
    top = make(admin)
    below = make(admin, top["Id"])  # type: ignore[arg-type]
    refused = admin.delete(f"/odata/Folders({top['Id']})")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, 1012)
    inside = {"x-uipath-organizationunitid": str(below["Id"])}
    asset = admin.ok(
        "POST", "/odata/Assets", 201, json={"Name": "a", "ValueScope": "Global"}, headers=inside
    )
    assert admin.delete(f"/odata/Folders({below['Id']})").status_code == 409
    assert admin.delete(f"/odata/Assets({asset['Id']})", headers=inside).status_code == 204
    assert admin.delete(f"/odata/Folders({below['Id']})").status_code == 204
    assert admin.delete(f"/odata/Folders({top['Id']})").status_code == 204
    assert admin.get(f"/odata/Folders({top['Id']})").status_code == 404


# --- people ---------------------------------------------------------------------------------


def assign(admin: Client, user: int, roles: dict[int, list[int]], status: int = 204) -> None:
    given = [{"FolderId": folder, "RoleIds": ids} for folder, ids in roles.items()]
    body = {"assignments": {"UserIds": [user], "RolesPerFolder": given}}
    admin.ok("POST", f"/odata/Folders/{ODATA}.AssignUsers", status, json=body)


def users_of(admin: Client, folder: object, *, inherited: bool) -> dict[str, list[str]]:
    arguments = f"key={folder},includeInherited={str(inherited).lower()}"
    rows = admin.rows(f"/odata/Folders/{ODATA}.GetUsersForFolder({arguments})")
    return {row["UserEntity"]["UserName"]: [r["Name"] for r in row["Roles"]] for row in rows}


def test_assignments_replace_roles_and_reach_below(stand_in: StandIn, admin: Client) -> None:
    top = make(admin)
    below = make(admin, top["Id"])  # type: ignore[arg-type]
    user = admin.ok("POST", "/odata/Users", 201, json={"UserName": "ann", "Password": "pass"})
    names = ("Folder Administrator", "Robot")
    roles = [admin.rows(f"/odata/Roles?$filter=Name eq '{name}'")[0]["Id"] for name in names]
    assign(admin, user["Id"], {top["Id"]: roles})  # type: ignore[dict-item]
    assert sorted(users_of(admin, top["Id"], inherited=False)["ann"]) == sorted(names)
    assign(admin, user["Id"], {top["Id"]: roles[:1]})  # type: ignore[dict-item]
    assert users_of(admin, top["Id"], inherited=False) == {"ann": [names[0]]}
    assert users_of(admin, below["Id"], inherited=False) == {}
    assert users_of(admin, below["Id"], inherited=True) == {"ann": [names[0]]}

    ann = stand_in.client("ann", "pass")
    seen = ann.ok("GET", "/api/FoldersNavigation/GetFoldersForCurrentUser")
    assert [item["Id"] for item in seen["PageItems"]] == [top["Id"], below["Id"]]
    assert [row["Id"] for row in ann.rows("/odata/Folders")] == [top["Id"], below["Id"]]

    remove = f"/odata/Folders({top['Id']})/{ODATA}.RemoveUserFromFolder"
    admin.ok("POST", remove, 204, json={"userId": user["Id"]})
    assert admin.post(remove, {"userId": user["Id"]}).status_code == 404
    assert ann.ok("GET", "/api/FoldersNavigation/GetFoldersForCurrentUser")["Count"] == 0


def test_roles_and_users_that_are_not_there_are_refused(admin: Client) -> None:
    folder = int(str(make(admin)["Id"]))
    assign(admin, 999_999, {folder: []}, status=404)
    assign(admin, 1, {folder: [999_999]}, status=404)
    assign(admin, 1, {999_999: []}, status=404)


def test_values_without_a_key_are_not_searched(admin: Client) -> None:
    folder = make(admin)["Id"]
    path = f"/odata/Folders/{ODATA}.GetUsersForFolder(key={folder},includeInherited=true)"
    assert admin.get(f"{path}?$filter=Id eq 1").json()["errorCode"] == 1000
    answer = admin.ok("GET", f"{path}?$top=0")
    assert answer["value"] == []


# --- look-ups -------------------------------------------------------------------------------


def test_the_python_sdk_finds_a_folder_by_name(admin: Client) -> None:
    page = admin.ok(
        "GET", "/api/FoldersNavigation/GetFoldersForCurrentUser?searchText=shared&skip=0&take=20"
    )
    assert page["Count"] == 1
    assert page["PageItems"][0]["FullyQualifiedName"] == "Shared"
    assert page["PageItems"][0]["Key"]


def test_pages_of_folders(admin: Client) -> None:
    path = "/api/FoldersNavigation/GetFoldersForCurrentUser"
    everything = admin.ok("GET", path)
    paged = [
        item
        for skip in range(0, everything["Count"], 2)
        for item in admin.ok("GET", f"{path}?skip={skip}&take=2")["PageItems"]
    ]
    assert paged == everything["PageItems"]


@pytest.mark.parametrize("query", ["take=1001", "take=-1", "skip=-1", "take=x", "folderTypes=No"])
def test_bad_pages_are_refused(admin: Client, query: str) -> None:
    answer = admin.get(f"/api/FoldersNavigation/GetFoldersForCurrentUser?{query}")
    assert answer.status_code == 400


def test_a_folder_by_key_and_its_summary(admin: Client) -> None:
    folder = make(admin)
    path = f"/odata/Folders/{ODATA}"
    assert admin.ok("GET", f"{path}.GetByKey(identifier={folder['Key']})")["Id"] == folder["Id"]
    assert (
        admin.get(f"{path}.GetByKey(identifier={'0' * 8}-0000-0000-0000-{'0' * 12})").status_code
        == 404
    )
    summary = admin.ok("GET", f"{path}.GetEntitiesSummary(folderId={folder['Id']})")
    assert summary["AssetsCount"] == 0


def test_machines_of_a_folder(admin: Client) -> None:
    folder = make(admin)["Id"]
    machine = admin.ok("POST", "/odata/Machines", 201, json={"Name": "for-folders"})["Id"]
    assignment = {"MachineIds": [machine], "FolderIds": [folder]}
    admin.ok(
        "POST", f"/odata/Folders/{ODATA}.AssignMachines", 204, json={"assignments": assignment}
    )
    path = f"/odata/Machines/{ODATA}.GetAssignedMachines(folderId={folder})"
    assert [row["Id"] for row in admin.rows(path)] == [machine]
    admin.ok(
        "POST", f"/odata/Folders({folder})/{ODATA}.RemoveMachinesFromFolder", 204,
        json={"machineIds": [machine]},
    )  # fmt: skip
    assert admin.rows(path) == []
