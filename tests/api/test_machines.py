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


# --- secrets --------------------------------------------------------------------------------


def signed_in(client: Client, key: object, secret: object, status: int = 200) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials", "scope": "OrchestratorApiUserAccess",
        "client_id": key, "client_secret": secret,
    }  # fmt: skip
    path = "/acme/Default/identity_/connect/token"
    answer = client.stand_in.http.post(path, data=form)
    assert answer.status_code == status, answer.text
    return {"authorization": f"Bearer {answer.json().get('access_token')}"}


def test_a_machine_signs_in_for_itself(shared: Client) -> None:
    made = make(shared, "signs in")
    key, secret = made["LicenseKey"], made["ClientSecret"]
    assert secret and len(str(secret)) > 20
    assert shared.ok("GET", f"/odata/Machines({made['Id']})")["ClientSecret"] is None
    headers = signed_in(shared, key, secret)
    http = shared.stand_in.http
    found = http.get("/api/robotsservice/getsharedconnectiondata", headers=headers)
    assert found.json() == {"licenseKey": key}
    assert http.get("/odata/Processes", headers=headers).status_code == 200
    assert http.get("/odata/Users", headers=headers).status_code == 403
    in_shared = {**headers, "x-uipath-folderpath": "Shared"}
    assert (
        http.get("/odata/Assets", headers=in_shared).status_code == 400
    )  # not a folder of its own
    (folder,) = shared.rows("/odata/Folders?$filter=DisplayName eq 'Shared'")
    body = {"associations": {"FolderId": folder["Id"], "AddedMachineIds": [made["Id"]]}}
    path = f"/odata/Folders/{ODATA}.UpdateMachinesToFolderAssociations"
    shared.ok("POST", path, 204, json=body)
    assert http.get("/odata/Assets", headers=in_shared).status_code == 200
    assert signed_in(shared, key, "wrong", 400)
    assert signed_in(shared, "nobody", secret, 400)
    assert shared.delete(f"/odata/Machines({made['Id']})").status_code == 204
    assert http.get("/odata/Processes", headers=headers).status_code == 401


def test_secrets_of_a_machine(shared: Client) -> None:
    made = make(shared, "secrets")
    path = f"/api/clientsecrets/{made['LicenseKey']}"
    second = shared.ok("POST", path, 201)
    assert second["secret"] and second["creationTime"]
    listed = shared.ok("GET", path)
    assert [one["secret"] for one in listed] == [None, None]
    signed_in(shared, made["LicenseKey"], second["secret"])
    assert shared.delete(f"/api/clientsecrets/{second['id']}").status_code == 204
    signed_in(shared, made["LicenseKey"], second["secret"], 400)
    signed_in(shared, made["LicenseKey"], made["ClientSecret"])
    for missing in (second["id"], 10**30, "x", "²"):
        assert shared.delete(f"/api/clientsecrets/{missing}").status_code == 404
    assert shared.get("/api/clientsecrets/none").status_code == 404
    assert shared.post("/api/clientsecrets/none").status_code == 404
