"""Every entity set, with the whole query language over every member of its declaration."""

from typing import Any

import pytest

from concertmaster.model import model
from concertmaster.odata.model import EntitySet
from stand_in import Client, StandIn

SETS = sorted(entity_set.name for entity_set in model())
#: Sets that no scenario fills: their rows are made by use.
EMPTY = {
    "Attachments", "AuditLogs", "Buckets", "Environments", "Exports", "JobTriggers", "Libraries",
    "QueueItemComments",
}  # fmt: skip


@pytest.fixture(scope="module", params=["demo", "guide"])
def tenant(request: pytest.FixtureRequest, demo: StandIn, guide: StandIn) -> Client:
    if request.param == "demo":
        return demo.client(folder="Shared")
    return guide.client()


def _set(name: str) -> EntitySet:
    found = model().set(name)
    assert found
    return found


@pytest.mark.parametrize("name", SETS)
def test_lists_and_keys_agree(tenant: Client, name: str) -> None:
    answer = tenant.ok("GET", f"/odata/{name}?$top=3")
    assert answer["@odata.context"].endswith(f"/odata/$metadata#{name}")
    assert answer["@odata.count"] == int(tenant.get(f"/odata/{name}/$count").text)
    key = _set(name).type.key
    for row in answer["value"]:
        assert list(row) == list(_set(name).type.properties)
        value = row[key.name]
        shown = "'" + value.replace("'", "''") + "'" if key.edm == "Edm.String" else value
        one = tenant.ok("GET", f"/odata/{name}({shown})")
        assert one["@odata.context"].endswith(f"/odata/$metadata#{name}/$entity")
        assert one[key.name] == value


@pytest.mark.parametrize("name", SETS)
def test_every_member_filters_and_orders(tenant: Client, name: str) -> None:
    total = tenant.ok("GET", f"/odata/{name}?$top=0")["@odata.count"]
    for prop in _set(name).type.properties.values():
        if not prop.filterable:
            refused = tenant.get(f"/odata/{name}?$filter={prop.name} eq null")
            assert (refused.status_code, refused.json()["errorCode"]) == (400, 1000), prop.name
            continue
        order = "" if prop.edm == "Edm.Binary" else f"&$orderby={prop.name.lower()} desc"
        path = f"/odata/{name}?$top=1&$select={prop.name}{order}"
        answer = tenant.ok("GET", f"{path}&$filter={prop.name} eq null or {prop.name} ne null")
        assert answer["@odata.count"] == total, prop.name
        for row in answer["value"]:
            _finds_itself(tenant, name, prop.name, prop.edm, row[prop.name])


def _finds_itself(tenant: Client, name: str, member: str, edm: str, value: Any) -> None:
    if value is None or edm in ("Edm.Double", "Edm.Binary"):
        return
    quoted = "'" + str(value).replace("'", "''") + "'"
    bare = edm in ("Edm.Boolean", "Edm.Int32", "Edm.Int64", "Edm.Int16", "Edm.DateTimeOffset")
    literal = str(value).lower() if edm == "Edm.Boolean" else str(value) if bare else quoted
    params = {"$filter": f"{member} eq {literal}", "$top": "0"}
    assert tenant.ok("GET", f"/odata/{name}", params=params)["@odata.count"] > 0, member


@pytest.mark.parametrize("name", SETS)
def test_every_navigation_expands_and_filters(tenant: Client, name: str) -> None:
    for navigation in _set(name).type.navigations.values():
        answer = tenant.ok("GET", f"/odata/{name}?$top=2&$expand={navigation.name}")
        for row in answer["value"]:
            kind = list if navigation.collection else (dict, type(None))
            assert isinstance(row[navigation.name], kind)
        key = navigation.target.key.name
        condition = (
            f"{navigation.name}/any(x:x/{key} ne null) or {navigation.name}/$count eq 0"
            if navigation.collection
            else f"{navigation.name} eq null or {navigation.name}/{key} ne null"
        )
        found = tenant.ok("GET", f"/odata/{name}?$top=0&$filter={condition}")
        assert found["@odata.count"] == answer["@odata.count"], navigation.name


@pytest.mark.parametrize("name", sorted(set(SETS) - EMPTY))
def test_the_demo_tenant_is_alive(client: Client, name: str) -> None:
    assert client.rows(f"/odata/{name}?$top=1")


@pytest.mark.parametrize("name", SETS)
def test_paging_covers_everything_once(client: Client, name: str) -> None:
    key = _set(name).type.key.name
    everything = client.ok("GET", f"/odata/{name}?$select={key}&$top=1000")
    rows, skip = [], 0
    while page := client.rows(f"/odata/{name}?$select={key}&$top=190&$skip={skip}"):
        rows += page
        skip += len(page)
    assert rows == everything["value"]
    assert len(rows) == everything["@odata.count"]
