"""Packages: uploaded, listed, downloaded, taken away; feeds of the tenant and of a workspace."""

import json
from typing import Any

import pytest

from nupkg import coded, studio
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"
UPLOAD = f"/odata/Processes/{ODATA}.UploadPackage"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("demo")


@pytest.fixture(scope="module")
def admin(stand_in: StandIn) -> Client:
    return stand_in.client(folder="Shared")


@pytest.fixture(scope="module")
def workspace(admin: Client) -> dict[str, Any]:
    found: dict[str, Any] = admin.ok("GET", f"/odata/Users/{ODATA}.GetCurrentUserExtended")
    return {**found["PersonalWorkspace"], "Feed": found["PersonalWorskpaceFeedId"]}


def upload(client: Client, content: bytes, path: str = UPLOAD, field: str = "file") -> Any:
    return client.post(path, files={field: ("p.nupkg", content, "application/octet-stream")})


def test_what_was_uploaded_is_there(admin: Client) -> None:
    answer = upload(admin, coded("first"))
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["value"]
    assert (told["Key"], told["Status"]) == ("p.nupkg", "OK")
    assert json.loads(told["Body"]) == {"Id": "first", "Version": "0.0.1"}
    (row,) = admin.rows("/odata/Processes?searchTerm=first")
    assert (row["Key"], row["Title"], row["Authors"]) == ("first:0.0.1", "first", "Ada")
    assert (row["IsLatestVersion"], row["MainEntryPointPath"]) == (True, "main")
    assert row["Published"]
    got = admin.get(f"/odata/Processes/{ODATA}.DownloadPackage(key='first:0.0.1')")
    assert got.content == coded("first") or len(got.content) == len(coded("first"))
    assert got.headers["content-disposition"] == 'attachment; filename="first.0.0.1.nupkg"'
    arguments = admin.ok("GET", f"/odata/Processes/{ODATA}.GetArguments(key='first:0.0.1')")
    assert json.loads(arguments["Input"])["required"] == ["a"]
    (point,) = admin.rows(f"/odata/Processes/{ODATA}.GetPackageEntryPoints(key='first:0.0.1')")
    assert point["Path"] == "main"
    main = admin.ok("GET", f"/odata/Processes/{ODATA}.GetPackageMainEntryPoint(key='first:0.0.1')")
    assert main["UniqueId"] == point["UniqueId"]


@pytest.mark.parametrize(
    ("path", "field"),
    [(f"{UPLOAD}()", "file"), ("/odata/Processes/UploadPackage", "uploads[]"),
     ("/odata/processes/uploadpackage()", "file9")],
)  # fmt: skip
def test_every_way_to_ask(admin: Client, path: str, field: str) -> None:
    assert upload(admin, coded(f"way.{len(path)}"), path, field).status_code == 200


def test_a_version_is_published_once(admin: Client) -> None:
    assert upload(admin, coded("once")).status_code == 200
    answer = upload(admin, coded("ONCE"))
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 1004)
    assert upload(admin, coded("once", "0.0.2")).status_code == 200


def test_the_newest_version_leads(admin: Client) -> None:
    for version in ("1.10.0", "1.9.0", "1.10.1-beta"):
        assert upload(admin, coded("versions", version)).status_code == 200
    (row,) = admin.rows("/odata/Processes?searchTerm=versions")
    assert row["Version"] == "1.10.1-beta"
    path = f"/odata/Processes/{ODATA}.GetProcessVersions(processId='versions')"
    assert len(admin.rows(path)) == 3
    assert admin.delete("/odata/Processes('versions:1.10.1-beta')").status_code == 204
    (row,) = admin.rows("/odata/Processes?searchTerm=versions")
    assert row["Version"] == "1.10.0"


def test_a_package_in_use_stays(admin: Client) -> None:
    upload(admin, coded("used"))
    body = {"Name": "used", "ProcessKey": "used", "ProcessVersion": "0.0.1"}
    release = admin.ok("POST", "/odata/Releases", 201, json=body)
    assert (release["EntryPointPath"], release["ProcessType"]) == ("main", "Process")
    assert release["Arguments"]["Input"]
    assert admin.delete("/odata/Processes('used:0.0.1')").status_code == 409
    upload(admin, coded("used", "0.0.2"))
    path = f"/odata/Releases({release['Id']})"
    assert admin.ok("GET", path)["IsLatestVersion"] is False
    to_latest = f"{path}/{ODATA}.UpdateToLatestPackageVersion"
    assert admin.post(to_latest, {}).status_code == 200
    assert admin.ok("GET", path)["ProcessVersion"] == "0.0.2"
    assert admin.delete("/odata/Processes('used:0.0.1')").status_code == 204


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"files": {"file": ("x.nupkg", b"nothing")}}, "not a valid NuGet package"),
        ({"files": {"file": ("x.nupkg", studio(designOptions={"outputType": "Library"}))}},
         "library"),
        ({"json": {}}, "form"),
        ({"data": {"file": "text"}}, "form"),
        ({"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data"}}, "form"),
        ({"content": b"rubbish", "headers": {"content-type": "multipart/form-data; boundary=x"}},
         "cannot be read"),
        ({"content": b"--x--\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}},
         "no file"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_said_to_be_none(
    admin: Client, words: dict[str, Any], says: str
) -> None:
    answer = admin.request("POST", UPLOAD, **words)
    assert answer.status_code == 400, answer.text
    assert says in answer.json()["message"]


def test_unknown_packages_and_feeds(admin: Client) -> None:
    download = f"/odata/Processes/{ODATA}.DownloadPackage"
    assert admin.get(f"{download}(key='nothing:1.0.0')").status_code == 404
    assert admin.get(f"{download}(key='DailyReport:1.2.0')").status_code == 404  # never uploaded
    nowhere = "?feedId=00000000-0000-0000-0000-000000000000"
    assert upload(admin, coded("lost"), UPLOAD + nowhere).status_code == 404
    assert admin.get(f"/odata/Processes{nowhere}").status_code == 404


def test_a_workspace_has_a_feed_of_its_own(admin: Client, workspace: dict[str, Any]) -> None:
    feed = f"?feedId={workspace['Feed']}"
    assert upload(admin, coded("mine"), UPLOAD + feed).status_code == 200
    assert admin.rows("/odata/Processes?searchTerm=mine") == []
    (row,) = admin.rows(f"/odata/Processes{feed}&searchTerm=mine")
    assert row["Key"] == "mine:0.0.1"
    assert upload(admin, coded("mine")).status_code == 200  # the tenant's feed has none yet
    assert admin.get(f"/odata/Processes('mine:0.0.1'){feed}").status_code == 200
    got = f"/odata/Processes/{ODATA}.DownloadPackage(key='mine:0.0.1')"
    assert admin.get(got + feed).status_code == admin.get(got).status_code == 200
    assert admin.delete(f"/odata/Processes('mine:0.0.1'){feed}").status_code == 409  # released
    assert admin.delete("/odata/Processes('mine:0.0.1')").status_code == 204
    assert admin.get(got + feed).status_code == 200
    here = f"/api/PackageFeeds/GetFolderFeed?folderId={workspace['Id']}"
    assert admin.ok("GET", here) == workspace["Feed"]


def test_publishing_to_a_workspace_makes_a_process(
    admin: Client, workspace: dict[str, Any]
) -> None:
    feed = f"?feedId={workspace['Feed']}"
    there = {"x-uipath-folderpath": "", "x-uipath-organizationunitid": str(workspace["Id"])}
    listed = (
        f"/odata/Releases/{ODATA}.ListReleases"
        "?$select=Id,Key,ProcessVersion&$top=25&$filter=ProcessKey eq 'auto'"
    )
    upload(admin, coded("auto"), UPLOAD + feed)
    (first,) = admin.rows(listed, headers=there)
    upload(admin, coded("auto", "0.0.2"), UPLOAD + feed)
    (second,) = admin.rows(listed, headers=there)
    assert (first["ProcessVersion"], second["ProcessVersion"]) == ("0.0.1", "0.0.2")
    assert first["Key"] == second["Key"]
    # The command line sends the feed where a folder's number belongs.
    as_feed = {"x-uipath-folderpath": "", "x-uipath-organizationunitid": workspace["Feed"]}
    assert admin.rows(listed, headers=as_feed)


def test_whoever_may_not_publish_is_refused(stand_in: StandIn) -> None:
    john = stand_in.client("john.okafor")
    assert upload(john, coded("no")).status_code == 403
