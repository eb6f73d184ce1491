"""Users: who am I, roles, passwords that are never answered, one's own robot."""

import pytest

from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"


def make(admin: Client, name: str, **members: object) -> dict[str, object]:
    body = {"UserName": name, "Password": "pass", **members}
    made: dict[str, object] = admin.ok("POST", "/odata/Users", 201, json=body)
    return made


def test_a_new_user_can_sign_in(stand_in: StandIn, admin: Client) -> None:
    made = make(admin, "signs-in", Name="Ann", Surname="Lee")
    assert (made["FullName"], made["Password"]) == ("Ann Lee", None)
    assert (
        stand_in.client("signs-in", "pass").ok("GET", f"/odata/Users/{ODATA}.GetCurrentUser")["Id"]
        == made["Id"]
    )


def test_a_user_name_is_taken_once(admin: Client) -> None:
    make(admin, "once")
    answer = admin.post("/odata/Users", {"UserName": "ONCE"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 1001)


def test_roles_by_name(admin: Client) -> None:
    made = make(admin, "roles", RolesList=["robot"])
    assert made["RolesList"] == ["Robot"]
    read = admin.ok("GET", f"/odata/Users({made['Id']})?$expand=UserRoles")
    assert [role["RoleName"] for role in read["UserRoles"]] == ["Robot"]
    assert admin.post("/odata/Users", {"UserName": "x", "RolesList": ["No"]}).status_code == 400


def test_roles_are_assigned_and_toggled(admin: Client) -> None:
    made = make(admin, "toggled", RolesList=["Robot"])
    administrator = admin.rows("/odata/Roles?$filter=Name eq 'Administrator'")[0]["Id"]
    path = f"/odata/Users({made['Id']})"
    assert admin.ok("POST", f"{path}/{ODATA}.AssignRoles", json={"roleIds": [administrator]}) == {}
    assert admin.ok("GET", path)["RolesList"] == ["Administrator"]
    for toggle, names in ((True, {"Administrator", "Robot"}), (False, {"Administrator"})):
        body = {"role": "Robot", "toggle": toggle}
        admin.ok("POST", f"{path}/{ODATA}.ToggleRole", json=body)
        assert set(admin.ok("GET", path)["RolesList"]) == names


def test_the_last_administrator_stays(admin: Client) -> None:
    for row in admin.rows("/odata/Users?$filter=UserName ne 'admin'"):
        assert admin.delete(f"/odata/Users({row['Id']})").status_code == 204
    me = admin.ok("GET", f"/odata/Users/{ODATA}.GetCurrentUser")["Id"]
    answer = admin.post(f"/odata/Users({me})/{ODATA}.AssignRoles", {"roleIds": []})
    assert answer.status_code == 409
    assert admin.delete(f"/odata/Users({me})").status_code == 403


def test_everyone_sets_the_password_of_ones_own_robot(stand_in: StandIn, admin: Client) -> None:
    held = {"UserName": "acme\\own", "LimitConcurrentExecution": True}
    made = make(admin, "own", UnattendedRobot=held)
    mine, path = stand_in.client("own", "pass"), f"/odata/Users({made['Id']})"
    assert mine.ok("PATCH", path, json={"UnattendedRobot": {"Password": "S3cret!"}}) == {}
    answer = mine.get(path)
    assert "S3cret!" not in answer.text
    robot = answer.json()["UnattendedRobot"]
    assert (robot["UserName"], robot["LimitConcurrentExecution"]) == ("acme\\own", True)


@pytest.mark.parametrize(
    "change", [{"Name": "x"}, {"RolesList": ["Administrator"]}, {"UserRoles": []}]
)
def test_nobody_changes_more_of_oneself(stand_in: StandIn, admin: Client, change: object) -> None:
    name = f"modest-{next(iter(change))}"  # type: ignore[call-overload]
    made = make(admin, name)
    mine = stand_in.client(name, "pass")
    assert mine.patch(f"/odata/Users({made['Id']})", change).status_code == 403


def test_without_permission_there_is_nobody_but_oneself(stand_in: StandIn, admin: Client) -> None:
    made, other = make(admin, "alone"), make(admin, "other")
    mine = stand_in.client("alone", "pass")
    assert mine.ok("GET", f"/odata/Users({made['Id']})")["UserName"] == "alone"
    assert mine.get(f"/odata/Users({other['Id']})").status_code == 404
    assert mine.get("/odata/Users").status_code == 403
    body = {"UnattendedRobot": {"Password": "p"}}
    assert mine.patch(f"/odata/Users({other['Id']})", body).status_code == 403


def test_the_caller_with_the_workspace(admin: Client) -> None:
    path = f"/odata/Users/{ODATA}.GetCurrentUserExtended"
    found = admin.ok("GET", f"{path}?$expand=PersonalWorkspace")
    assert found["UserName"] == "admin"
    assert {"PersonalWorkspace", "PersonalWorskpaceFeedId"} <= found.keys()
    chosen = admin.ok("GET", f"{path}?$select=PersonalWorkspace&$expand=PersonalWorkspace")
    assert set(chosen) == {"@odata.context", "PersonalWorkspace"}


def test_current_permissions(stand_in: StandIn, admin: Client) -> None:
    granted = admin.ok("GET", f"/odata/Users/{ODATA}.GetCurrentPermissions")["Permissions"]
    assert "Users.Edit" in granted
    make(admin, "powerless")
    mine = stand_in.client("powerless", "pass")
    assert mine.ok("GET", f"/odata/Users/{ODATA}.GetCurrentPermissions")["Permissions"] == []
