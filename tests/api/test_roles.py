"""Roles: what they grant, who has them, and those that stay as they are."""

import pytest

from stand_in import Client, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def admin(start_stand_in: Start) -> Client:
    return start_stand_in("empty").client()


def granted(admin: Client, role: object) -> set[str]:
    found = admin.ok("GET", f"/odata/Roles({role})?$expand=Permissions")["Permissions"]
    return {permission["Name"] for permission in found if permission["IsGranted"]}


def test_a_role_grants_what_was_sent(admin: Client) -> None:
    rights = [{"Name": "jobs.view", "IsGranted": True}, {"Name": "Jobs.Edit", "IsGranted": False}]
    made = admin.ok("POST", "/odata/Roles", 201, json={"Name": "viewer", "Permissions": rights})
    assert (made["IsStatic"], made["IsEditable"]) == (False, True)
    assert granted(admin, made["Id"]) == {"Jobs.View"}
    body = {"Name": "viewer", "Permissions": [{"Name": "Queues.View", "IsGranted": True}]}
    admin.ok("PUT", f"/odata/Roles({made['Id']})", json=body)
    assert granted(admin, made["Id"]) == {"Queues.View"}


def test_only_known_permissions(admin: Client) -> None:
    body = {"Name": "odd", "Permissions": [{"Name": "Moon.View", "IsGranted": True}]}
    assert admin.post("/odata/Roles", body).status_code == 400
    assert admin.rows("/odata/Roles?$filter=Name eq 'odd'") == []


def test_static_roles_stay(admin: Client) -> None:
    role = admin.rows("/odata/Roles?$filter=Name eq 'Administrator'")[0]["Id"]
    assert admin.put(f"/odata/Roles({role})", {"Name": "Boss"}).status_code == 409
    assert admin.delete(f"/odata/Roles({role})").status_code == 409


def test_members(admin: Client) -> None:
    role = admin.ok("POST", "/odata/Roles", 201, json={"Name": "team"})["Id"]
    user = admin.ok("POST", "/odata/Users", 201, json={"UserName": "member"})["Id"]
    path = f"/odata/Roles({role})/{ODATA}.SetUsers"
    admin.ok("POST", path, 204, json={"addedUserIds": [user], "removedUserIds": []})
    ids = f"/odata/Roles/{ODATA}.GetUserIdsForRole(key={role})"
    assert admin.ok("GET", ids)["value"] == [user]
    rows = admin.rows(f"/odata/Roles/{ODATA}.GetUsersForRole(key={role})")
    assert [row["RolesList"] for row in rows] == [["team"]]

    admin.ok("PUT", f"/odata/Roles({role})", json={"Name": "crew"})
    assert admin.ok("GET", f"/odata/Users({user})")["RolesList"] == ["crew"]
    assert admin.delete(f"/odata/Roles({role})").status_code == 204
    assert admin.ok("GET", f"/odata/Users({user})")["RolesList"] == []


def test_the_set_of_permissions_names_each_once(admin: Client) -> None:
    names = [row["Name"] for row in admin.rows("/odata/Permissions")]
    assert len(names) == len(set(names)) > 0
