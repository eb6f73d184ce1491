"""Personal workspaces: made for who may have one, explored, turned into folders."""

from typing import Any

import pytest

from nupkg import coded
from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"
OWN = f"/odata/PersonalWorkspaces/{ODATA}.GetPersonalWorkspace"


def user(admin: Client, name: str, **more: Any) -> Any:
    body = {
        "UserName": name, "Name": name, "Surname": "X", "Password": "secret-1",
        "MayHavePersonalWorkspace": True, **more,
    }  # fmt: skip
    return admin.ok("POST", "/odata/Users", 201, json=body)


def workspace(admin: Client, name: str) -> Any:
    (found,) = admin.rows(f"/odata/PersonalWorkspaces?$filter=OwnerName eq '{name}'")
    return found


def at(found: Any, operation: str) -> str:
    return f"/odata/PersonalWorkspaces({found['Id']})/{ODATA}.{operation}"


def test_who_may_have_a_workspace_has_one(stand_in: StandIn, admin: Client) -> None:
    made = user(admin, "grace")
    found = workspace(admin, "grace")
    assert (found["Name"], found["IsActive"]) == ("grace's workspace", True)
    assert (found["OwnerId"], found["OwnerKey"]) == (made["Id"], made["Key"])
    assert found["ExploringUserIds"] == []
    grace = stand_in.client("grace", "secret-1")
    assert grace.ok("GET", OWN)["Id"] == found["Id"]
    told = grace.ok("GET", f"/odata/Users/{ODATA}.GetCurrentUserExtended")
    assert told["PersonalWorkspace"]["Id"] == found["Id"]
    assert told["PersonalWorskpaceFeedId"] == found["Key"]
    # In it she publishes and starts what she likes.
    upload = f"/odata/Processes/{ODATA}.UploadPackage?feedId={found['Key']}"
    grace.ok("POST", upload, files={"file": ("adder.nupkg", coded())})
    in_it = stand_in.client("grace", "secret-1", folder="grace's workspace")
    (release,) = in_it.rows("/odata/Releases")
    body = {"startInfo": {"ReleaseKey": release["Key"], "InputArguments": '{"a": 1}'}}
    in_it.ok("POST", f"/odata/Jobs/{ODATA}.StartJobs", 201, json=body)


def test_who_has_none(stand_in: StandIn, admin: Client) -> None:
    made = user(admin, "plain", MayHavePersonalWorkspace=False)
    plain = stand_in.client("plain", "secret-1")
    assert plain.get(OWN).status_code == 404
    assert plain.get("/odata/PersonalWorkspaces").status_code == 403
    admin.ok("PATCH", f"/odata/Users({made['Id']})", json={"MayHavePersonalWorkspace": True})
    assert plain.ok("GET", OWN)["Name"] == "plain's workspace"
    admin.ok("PATCH", f"/odata/Users({made['Id']})", json={"MayHavePersonalWorkspace": True})
    assert len(admin.rows("/odata/PersonalWorkspaces?$filter=OwnerName eq 'plain'")) == 1


def test_two_of_one_name(admin: Client) -> None:
    admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": "ada's workspace"})
    user(admin, "ada")
    assert workspace(admin, "ada")["Name"] == "ada's workspace 2"


def test_an_administrator_looks_in(stand_in: StandIn, admin: Client) -> None:
    user(admin, "linus")
    found = workspace(admin, "linus")
    me = admin.ok("GET", f"/odata/Users/{ODATA}.GetCurrentUser")["Id"]
    for _ in range(2):
        admin.ok("POST", at(found, "StartExploring"), 204)
    assert workspace(admin, "linus")["ExploringUserIds"] == [me]
    linus = stand_in.client("linus", "secret-1")
    assert linus.post(at(found, "StartExploring")).status_code == 403
    for _ in range(2):
        admin.ok("POST", at(found, "StopExploring"), 204)
    assert workspace(admin, "linus")["ExploringUserIds"] == []
    nowhere = {"Id": 10**6}
    for operation in ("StartExploring", "StopExploring"):
        assert admin.post(at(nowhere, operation)).status_code == 404


def test_a_workspace_becomes_a_folder(stand_in: StandIn, admin: Client) -> None:
    user(admin, "donald")
    found = workspace(admin, "donald")
    upload = f"/odata/Processes/{ODATA}.UploadPackage?feedId={found['Key']}"
    donald = stand_in.client("donald", "secret-1")
    donald.ok("POST", upload, files={"file": ("p", coded("typeset"))})
    path = at(found, "ConvertToFolder")
    assert admin.post(path, {"folderName": "a/b"}).status_code == 400
    assert admin.post(path, {"folderName": "Shared"}).status_code == 409
    assert admin.post(path, {}).status_code == 400
    admin.ok("POST", path, 204, json={"folderName": "Typesetting"})
    folder = admin.ok("GET", f"/odata/Folders({found['Id']})")
    assert (folder["FullyQualifiedName"], folder["IsPersonal"]) == ("Typesetting", False)
    assert (folder["FolderType"], folder["FeedType"]) == ("Standard", "FolderHierarchy")
    there = stand_in.client(folder="Typesetting")
    (release,) = there.rows("/odata/Releases")
    assert release["OrganizationUnitFullyQualifiedName"] == "Typesetting"
    listed = there.rows(f"/odata/Processes?feedId={found['Key']}")
    assert [one["Id"] for one in listed] == ["typeset"]
    assert admin.rows("/odata/PersonalWorkspaces?$filter=OwnerName eq 'donald'") == []
    assert admin.post(path, {"folderName": "Again"}).status_code == 404


@pytest.mark.parametrize("query", ["$orderby=LastLogin desc", "$select=Name,OwnerId", "$top=1"])
def test_queries(admin: Client, query: str) -> None:
    user(admin, f"q{len(query)}")
    assert admin.rows(f"/odata/PersonalWorkspaces?{query}")
