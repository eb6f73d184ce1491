"""Who is let in, and where: sign-in, scopes, roles, folders; enforced in one place."""

import base64
from typing import Any

import pytest

from stand_in import Client, StandIn

TOKEN = "/identity_/connect/token"


@pytest.fixture(scope="module")
def world(start_stand_in: Any) -> StandIn:
    """Two folders, a child of the first, and a user who sees only the second."""
    stand_in: StandIn = start_stand_in("empty")
    admin = stand_in.client()
    first = admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": "First"})
    admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": "Child", "ParentId": first["Id"]})
    second = admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": "Second"})
    for folder in ("First", "First/Child", "Second"):
        name = folder.replace("/", "-")
        stand_in.client(folder=folder).ok(
            "POST", "/odata/QueueDefinitions", 201, json={"Name": f"q-{name}"}
        )
    user = admin.ok(
        "POST", "/odata/Users", 201,
        json={
            "UserName": "viewer", "Password": "viewer-pw1", "Name": "V", "Surname": "W",
            "EmailAddress": "v@w.example",
        },
    )  # fmt: skip
    role = admin.ok(
        "POST", "/odata/Roles", 201, json=_role("Viewer", "Queues.View", "Transactions.View")
    )
    _assign(admin, user["Id"], second["Id"], role["Id"])
    return stand_in


def _assign(admin: Client, user: int, folder: int, role: int) -> None:
    roles = [{"FolderId": folder, "RoleIds": [role]}]
    body = {"assignments": {"UserIds": [user], "RolesPerFolder": roles}}
    path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignUsers"
    admin.ok("POST", path, 204, json=body)


def _role(name: str, *permissions: str) -> dict[str, Any]:
    return {
        "Name": name,
        "DisplayName": name,
        "Type": "Mixed",
        "Permissions": [{"Name": p, "IsGranted": True} for p in permissions],
    }


@pytest.fixture
def viewer(world: StandIn) -> Client:
    return world.client("viewer", "viewer-pw1")


# --- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YWRtaW46Y29uY2VydG1hc3Rlcg==",
        "UiRobot 00000000-0000-0000-0000-000000000000", "Bearer rt_0-1",
    ],
)  # fmt: skip
def test_without_a_good_token(world: StandIn, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    for path in (
        "/odata/Folders",
        "/odata/Buckets",
        "/api/FoldersNavigation/GetFoldersForCurrentUser",
    ):
        answer = world.http.get(path, headers=headers)
        body = answer.json()
        assert answer.status_code == 401
        assert (body["message"], body["errorCode"]) == ("You are not authenticated!", 0)
        assert (body["unAuthorizedRequest"], body["__abp"]) == (True, True)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_tampered_token(world: StandIn) -> None:
    head, payload, signature = world.token().split(".")
    forged = base64.urlsafe_b64encode(b'{"sub":"admin"}').decode().rstrip("=")
    for token in (
        f"{head}.{forged}.{signature}",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        f"{head}.{payload}.",
    ):
        answer = world.http.get("/odata/Folders", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_comes_in_any_case(world: StandIn, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {world.token()}"}
    assert world.http.get("/odata/Folders", headers=headers).status_code == 200


def test_scopes_bound_an_application(world: StandIn) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "concertmaster",
        "client_secret": "concertmaster-secret",
        "scope": "OR.Queues.Read",
    }
    token = world.http.post(TOKEN, data=form).json()["access_token"]
    headers = {"authorization": f"Bearer {token}", "x-uipath-folderpath": "First"}
    get, post = world.http.get, world.http.post
    assert get("/odata/QueueDefinitions", headers=headers).status_code == 200
    assert get("/odata/Jobs", headers=headers).status_code == 403
    refused = post("/odata/QueueDefinitions", headers=headers, json={"Name": "n"})
    assert refused.status_code == 403
    assert refused.json()["message"] == "You are not authorized!"


# --- where ----------------------------------------------------------------------------------


def test_a_list_of_a_folder_needs_the_folder(world: StandIn) -> None:
    answer = world.client().get("/odata/QueueDefinitions")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1101)
    assert answer.json()["message"] == "An organization unit is required for this action."


def _folder(world: StandIn, name: str) -> dict[str, Any]:
    (row,) = world.client().rows(f"/odata/Folders?$filter=FullyQualifiedName eq '{name}'")
    return row


def test_a_folder_in_every_header(world: StandIn) -> None:
    child = _folder(world, "First/Child")
    encoded = base64.b64encode("First/Child".encode("utf-16-le")).decode()
    for headers in (
        {"x-uipath-organizationunitid": str(child["Id"])},
        {"x-uipath-folderkey": child["Key"]},
        {"X-UIPATH-FolderPath": "first/child"},
        {"X-UIPATH-FolderPath-Encoded": encoded},
    ):
        rows = world.client().rows("/odata/QueueDefinitions", headers=headers)
        assert [row["Name"] for row in rows] == ["q-First-Child"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-uipath-organizationunitid": "987654"},
        {"x-uipath-organizationunitid": "[object Object]"},
        {"x-uipath-organizationunitid": "-1"},
        {"x-uipath-folderkey": "no-guid"},
        {"x-uipath-folderpath": "Nowhere"},
        {"x-uipath-folderpath-encoded": "***"},
        {"x-uipath-folderpath-encoded": base64.b64encode("First/".encode("utf-16-le")).decode()},
    ],
)
@pytest.mark.parametrize(
    "path", ["Jobs", "QueueDefinitions/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders"]
)
def test_a_header_that_names_no_folder(world: StandIn, headers: dict[str, str], path: str) -> None:
    answer = world.client().get(f"/odata/{path}", headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1100)


def test_who_has_one_folder_needs_no_header(viewer: Client) -> None:
    assert [row["Name"] for row in viewer.rows("/odata/QueueDefinitions")] == ["q-Second"]


def test_nobody_reads_a_folder_without_access(world: StandIn, viewer: Client) -> None:
    first = str(_folder(world, "First")["Id"])
    answer = viewer.get("/odata/QueueDefinitions", headers={"x-uipath-organizationunitid": first})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1100)
    across = "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders"
    assert [row["Name"] for row in viewer.rows(across)] == ["q-Second"]
    (queue,) = world.client(folder="First").rows("/odata/QueueDefinitions")
    assert viewer.get(f"/odata/QueueDefinitions({queue['Id']})").status_code == 404
    folders = viewer.get("/odata/Folders")
    assert folders.status_code == 403 or {f["DisplayName"] for f in folders.json()["value"]} == {
        "Second"
    }


def test_what_a_role_does_not_grant(viewer: Client) -> None:
    for method, path, body in (
        ("POST", "/odata/QueueDefinitions", {"Name": "n"}),
        ("GET", "/odata/Jobs", None),
        ("GET", "/odata/Users", None),
        (
            "POST",
            "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs",
            {"jobIds": [1], "strategy": 1},
        ),
    ):
        answer = viewer.request(method, path, json=body)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, 0), f"{method} {path}"


def test_a_right_that_is_taken_away_is_gone_at_once(world: StandIn) -> None:
    admin = world.client()
    user = admin.ok(
        "POST", "/odata/Users", 201,
        json={
            "UserName": "shortlived", "Password": "pw-12345", "Name": "S", "Surname": "L",
            "EmailAddress": "s@l.example",
        },
    )  # fmt: skip
    role = admin.ok("POST", "/odata/Roles", 201, json=_role("Short", "Queues.View"))
    second = _folder(world, "Second")
    _assign(admin, user["Id"], second["Id"], role["Id"])
    client = world.client("shortlived", "pw-12345", folder="Second")
    assert client.get("/odata/QueueDefinitions").status_code == 200
    admin.ok(
        "PUT", f"/odata/Roles({role['Id']})", json={**_role("Short", "Jobs.View"), "Id": role["Id"]}
    )
    assert client.get("/odata/QueueDefinitions").status_code == 403
    admin.ok("DELETE", f"/odata/Users({user['Id']})", 204)
    assert client.get("/odata/QueueDefinitions").status_code == 401
