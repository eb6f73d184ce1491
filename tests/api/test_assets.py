"""Assets: values as robots read and write them, and what may change."""

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.entities import Robot, RobotType, User
from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"
BY_NAME = f"/odata/Assets/{ODATA}.GetRobotAssetByNameForRobotKey"
SET = f"/odata/Assets/{ODATA}.SetRobotAssetByRobotKey"


@pytest.fixture(scope="module")
def robot_key(stand_in: StandIn, shared: Client) -> str:
    """The key of a robot that belongs to user `worker`."""
    worker = shared.ok("POST", "/odata/Users", 201, json={"UserName": "worker"})
    key = clock.new_guid()
    with stand_in.tenant.session() as session:
        robot = Robot(name="worker", type=RobotType.Unattended, user_id=worker["Id"], robot_key=key)
        session.add(robot)
        session.commit()
    return key


def add(client: Client, name: str, **members: object) -> dict[str, object]:
    body = {"Name": name, "ValueScope": "Global", "ValueType": "Text", **members}
    created: dict[str, object] = client.ok("POST", "/odata/Assets", 201, json=body)
    return created


def read(client: Client, name: str, key: str | None, status: int = 200) -> dict[str, object]:
    found: dict[str, object] = client.ok(
        "POST", BY_NAME, status, json={"assetName": name, "robotKey": key}
    )
    return found


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        ("Text", {"StringValue": "a"}, "a"),
        ("Bool", {"BoolValue": True}, "True"),
        ("Integer", {"IntValue": -5}, "-5"),
        ("Credential", {"CredentialUsername": "u", "CredentialPassword": "p"}, ""),
        ("Secret", {"SecretValue": "s"}, ""),
    ],
)
def test_a_value_is_kept_in_its_type(shared, robot_key, kind, members, text) -> None:  # type: ignore[no-untyped-def]
    made = add(shared, f"of-{kind}", ValueType=kind, **members)
    assert made["Value"] == text
    assert made["CredentialPassword"] is None
    found = read(shared, f"OF-{kind}", robot_key)
    assert found["ValueType"] == kind
    assert {name: found[name] for name in members} == members


def test_what_a_robot_reads_has_its_own_context(shared: Client, robot_key: str) -> None:
    add(shared, "context")
    found = read(shared, "context", robot_key)
    assert str(found["@odata.context"]).endswith(f"#{ODATA}.UserAssetDto")


def test_members_of_other_types_are_blank(shared: Client) -> None:
    made = add(shared, "blank", StringValue="x", IntValue=7, CredentialUsername="u")
    assert (made["StringValue"], made["IntValue"], made["CredentialUsername"]) == ("x", 0, "")


def test_an_unknown_name_is_told_in_the_products_words(shared: Client, robot_key: str) -> None:
    error = read(shared, "nobody", robot_key, status=404)
    assert (error["errorCode"], error["message"]) == (
        1002,
        "Could not find an asset with this name.",
    )


def test_a_made_up_robot_key_is_foreign(shared: Client) -> None:
    add(shared, "foreign")
    assert read(shared, "foreign", clock.new_guid(), status=409)["errorCode"] == 1302


def test_a_robot_speaks_only_for_its_user(
    stand_in: StandIn, shared: Client, robot_key: str
) -> None:
    add(shared, "guarded")
    stranger = shared.ok(
        "POST", "/odata/Users", 201, json={"UserName": "stranger", "Password": "pass"}
    )
    role = shared.rows("/odata/Roles?$filter=Name eq 'Folder Administrator'")[0]
    folder = shared.rows("/odata/Folders")[0]
    assignments = {
        "UserIds": [stranger["Id"]],
        "RolesPerFolder": [{"FolderId": folder["Id"], "RoleIds": [role["Id"]]}],
    }
    shared.ok("POST", f"/odata/Folders/{ODATA}.AssignUsers", 204, json={"assignments": assignments})
    other = stand_in.client("stranger", "pass", folder="Shared")
    assert read(other, "guarded", robot_key, status=409)["errorCode"] == 1302
    assert read(other, "guarded", None)["Name"] == "guarded"


def test_each_user_has_a_value_of_its_own(
    stand_in: StandIn, shared: Client, robot_key: str
) -> None:
    worker = shared.rows("/odata/Users?$filter=UserName eq 'worker'")[0]
    made = add(
        shared, "own", ValueScope="PerRobot", HasDefaultValue=False,
        UserValues=[{"UserId": worker["Id"], "ValueType": "Text", "StringValue": "mine"}],
    )  # fmt: skip
    assert read(shared, "own", robot_key)["StringValue"] == "mine"
    error = read(shared, "own", None, status=404)
    assert error["message"] == "The asset does not have a value associated with this robot"
    expanded = shared.ok("GET", f"/odata/Assets({made['Id']})?$expand=UserValues")
    assert expanded["UserValues"][0]["UserName"] == "worker"


def test_without_a_value_of_its_own_a_robot_reads_the_default(
    shared: Client, robot_key: str
) -> None:
    add(shared, "default", ValueScope="PerRobot", StringValue="all")
    assert read(shared, "default", robot_key)["StringValue"] == "all"


def test_a_robot_writes_what_it_reads(shared: Client, robot_key: str) -> None:
    for scope in ("Global", "PerRobot"):
        add(shared, f"written-{scope}", ValueScope=scope, StringValue="before")
        asset = {"Name": f"written-{scope}", "ValueType": "Text", "StringValue": "after"}
        assert shared.ok("POST", SET, json={"robotKey": robot_key, "robotAsset": asset}) == {}
        assert read(shared, f"written-{scope}", robot_key)["StringValue"] == "after"
    row = shared.rows("/odata/Assets?$filter=Name eq 'written-PerRobot'")[0]
    assert row["StringValue"] == "before"


def test_a_robot_does_not_write_another_type(shared: Client, robot_key: str) -> None:
    add(shared, "typed", StringValue="before")
    asset = {"Name": "typed", "ValueType": "Integer", "IntValue": 1}
    answer = shared.post(SET, {"robotKey": robot_key, "robotAsset": asset})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 1502)


def test_the_list_leaves_secrets_and_user_names_out(shared: Client) -> None:
    add(shared, "hidden", ValueType="Secret", SecretValue="s")
    made = add(
        shared, "user", ValueType="Credential", CredentialUsername="u", CredentialPassword="p"
    )
    assert shared.rows("/odata/Assets?$filter=Name eq 'hidden'") == []
    filtered = shared.rows(f"/odata/Assets/{ODATA}.GetFiltered?$filter=Name eq 'hidden'")
    assert [row["SecretValue"] for row in filtered] == [None]
    assert shared.rows("/odata/Assets?$filter=Name eq 'user'")[0]["CredentialUsername"] == ""
    assert shared.ok("GET", f"/odata/Assets({made['Id']})")["CredentialUsername"] == "u"


def test_the_count_leaves_secrets_out_too(shared: Client) -> None:
    add(shared, "counted", ValueType="Secret", SecretValue="s")
    total = int(shared.get("/odata/Assets/$count").text)
    assert total == len(shared.rows("/odata/Assets"))


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"ValueType": "Integer", "IntValue": 1}, 1502),
        ({"ValueType": "Credential", "CredentialUsername": "other"}, 1500),
    ],
)
def test_type_and_user_name_are_guarded(shared, change, number) -> None:  # type: ignore[no-untyped-def]
    made = add(
        shared, f"guard-{number}", ValueType="Credential",
        CredentialUsername="u", CredentialPassword="p",
    )  # fmt: skip
    body = {"Name": made["Name"], "ValueScope": "Global", **change}
    answer = shared.put(f"/odata/Assets({made['Id']})", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, number)


def test_an_update_without_a_password_keeps_it(shared: Client, robot_key: str) -> None:
    made = add(
        shared, "kept", ValueType="Credential", CredentialUsername="u", CredentialPassword="p"
    )
    body = {"Name": "kept", "ValueScope": "Global", "ValueType": "Credential",
            "CredentialUsername": "u", "Description": "new"}  # fmt: skip
    shared.ok("PUT", f"/odata/Assets({made['Id']})", json=body)
    found = read(shared, "kept", robot_key)
    assert (found["CredentialUsername"], found["CredentialPassword"]) == ("u", "p")


def test_a_name_is_taken_once_in_a_folder(shared: Client) -> None:
    add(shared, "once")
    answer = shared.post("/odata/Assets", {"Name": "ONCE", "ValueScope": "Global"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 1001)


def test_lists_over_folders(shared: Client) -> None:
    add(shared, "across")
    path = f"/odata/Assets/{ODATA}.GetAssetsAcrossFolders"
    folder = shared.rows("/odata/Folders")[0]["Id"]
    assert shared.rows(f"{path}?$filter=Name eq 'across'")
    assert shared.rows(f"{path}?$filter=Name eq 'across'&excludeFolderId={folder}") == []


def test_a_user_value_for_nobody_is_refused(shared: Client) -> None:
    body = {"Name": "nobodys", "ValueScope": "PerRobot", "UserValues": [{"UserId": 999_999}]}
    assert shared.post("/odata/Assets", body).status_code == 404
    assert shared.rows("/odata/Assets?$filter=Name eq 'nobodys'") == []


def test_passwords_of_users_values_are_never_answered(stand_in: StandIn, shared: Client) -> None:
    with stand_in.tenant.reader() as session:
        user_id = session.scalar(sa.select(User.id).where(User.user_name == "admin"))
    made = add(
        shared, "quiet", ValueScope="PerRobot", ValueType="Credential",
        UserValues=[{"UserId": user_id, "CredentialUsername": "u", "CredentialPassword": "hush"}],
    )  # fmt: skip
    answer = shared.get(f"/odata/Assets({made['Id']})?$expand=UserValues")
    assert "hush" not in answer.text
    assert read(shared, "quiet", None)["CredentialPassword"] == "hush"
