"""Libraries: uploaded, listed, fetched and taken away, in the tenant's feed of libraries."""

import json
from typing import Any

import pytest

from nupkg import NUSPEC, archive, coded
from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"
UPLOAD = f"/odata/Libraries/{ODATA}.UploadPackage"


def library(id_: str, version: str = "1.0.0") -> bytes:
    """As Studio packs a project of libraries."""
    told = {"designOptions": {"outputType": "Library"}}
    return archive(
        {
            f"{id_}.nuspec": NUSPEC.format(id=id_, version=version),
            "lib/net45/project.json": json.dumps(told),
        }
    )


def upload(client: Client, content: bytes, path: str = UPLOAD) -> Any:
    return client.post(path, files={"file": ("l.nupkg", content, "application/octet-stream")})


def feed(client: Client) -> str:
    (found,) = client.ok("GET", "/api/PackageFeeds/GetLibraryFeeds")
    assert (found["name"], found["purpose"]) == (
        "Orchestrator Tenant Libraries Feed", "Libraries"
    )  # fmt: skip
    return str(found["id"])


def test_what_was_uploaded_is_there(admin: Client) -> None:
    content = library("Mail.Activities")
    answer = upload(admin, content)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["value"]
    assert json.loads(told["Body"]) == {"Id": "Mail.Activities", "Version": "1.0.0"}
    (row,) = admin.rows("/odata/Libraries?searchTerm=mail")
    assert (row["Key"], row["Authors"]) == ("Mail.Activities:1.0.0", "Ada")
    assert (row["IsLatestVersion"], row["PackageSize"]) == (True, len(content))
    assert (row["ProjectType"], row["IsPrerelease"]) == ("ProcessLibrary", False)
    assert admin.ok("GET", "/odata/Libraries('Mail.Activities:1.0.0')")["Title"]
    path = f"/odata/Libraries/{ODATA}.DownloadPackage(key='Mail.Activities:1.0.0')"
    for query in ("", f"?feedId={feed(admin)}"):
        got = admin.get(path + query)
        assert got.content == content
        assert 'filename="Mail.Activities.1.0.0.nupkg"' in got.headers["content-disposition"]
    head = admin.request("HEAD", path)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(content)))
    assert admin.get(f"{path}?feedId={admin.stand_in.tenant.key}").status_code == 404
    assert admin.get(path.replace("1.0.0", "9.9.9")).status_code == 404


def test_the_newest_version_leads(admin: Client) -> None:
    for version in ("1.0.0", "1.10.0-beta", "1.9.0"):
        assert upload(admin, library("Many", version)).status_code == 200
    listed = "/odata/Libraries?$filter=Id eq 'Many'"
    assert [row["Version"] for row in admin.rows(listed)] == ["1.10.0-beta"]
    assert admin.rows(listed)[0]["IsPrerelease"] is True
    path = f"/odata/Libraries/{ODATA}.GetVersions(packageId='many')?$orderby=Version"
    assert [row["Version"] for row in admin.rows(path)] == ["1.0.0", "1.10.0-beta", "1.9.0"]
    assert admin.delete("/odata/Libraries('Many:1.10.0-beta')").status_code == 204
    assert [row["Version"] for row in admin.rows(listed)] == ["1.9.0"]
    assert admin.delete("/odata/Libraries('Many:1.10.0-beta')").status_code == 404


def test_a_version_is_published_once(admin: Client) -> None:
    assert upload(admin, library("Once")).status_code == 200
    again = upload(admin, library("Once"))
    assert (again.status_code, again.json()["errorCode"]) == (409, 1004)


@pytest.mark.parametrize("content", [b"nothing", coded("process"), b""])
def test_what_is_no_library(admin: Client, content: bytes) -> None:
    assert upload(admin, content).status_code == 400
    assert admin.rows("/odata/Libraries?$filter=Id eq 'process'") == []


def test_who_may(stand_in: StandIn, admin: Client) -> None:
    body = {"UserName": "nobody", "Name": "N", "Surname": "N", "Password": "secret-1"}
    admin.ok("POST", "/odata/Users", 201, json=body)
    nobody = stand_in.client("nobody", "secret-1")
    assert nobody.get("/odata/Libraries").status_code == 403
    assert upload(nobody, library("Theirs")).status_code == 403
    assert nobody.get("/api/PackageFeeds/GetLibraryFeeds").status_code == 403
