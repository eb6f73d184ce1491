"""Machines: keys, names, and robots that are bound to them."""

from stand_in import Client

ODATA = "UiPath.Server.Configuration.OData"


def make(client: Client, name: str) -> dict[str, object]:
    made: dict[str, object] = client.ok("POST", "/odata/Machines", 201, json={"Name": name})
    return made


def test_a_machine_gets_its_keys(shared: Client) -> None:
    body = {"Name": "keys", "LicenseKey": "mine"}
    made = shared.ok("POST", "/odata/Machines", 201, json=body)
    assert made["LicenseKey"] not in (None, "mine")
    assert made["Key"] != made["LicenseKey"]
    assert shared.post("/odata/Machines", {"Name": "KEYS"}).json()["errorCode"] == 1001
    assert shared.post("/odata/Machines", {"Name": "neg", "UnattendedSlots": -1}).status_code == 400


def test_a_change_keeps_the_keys(shared: Client) -> None:
    made = make(shared, "changes")
    path = f"/odata/Machines({made['Id']})"
    shared.ok("PUT", path, json={"Name": "changed", "UnattendedSlots": 2})
    found = shared.ok("GET", path)
    assert (found["LicenseKey"], found["Key"]) == (made["LicenseKey"], made["Key"])
    assert shared.patch(path, {"Type": "Template"}).status_code == 409


def test_robots_name_their_machine(shared: Client) -> None:
    made = make(shared, "before")
    body = {"Name": "bound", "MachineName": "before", "Type": "Unattended"}
    robot = shared.ok("POST", "/odata/Robots", 201, json=body)["Id"]
    shared.ok("PATCH", f"/odata/Machines({made['Id']})", json={"Name": "after"})
    assert shared.ok("GET", f"/odata/Robots({robot})")["MachineName"] == "after"
    refused = shared.delete(f"/odata/Machines({made['Id']})")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, 1012)
    other = make(shared, "free")["Id"]
    bulk = f"/odata/Machines/{ODATA}.DeleteBulk"
    assert shared.post(bulk, {"machineIds": [other, made["Id"]]}).status_code == 409
    assert shared.get(f"/odata/Machines({other})").status_code == 200
    assert shared.post(bulk, {"machineIds": [other]}).status_code == 204
