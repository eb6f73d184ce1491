"""Buckets: files sent and fetched at signed addresses, listed, taken away."""

from typing import Any

import pytest

from concertmaster.domain import clock, files
from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def admin(stand_in: StandIn) -> Client:
    return stand_in.client(folder="Shared")


def make(admin: Client, name: str, **more: Any) -> Any:
    body = {"Name": name, "Identifier": clock.new_guid(), **more}
    return admin.ok("POST", "/odata/Buckets", 201, json=body)


def at(bucket: Any, operation: str) -> str:
    return f"/odata/Buckets({bucket['Id']})/{ODATA}.{operation}"


def send(admin: Client, bucket: Any, path: str, content: bytes, kind: str = "text/plain") -> int:
    access = admin.ok("GET", at(bucket, "GetWriteUri"), params={"path": path, "contentType": kind})
    assert access["Verb"] == "PUT"
    headers = dict(zip(access["Headers"]["Keys"], access["Headers"]["Values"], strict=True))
    headers["content-type"] = kind
    answer = admin.stand_in.http.put(access["Uri"], content=content, headers=headers)
    return int(answer.status_code)


def test_a_bucket(admin: Client) -> None:
    made = make(admin, "plain", Description="For plain files")
    assert (made["Options"], made["FoldersCount"], made["Password"]) == ("None", 1, None)
    assert [row["Id"] for row in admin.rows("/odata/Buckets?$filter=Name eq 'plain'")] == [
        made["Id"]
    ]
    path = f"/odata/Buckets/{ODATA}.GetByKey(identifier='{made['Identifier']}')"
    assert admin.ok("GET", path)["Name"] == "plain"
    assert admin.post("/odata/Buckets", {"Name": "x"}).status_code == 400
    again = {"Name": "plain", "Identifier": clock.new_guid()}
    assert admin.post("/odata/Buckets", again).status_code == 409
    change = {**made, "Description": "Changed"}
    assert admin.put(f"/odata/Buckets({made['Id']})", change).status_code == 200
    assert admin.delete(f"/odata/Buckets({made['Id']})").status_code == 204


def test_what_is_sent_can_be_fetched(stand_in: StandIn, admin: Client) -> None:
    bucket = make(admin, "sent")
    blobs = stand_in.tenant.blobs / "buckets"
    before = set(blobs.glob("*"))
    assert send(admin, bucket, "/a b/ü&+%?.txt", b"first") == 201
    assert send(admin, bucket, "a b/ü&+%?.txt", b"second") == 201
    access = admin.ok("GET", at(bucket, "GetReadUri"), params={"path": "a b/ü&+%?.txt"})
    answer = stand_in.http.get(access["Uri"])
    assert (answer.content, answer.headers["content-type"]) == (
        b"second", "text/plain; charset=utf-8"
    )  # fmt: skip
    found = admin.ok("GET", at(bucket, "GetFile"), params={"path": "a b/ü&+%?.txt"})
    assert (found["Size"], found["ContentType"]) == (6, "text/plain")
    assert len(set(blobs.iterdir()) - before) == 1  # the first went when the second came
    path = at(bucket, "DeleteFile")
    assert admin.delete(path, params={"path": "a b/ü&+%?.txt"}).status_code == 204
    assert admin.delete(path, params={"path": "a b/ü&+%?.txt"}).status_code == 404
    assert admin.get(path, params={"path": "x"}).status_code == 405
    assert set(blobs.iterdir()) == before


def test_lists(admin: Client) -> None:
    bucket = make(admin, "lists")
    for path in ("a.txt", "b.pdf", "in/c.txt", "in/deep/d.txt", "out/e.txt"):
        send(admin, bucket, path, b"x")

    def listed(operation: str = "GetFiles", **query: Any) -> list[str]:
        found = admin.ok("GET", at(bucket, operation), params=query)["value"]
        return [row["FullPath"] for row in found]

    assert listed(directory="/") == ["a.txt", "b.pdf"]
    assert listed(directory="/", fileNameGlob="*.TXT") == ["a.txt"]
    assert listed(directory="in") == ["in/c.txt"]
    assert listed(directory="in", recursive="true") == ["in/c.txt", "in/deep/d.txt"]
    assert listed(recursive="true", **{"$top": 2, "$skip": 1}) == ["b.pdf", "in/c.txt"]
    assert listed("GetDirectories", directory="/") == ["in", "out"]
    assert listed("GetDirectories", directory="in") == ["in/deep"]
    page = f"/acme/Default/api/Buckets/{bucket['Id']}/ListFiles"
    first = admin.ok("GET", page, params={"takeHint": 3})
    assert [item["fullPath"] for item in first["items"]] == ["a.txt", "b.pdf", "in/c.txt"]
    query = {"takeHint": 3, "continuationToken": first["continuationToken"]}
    second = admin.ok("GET", page, params=query)
    assert [item["size"] for item in second["items"]] == [1, 1]
    assert second["continuationToken"] is None
    (item,) = admin.ok("GET", page, params={"prefix": "out/", "expiryInMinutes": 5})["items"]
    assert item["accessInfo"]["Uri"]
    assert admin.get(page, params={"takeHint": 1001}).status_code == 400
    assert admin.delete(f"/odata/Buckets({bucket['Id']})").status_code == 204
    assert admin.get(page).status_code == 404


@pytest.mark.parametrize("path", ["", "/", "..", "a/../b", "a\x01", "x" * 1025, "a/..\\b"])
def test_what_is_no_path(admin: Client, path: str) -> None:
    bucket = make(admin, f"paths{clock.new_guid()}")
    for operation in ("GetReadUri", "GetWriteUri"):
        assert admin.get(at(bucket, operation), params={"path": path}).status_code == 400


def test_addresses_hold_for_what_they_were_made(stand_in: StandIn, admin: Client) -> None:
    bucket = make(admin, "signed")
    send(admin, bucket, "a", b"x")
    uri = admin.ok("GET", at(bucket, "GetReadUri"), params={"path": "a"})["Uri"]
    http = stand_in.http
    assert http.get(uri).status_code == 200
    for other in (uri.replace("/a?", "/b?"), uri + "0", uri.replace("expires=", "expires=9"),
                  uri.partition("?")[0], uri.replace("buckets/", "buckets/9")):  # fmt: skip
        assert http.get(other).status_code == 403
    assert http.put(uri, content=b"y").status_code == 403
    assert admin.get(at(bucket, "GetReadUri"), params={"path": "none"}).status_code == 404
    path = {"path": "a", "expiryInMinutes": 0}
    assert admin.get(at(bucket, "GetReadUri"), params=path).status_code == 400


def test_read_only(stand_in: StandIn, admin: Client) -> None:
    bucket = make(admin, "closed", Options="ReadOnly")
    assert admin.get(at(bucket, "GetWriteUri"), params={"path": "a"}).status_code == 409


# --- in several folders ---------------------------------------------------------------------


def share(admin: Client, bucket: int, add: list[int], remove: list[int], status: int = 204) -> Any:
    body = {"bucketIds": [bucket], "toAddFolderIds": add, "toRemoveFolderIds": remove}
    answer = admin.post(f"/odata/Buckets/{ODATA}.ShareToFolders", body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def finance(admin: Client) -> Any:
    return admin.ok("POST", "/odata/Folders", 201, json={"DisplayName": "Finance"})


def test_a_bucket_in_two_folders(admin: Client, stand_in: StandIn, finance: Any) -> None:
    (shared,) = admin.rows("/odata/Folders?$filter=DisplayName eq 'Shared'")
    there = stand_in.client(folder="Finance")
    bucket = make(admin, "common")
    assert send(admin, bucket, "a.txt", b"a") == 201
    assert there.get(f"/odata/Buckets({bucket['Id']})").status_code == 404
    assert there.get(at(bucket, "GetReadUri"), params={"path": "a.txt"}).status_code == 404
    share(admin, bucket["Id"], [finance["Id"]], [])
    assert there.ok("GET", f"/odata/Buckets({bucket['Id']})")["FoldersCount"] == 2
    assert there.get(at(bucket, "GetReadUri"), params={"path": "a.txt"}).status_code == 200
    assert len(there.ok("GET", f"/api/Buckets/{bucket['Id']}/ListFiles")["items"]) == 1
    folders = admin.ok("GET", f"/odata/Buckets/{ODATA}.GetFoldersForBucket(id={bucket['Id']})")
    names = [folder["DisplayName"] for folder in folders["AccessibleFolders"]]
    assert (names, folders["TotalFoldersCount"]) == (["Shared", "Finance"], 2)
    across = f"/odata/Buckets/{ODATA}.GetBucketsAcrossFolders?$filter=Name eq 'common'"
    assert [one["Id"] for one in admin.rows(across)] == [bucket["Id"]]
    assert admin.rows(f"{across}&excludeFolderId={finance['Id']}") == []
    again = {"Name": "Common", "Identifier": "5e1f0000-0000-0000-0000-0000000000aa"}
    assert there.post("/odata/Buckets", again).status_code == 409
    share(admin, bucket["Id"], [], [shared["Id"]])
    assert admin.get(f"/odata/Buckets({bucket['Id']})").status_code == 404
    assert there.ok("GET", f"/odata/Buckets({bucket['Id']})")["FoldersCount"] == 1
    assert share(there, bucket["Id"], [], [finance["Id"]], 409)["message"]
    assert there.delete(f"/odata/Buckets({bucket['Id']})").status_code == 204


def test_where_a_bucket_may_not_go(admin: Client, stand_in: StandIn, finance: Any) -> None:
    (shared,) = admin.rows("/odata/Folders?$filter=DisplayName eq 'Shared'")
    bucket = make(admin, "stays")
    share(admin, bucket["Id"], [10**6], [], 404)
    share(admin, 10**6, [finance["Id"]], [], 404)
    other = {"Name": "Stays", "Identifier": "5e1f0000-0000-0000-0000-0000000000ab"}
    stand_in.client(folder="Finance").ok("POST", "/odata/Buckets", 201, json=other)
    assert share(admin, bucket["Id"], [finance["Id"]], [], 409)["errorCode"] == 1001
    viewer = {"UserName": "viewer", "Name": "V", "Surname": "V", "Password": "secret-1"}
    user = admin.ok("POST", "/odata/Users", 201, json=viewer)
    granted = [{"Name": "Buckets.View", "IsGranted": True}]
    role = {"Name": "Sees", "DisplayName": "Sees", "Type": "Mixed", "Permissions": granted}
    role = admin.ok("POST", "/odata/Roles", 201, json=role)
    places = [{"FolderId": id_, "RoleIds": [role["Id"]]} for id_ in (shared["Id"], finance["Id"])]
    body = {"assignments": {"UserIds": [user["Id"]], "RolesPerFolder": places}}
    admin.ok("POST", f"/odata/Folders/{ODATA}.AssignUsers", 204, json=body)
    seer = stand_in.client("viewer", "secret-1", folder="Shared")
    assert share(seer, bucket["Id"], [finance["Id"]], [], 403)["errorCode"] == 1017
    assert admin.ok("GET", f"/odata/Buckets({bucket['Id']})")["FoldersCount"] == 1


def test_too_much(admin: Client, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 100)
    bucket = make(admin, "small")
    assert send(admin, bucket, "a", b"x" * 101) == 413
    assert not list((stand_in.tenant.blobs / "buckets").rglob("*.part"))


def test_an_attachment(stand_in: StandIn, admin: Client) -> None:
    made = admin.ok("POST", "/odata/Attachments", 201, json={"Name": "n.txt"})
    access = made["BlobFileAccess"]
    assert (access["Verb"], access["RequiresAuth"]) == ("PUT", False)
    assert stand_in.http.get(access["Uri"]).status_code == 404
    assert stand_in.http.put(access["Uri"], content=b"hello").status_code == 201
    found = admin.ok("GET", f"/odata/Attachments({made['Id']})")
    answer = stand_in.http.get(found["BlobFileAccess"]["Uri"])
    assert answer.content == b"hello"
    assert 'filename="n.txt"' in answer.headers["content-disposition"]
    assert stand_in.http.get(access["Uri"] + "0").status_code == 403
    assert stand_in.http.put(access["Uri"].partition("?")[0]).status_code == 403
    assert admin.delete(f"/odata/Attachments({made['Id']})").status_code == 204
    assert stand_in.http.get(access["Uri"]).status_code == 404
    assert admin.post("/odata/Attachments", {}).status_code == 400
    body = {"attachmentId": made["Id"], "jobKey": made["Id"], "category": "c"}
    assert admin.post("/api/JobAttachments/Post", body).status_code == 404


def test_an_attachment_is_where_its_reader_looks(admin: Client) -> None:
    """Whatever host it was made by; and the address of a reader is one to fetch from."""
    made = admin.ok("POST", "/odata/Attachments", 201, json={"Name": "n.txt"})
    assert made["BlobFileAccess"]["Uri"].startswith("http://testserver/")
    path = f"/odata/Attachments({made['Id']})"
    access = admin.ok("GET", path, headers={"host": "elsewhere:81"})["BlobFileAccess"]
    assert access["Uri"].startswith("http://elsewhere:81/blobs/attachments/")
    assert (access["Verb"], access["Headers"]) == ("GET", {"Keys": [], "Values": []})
    assert "BlobFileAccess" not in admin.ok("GET", f"{path}?$select=Name")
