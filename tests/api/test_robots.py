"""Robots: bound to machines, credentials that are kept or cleared, who can run a process."""

import pytest
import sqlalchemy as sa

from concertmaster.entities import Robot
from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def shared(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    for name in ("HOST1", "HOST2"):
        client.ok("POST", "/odata/Machines", 201, json={"Name": name})
    template = {"Name": "TEMPLATE", "Type": "Template"}
    client.ok("POST", "/odata/Machines", 201, json=template)
    return client


def make(client: Client, name: str, **members: object) -> dict[str, object]:
    body = {
        "Name": name, "MachineName": "HOST1", "Type": "Unattended", "HostingType": "Standard",
        "Username": "acme\\bot", "Password": "secret", **members,
    }  # fmt: skip
    made: dict[str, object] = client.ok("POST", "/odata/Robots", 201, json=body)
    return made


def password_of(stand_in: StandIn, robot_id: object) -> str | None:
    with stand_in.tenant.reader() as session:
        found = session.scalar(sa.select(Robot.password).where(Robot.id == robot_id))
        return None if found is None else str(found)


def test_the_licence_key_is_the_machines_and_shown_by_key_only(shared: Client) -> None:
    made = make(shared, "keys")
    machine = shared.rows("/odata/Machines?$filter=Name eq 'HOST1'")[0]
    assert (made["MachineId"], made["Password"]) == (machine["Id"], None)
    assert shared.ok("GET", f"/odata/Robots({made['Id']})")["LicenseKey"] == machine["LicenseKey"]
    listed = shared.rows("/odata/Robots?$filter=Name eq 'keys'")[0]
    assert listed["LicenseKey"] is None


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"MachineName": "NOWHERE"}, 404),
        ({"MachineName": None}, 400),
        ({"MachineName": "TEMPLATE"}, 409),
        ({"HostingType": "Floating"}, 409),
        ({"Type": "Toaster"}, 400),
        ({"Name": "n" * 20}, 400),
    ],
)
def test_a_robot_fits_its_machine(shared: Client, members: dict[str, object], status: int) -> None:
    body = {"Name": "misfit", "MachineName": "HOST1", "Type": "Unattended", **members}
    assert shared.post("/odata/Robots", body).status_code == status


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"Username": "acme\\bot"}, "secret"),
        ({"Username": "acme\\bot", "Password": ""}, "secret"),
        ({"Username": "acme\\bot", "Password": None}, "secret"),
        ({"Username": "acme\\bot", "Password": "new"}, "new"),
        ({"Username": "acme\\other"}, None),
        ({"Username": "acme\\other", "Password": ""}, None),
        ({"Username": "acme\\other", "Password": "new"}, "new"),
    ],
)
def test_a_password_belongs_to_its_user_name(  # type: ignore[no-untyped-def]
    request, stand_in: StandIn, shared: Client, change: dict[str, object], kept: str | None
) -> None:
    name = f"pw{abs(hash(request.node.name)) % 10**9}"
    made = make(shared, name)
    body = {"Name": name, "MachineName": "HOST1", "Type": "Development", **change}
    assert shared.ok("PUT", f"/odata/Robots({made['Id']})", json=body) == {}
    found = shared.ok("GET", f"/odata/Robots({made['Id']})")
    assert (found["Username"], found["Type"]) == (change["Username"], "Development")
    assert password_of(stand_in, made["Id"]) == kept


def test_a_put_can_move_a_robot(shared: Client) -> None:
    made = make(shared, "moves")
    body = {"Name": "moves", "MachineName": "HOST2", "Type": "Unattended"}
    shared.ok("PUT", f"/odata/Robots({made['Id']})", json=body)
    found = shared.ok("GET", f"/odata/Robots({made['Id']})")
    machine = shared.rows("/odata/Machines?$filter=Name eq 'HOST2'")[0]
    assert (found["MachineId"], found["LicenseKey"]) == (machine["Id"], machine["LicenseKey"])
    assert (
        shared.put(
            f"/odata/Robots({made['Id']})", {"Name": "moves", "Type": "Unattended"}
        ).status_code
        == 400
    )


def test_deleting_takes_all_or_none(shared: Client) -> None:
    ids = [make(shared, name)["Id"] for name in ("gone1", "gone2", "gone3")]
    path = f"/odata/Robots/{ODATA}.DeleteBulk"
    assert shared.post(path, {"robotIds": [ids[0], 999_999]}).status_code == 404
    assert shared.get(f"/odata/Robots({ids[0]})").status_code == 200
    answer = shared.post(path, {"robotIds": ids[:2]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert shared.delete(f"/odata/Robots({ids[2]})").status_code == 204
    assert all(shared.get(f"/odata/Robots({number})").status_code == 404 for number in ids)


def test_robots_are_enabled_and_disabled(shared: Client) -> None:
    made = make(shared, "toggled")
    path = f"/odata/Robots/{ODATA}.ToggleEnabledStatus"
    shared.ok("POST", path, json={"robotIds": [made["Id"]], "enabled": False})
    assert shared.ok("GET", f"/odata/Robots({made['Id']})")["Enabled"] is False


def test_lists_of_robots(shared: Client) -> None:
    make(shared, "listed")
    folder = shared.rows("/odata/Folders")[0]["Id"]
    for name in (
        "FindAllAcrossFolders",
        "GetConfiguredRobots",
        f"GetFolderRobots(folderId={folder})",
    ):
        rows = shared.rows(f"/odata/Robots/{ODATA}.{name}?$filter=Name eq 'listed'&$expand=User")
        assert len(rows) == 1
    assert "acme\\bot" in shared.ok("GET", f"/odata/Robots/{ODATA}.GetUsernames")["value"]


def test_who_can_run_a_process(guide: StandIn) -> None:
    path = f"/odata/Robots/{ODATA}.GetRobotsForProcess(processId='input_output_arguments_example')"
    found = guide.client().ok("GET", path)
    assert found["@odata.context"].endswith("#Robots")
    assert {row["Name"] for row in found["value"]} == {"Stan", "DocBot"} or found[
        "@odata.count"
    ] == 2
    assert guide.client().rows(path.replace("input_output", "no_such")) == []


def test_a_robot_is_bound_to_its_machine_no_more(shared: Client) -> None:
    made = make(shared, "loose", MachineName="HOST2")
    path = f"/odata/Robots/{ODATA}.ConvertToFloating"
    assert shared.ok("POST", path, json={"robotId": made["Id"]}) == {}
    found = shared.ok("GET", f"/odata/Robots({made['Id']})")
    assert (found["HostingType"], found["MachineId"]) == ("Floating", None)
    assert shared.post(path, {"robotId": made["Id"]}).status_code == 409
    assert shared.post(path, {"robotId": 10**6}).status_code == 404
    assert shared.post(path, {}).status_code == 400


def test_keys_by_the_names_of_machines(shared: Client) -> None:
    rows = shared.rows(f"/odata/Robots/{ODATA}.GetMachineNameToLicenseKeyMappings")
    keys = {row["Key"]: row["Value"] for row in rows}
    assert keys["HOST1"] and "TEMPLATE" not in keys


def test_robots_from_a_folder(shared: Client) -> None:
    made = make(shared, "from folder")
    (folder,) = shared.rows("/odata/Folders?$filter=DisplayName eq 'Shared'")
    path = f"/odata/Robots/{ODATA}.GetRobotsFromFolder(folderId={folder['Id']})"
    assert made["Id"] in {row["Id"] for row in shared.rows(path)}
    missing = f"/odata/Robots/{ODATA}.GetRobotsFromFolder(folderId=999999)"
    assert shared.get(missing).status_code == 404
