"""`/_control/tenants`: a tenant for each test, of its own, in milliseconds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from stand_in import Client, StandIn

TENANTS = "/_control/tenants"


@pytest.fixture
def made(admin: Client) -> Iterator[dict[str, Any]]:
    """A tenant that one test has for itself."""
    yield admin.ok("POST", TENANTS, 201, json={"organization": "globex", "name": "one"})
    admin.delete(f"{TENANTS}/globex/one")


def speaking(stand_in: StandIn, tenant: dict[str, Any]) -> Client:
    """A client of a tenant, with the token that came with it; paths are below its URL."""
    return Client(stand_in, {"authorization": f"Bearer {tenant['token']}"})


def path_of(tenant: dict[str, Any]) -> str:
    return "/" + tenant["url"].split("/", 3)[3]


def test_a_new_tenant_answers_at_once(stand_in: StandIn, made: dict[str, Any]) -> None:
    assert made["url"] == "http://testserver/globex/one"
    client = speaking(stand_in, made)
    folders = client.rows(f"{path_of(made)}/odata/Folders")
    assert [folder["DisplayName"] for folder in folders] == ["Shared"]
    (about,) = client.rows(f"{path_of(made)}/odata/Tenants")
    assert (about["Name"], about["Key"]) == ("one", made["tenantId"])
    (user,) = client.rows(f"{path_of(made)}/odata/Users?$filter=UserName eq 'admin'")
    assert (user["TenancyName"], user["TenantKey"]) == ("one", made["tenantId"])


def test_it_has_names_keys_and_a_sign_in_of_its_own(
    stand_in: StandIn, admin: Client, made: dict[str, Any]
) -> None:
    assert made["organizationId"] != stand_in.tenant.organization_key
    elsewhere = speaking(stand_in, made).get("/acme/Default/odata/Folders")
    assert elsewhere.status_code == 401
    assert admin.get(f"{path_of(made)}/odata/Folders").status_code == 401


def test_they_are_listed_and_go(admin: Client, made: dict[str, Any]) -> None:
    listed = admin.ok("GET", TENANTS)["value"]
    assert [tenant["name"] for tenant in listed] == ["Default", "one"]
    assert listed[1] == {name: value for name, value in made.items() if name != "token"}
    admin.ok("DELETE", f"{TENANTS}/GLOBEX/One", 204)
    assert [tenant["name"] for tenant in admin.ok("GET", TENANTS)["value"]] == ["Default"]
    assert admin.get(f"{path_of(made)}/odata/Folders").status_code == 404
    again = admin.ok("POST", TENANTS, 201, json={"organization": "globex", "name": "one"})
    assert again["tenantId"] != made["tenantId"]
    assert again["organizationId"] == made["organizationId"]


def test_the_organization_may_be_left_out(admin: Client) -> None:
    made = admin.ok("POST", TENANTS, 201, json={"name": "beside"})
    assert made["url"].endswith("/acme/beside")
    admin.ok("DELETE", f"{TENANTS}/acme/beside", 204)


# --- scenarios --------------------------------------------------------------------------------

TEXT = """
include: empty
QueueDefinitions:
  - {Name: Invoices, Folder: Shared}
"""


@pytest.mark.parametrize(
    "scenario",
    [
        TEXT,
        {"include": "empty", "QueueDefinitions": [{"Name": "Invoices", "Folder": "Shared"}]},
    ],
)
def test_a_scenario_may_come_along(stand_in: StandIn, admin: Client, scenario: Any) -> None:
    made = admin.ok("POST", TENANTS, 201, json={"name": "own", "scenario": scenario})
    queues = speaking(stand_in, made).rows(f"{path_of(made)}/odata/QueueDefinitions")
    assert [queue["Name"] for queue in queues] == ["Invoices"]
    assert made["scenario"] is None
    admin.ok("DELETE", f"{TENANTS}/acme/own", 204)


def test_a_built_in_one_is_named(stand_in: StandIn, admin: Client) -> None:
    made = admin.ok("POST", TENANTS, 201, json={"name": "guide", "scenario": "guide"})
    client = speaking(stand_in, made)
    assert client.ok("GET", f"{path_of(made)}/_control/background")["paused"] is True
    assert client.rows(f"{path_of(made)}/odata/QueueItems?$top=1")
    admin.ok("DELETE", f"{TENANTS}/acme/guide", 204)


@pytest.mark.parametrize(
    "scenario",
    [
        "/etc/passwd",
        "../secret.yaml",
        "tests/clients/clients.yaml",
        "nonsense",
        "",
        "include: /etc/passwd\n",
        "include: pyproject.toml\n",
        "- a list\n",
        "Jobs: [\n",
        "Nonsense:\n  - {Id: 1}\n",
        "Folders:\n  - {DisplayName: Alone}\n",  # nobody could sign in
        {"include": "empty", "QueueDefinitions": [{"Nonsense": 1}]},
        {},
        7,
        ["empty"],
    ],
)
def test_a_scenario_that_cannot_be_leaves_nothing(admin: Client, scenario: Any) -> None:
    answer = admin.post(TENANTS, {"name": "bad", "scenario": scenario})
    assert answer.status_code == 400, answer.text
    assert answer.json()["errorCode"] in (1000, 1009)
    assert "root:" not in answer.text
    assert [tenant["name"] for tenant in admin.ok("GET", TENANTS)["value"]] == ["Default"]


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "-a", "a\n", "x" * 64, "ä", None, 7])
def test_names_that_no_url_can_hold(admin: Client, name: Any) -> None:
    assert admin.post(TENANTS, {"name": name}).status_code == 400
    assert admin.post(TENANTS, {"name": "good", "organization": name or ""}).status_code == 400


def test_a_name_is_given_once(admin: Client, made: dict[str, Any]) -> None:
    for organization, name in (("globex", "one"), ("GLOBEX", "One"), ("acme", "default")):
        answer = admin.post(TENANTS, {"organization": organization, "name": name})
        assert answer.status_code == 409
        assert answer.json()["errorCode"] == 1001


def test_the_default_tenant_stays_and_strangers_are_not_found(admin: Client) -> None:
    assert admin.delete(f"{TENANTS}/acme/Default").status_code == 409
    assert admin.delete(f"{TENANTS}/acme/nobody").status_code == 404


def test_only_administrators_of_the_default_tenant_may(
    stand_in: StandIn, admin: Client, made: dict[str, Any]
) -> None:
    theirs = speaking(stand_in, made)
    for path in (TENANTS, f"{path_of(made)}{TENANTS}"):
        assert stand_in.http.get(path).status_code == 401
        assert theirs.get(path).status_code == 403
        assert theirs.post(path, {"name": "more"}).status_code == 403
        assert theirs.delete(f"{path}/acme/Default").status_code == 403
    assert theirs.ok("GET", f"{path_of(made)}/_control/clock")["scale"] == 1  # its own it may
    pages = {"origin": "http://elsewhere.example"}
    assert admin.get(TENANTS, headers=pages).status_code == 403


# --- side by side -----------------------------------------------------------------------------


def test_eight_at_once_do_not_disturb_one_another(stand_in: StandIn, admin: Client) -> None:
    """Each makes a tenant, fills a queue, resets it, fills it again, moves its clock, and goes."""

    def live(number: int) -> tuple[list[str], int, str]:
        name = f"side-{number}"
        made = admin.ok("POST", TENANTS, 201, json={"name": name, "scenario": TEXT})
        client, path = speaking(stand_in, made), path_of(made)
        shared = {"x-uipath-folderpath": "Shared"}

        def add(reference: str) -> None:
            item = {"itemData": {"Name": "Invoices", "Reference": reference}}
            client.ok(
                "POST", f"{path}/odata/Queues/UiPathODataSvc.AddQueueItem", 201, json=item,
                headers=shared,
            )  # fmt: skip

        add("before")
        client.ok("PUT", f"{path}/_control/clock", json={"now": "2030-01-01", "frozen": True})
        client.ok("POST", f"{path}/_control/reset", 204)
        for count in range(number):
            add(f"{name}-{count}")
        client.ok("PUT", f"{path}/_control/clock", json={"now": f"203{number}-01-01T00:00:00Z"})
        items = client.ok("GET", f"{path}/odata/QueueItems?$orderby=Id", headers=shared)["value"]
        now = client.ok("GET", f"{path}/_control/clock")["now"]
        admin.ok("DELETE", f"{TENANTS}/acme/{name}", 204)
        return [item["Reference"] for item in items], len(items), now[:4]

    with ThreadPoolExecutor(8) as threads:
        lives = list(threads.map(live, range(8)))
    for number, (references, _, year) in enumerate(lives):
        assert references == [f"side-{number}-{count}" for count in range(number)]
        assert year == f"203{number}"
    assert [tenant["name"] for tenant in admin.ok("GET", TENANTS)["value"]] == ["Default"]
