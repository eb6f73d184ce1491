"""Every shape of URL reaches the same service, and answers speak the caller's own address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.edge.address import _split, split
from stand_in import Client, StandIn

SHAPES = [
    "",
    "/acme/Default/orchestrator_",
    "/acme/Default",
    "/ACME/default/ORCHESTRATOR_",
    "/acme/Default/orchestrator_/orchestrator_",  # as one page of the guide has it
    "/acme/Default/orchestrator_/",  # and another: two slashes
]


_SEGMENTS = st.sampled_from(
    [
        "odata",
        "ODATA",
        "od%61ta",
        "orchestrator_",
        "acme",
        "Default",
        "api",
        "Jobs(5)",
        "t",
        "",
        "%2F",
    ]
)


@given(st.lists(_SEGMENTS, max_size=9))
def test_what_is_remembered_of_a_path_makes_no_difference(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    assert split(path) == _split(path)


@pytest.mark.parametrize("prefix", SHAPES)
def test_odata_below_every_prefix(client: Client, prefix: str) -> None:
    answer = client.ok("GET", f"{prefix}/odata/Folders?$top=1&$select=Id")
    root = f"http://testserver{prefix}".rstrip("/")
    assert answer["@odata.context"] == f"{root}/odata/$metadata#Folders(Id)"


@pytest.mark.parametrize("prefix", ["", "/acme/Default", "/acme/Default/orchestrator_"])
def test_plain_calls_below_every_prefix(client: Client, prefix: str) -> None:
    client.ok("GET", f"{prefix}/api/FoldersNavigation/GetFoldersForCurrentUser?skip=0&take=5")


@pytest.mark.parametrize(
    "path",
    [
        "/identity_/connect/token",
        "/identity/connect/token",
        "/acme/identity_/connect/token",
        "/acme/Default/identity_/connect/token",
    ],
)
def test_sign_in_below_every_prefix(demo: StandIn, path: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "concertmaster",
        "client_secret": "concertmaster-secret",
        "scope": "OR.Jobs",
    }
    answer = demo.http.post(path, data=form)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    headers = {"authorization": f"Bearer {token}", "x-uipath-folderpath": "Shared"}
    assert demo.http.get("/odata/Jobs?$top=1", headers=headers).status_code == 200


def test_the_root_of_links_is_the_host_of_the_request(client: Client) -> None:
    answer = client.ok("GET", "/odata/Folders?$top=1", headers={"host": "robots.example:9999"})
    assert answer["@odata.context"].startswith("http://robots.example:9999/odata/")


@pytest.mark.parametrize(
    "path",
    [
        "/nobody/Default/odata/Jobs",
        "/acme/Nothing/orchestrator_/odata/Jobs",
        "/a/b/c/d",
        "/nothing",
        "/acme",
    ],
)
def test_what_lies_nowhere(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["errorCode"] == 0


def test_plain_paths_come_in_any_letter_case(demo: StandIn, client: Client) -> None:
    client.ok("GET", "/API/foldersnavigation/getfoldersforcurrentuser?skip=0&take=5")
    form = {
        "tenancyName": "Default",
        "usernameOrEmailAddress": "admin",
        "password": "concertmaster",
    }
    assert demo.http.post("/api/account/authenticate", json=form).status_code == 200


def test_a_tenant_by_header(client: Client) -> None:
    client.ok("GET", "/odata/Folders", headers={"x-uipath-tenantname": "default"})
    client.ok("GET", "/odata/Folders", 404, headers={"x-uipath-tenantname": "nobody"})


def test_health_and_documents(client: Client) -> None:
    assert client.ok("GET", "/health/live") == {"status": "live"}
    assert client.ok("GET", "/health/ready") == {"status": "ready"}
    assert "swagger" in client.get("/docs").text.lower()
    assert "swagger" in client.get("/swagger").text.lower()
    paths = client.ok("GET", "/openapi.json")["paths"]
    assert "/odata/Jobs({key})" in paths
    assert "post" in paths["/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"]


def test_headers_that_clients_read(client: Client) -> None:
    headers = client.get("/odata/Folders").headers
    assert headers["api-supported-versions"] == "20.0"
    assert headers["odata-version"] == "4.0"
    assert headers["content-type"] == (
        "application/json; odata.metadata=minimal; odata.streaming=true"
    )


def test_controls_answer_no_page_of_another_site(client: Client) -> None:
    assert (
        client.get("/_control/tokens", headers={"origin": "http://evil.example"}).status_code == 403
    )
    assert (
        client.get("/_control/tokens", headers={"origin": "http://testserver"}).status_code == 200
    )
