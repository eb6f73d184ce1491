"""With a storage URL, what clients send lies there, and comes back from there."""

import time

import pytest

from concertmaster.domain import clock
from concertmaster.settings import Settings
from concertmaster.store import DataRefused, Registry
from nupkg import coded
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty", storage=f"memory://{clock.new_guid()}")


def test_packages(stand_in: StandIn, shared: Client) -> None:
    content = coded("far")
    path = f"/odata/Processes/{ODATA}.UploadPackage"
    shared.ok("POST", path, files={"file": ("far.nupkg", content)})
    got = shared.get(f"/odata/Processes/{ODATA}.DownloadPackage(key='far:0.0.1')")
    assert (got.content, got.headers["content-length"]) == (content, str(len(content)))
    assert shared.delete("/odata/Processes('far:0.0.1')").status_code == 204
    assert not [path for path in stand_in.tenant.blobs.rglob("*") if path.is_file()]


def test_files_of_a_bucket(stand_in: StandIn, shared: Client) -> None:
    body = {"Name": "far", "Identifier": clock.new_guid()}
    bucket = shared.ok("POST", "/odata/Buckets", 201, json=body)["Id"]
    at = f"/odata/Buckets({bucket})/{ODATA}"
    uri = shared.ok("GET", f"{at}.GetWriteUri?path=a/ü.txt")["Uri"]
    large = b"0123456789" * 100_000
    assert stand_in.http.put(uri, content=large).status_code == 201
    got = stand_in.http.get(shared.ok("GET", f"{at}.GetReadUri?path=a/ü.txt")["Uri"])
    assert (got.content, got.headers["content-length"]) == (large, str(len(large)))
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "%C3%BC.txt" in got.headers["content-disposition"]


def test_exports(stand_in: StandIn, shared: Client) -> None:
    body = {"Name": "q"}
    queue = shared.ok("POST", "/odata/QueueDefinitions", 201, json=body)["Id"]
    path = f"/odata/QueueDefinitions({queue})/UiPathODataSvc.Export"
    made = shared.ok("POST", path)["Id"]
    until = time.monotonic() + 20
    while shared.ok("GET", f"/odata/Exports({made})")["Status"] != "Completed":
        assert time.monotonic() < until
        time.sleep(0.05)
    link = shared.ok("GET", f"/odata/Exports({made})/{ODATA}.GetDownloadLink")["Uri"]
    head = stand_in.http.get(link).text.partition("\n")[0]
    assert "Reference" in head.split(",")


def test_a_storage_that_is_none(tmp_path: object) -> None:
    settings = Settings(data=tmp_path, ephemeral=True, scenario="empty", storage="pigeon://x")
    with pytest.raises(DataRefused, match="pigeon"):
        Registry.open(settings)
