"""The fixture `orchestrator`: a tenant of a test's own, and every way to reach it."""

import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from concertmaster.testing.controls import ControlFailed
from concertmaster.testing.orchestrator import Orchestrator
from concertmaster.testing.things import NotMade


def names(client: httpx.Client, path: str, member: str = "Name") -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [row[member] for row in answer.json()["value"]]


@pytest.mark.parametrize("number", range(3))
def test_each_test_has_a_tenant_of_its_own(orchestrator: Orchestrator, number: int) -> None:
    assert names(orchestrator.client, "odata/QueueDefinitions") == []
    orchestrator.queue(f"Only here {number}")
    assert names(orchestrator.client, "odata/QueueDefinitions") == [f"Only here {number}"]


def test_in_process_and_on_a_port_it_is_the_same(orchestrator: Orchestrator) -> None:
    orchestrator.asset("Limit", 70)
    assert names(orchestrator.client, "odata/Assets") == ["Limit"]
    request = urllib.request.Request(
        f"{orchestrator.url}/orchestrator_/odata/Assets",
        headers={
            "authorization": f"Bearer {orchestrator.token}", "x-uipath-folderpath": "Shared",
        },
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b'"IntValue":70' in answer.read()


def test_env_is_what_clients_read(orchestrator: Orchestrator) -> None:
    env = orchestrator.env
    assert env["UIPATH_URL"] == orchestrator.url
    assert env["UIPATH_ACCESS_TOKEN"] == orchestrator.token
    assert env["UIPATH_TENANT_NAME"] == orchestrator.name
    assert env["UIPATH_FOLDER_PATH"] == "Shared"
    assert len(env["UIPATH_TENANT_ID"]) == len(env["UIPATH_ORGANIZATION_ID"]) == 36


def test_queues(orchestrator: Orchestrator) -> None:
    queue = orchestrator.queue("Invoices", MaxNumberOfRetries=2)
    item = queue.add("INV-1", Amount=70, Currency="EUR")
    queue.add("INV-2", Amount=71)
    assert item["Reference"] == "INV-1"
    assert [item["SpecificContent"]["Amount"] for item in queue.items("New")] == [70, 71]
    assert queue.items("Failed") == []


def test_processes(orchestrator: Orchestrator) -> None:
    process = orchestrator.process("Post Invoice", arguments={"month": "string"})
    job = process.start(month="2026-11")
    assert (job["ReleaseName"], job["State"]) == ("Post Invoice", "Pending")
    assert job["InputArguments"] == '{"month": "2026-11"}'
    with pytest.raises(NotMade):
        process.start(nonsense=1)


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (True, "Bool", "True"), (7, "Integer", "7"), ("x", "Text", "x"),
        ({"a": 1}, "Text", '{"a": 1}'), (("ada", "secret"), "Credential", None),
    ],
)  # fmt: skip
def test_assets(orchestrator: Orchestrator, value: Any, kind: str, shown: str | None) -> None:
    orchestrator.asset("It", value)
    (asset,) = orchestrator.client.get("odata/Assets").json()["value"]
    assert asset["ValueType"] == kind
    if shown is not None:
        assert asset["Value"] == shown
    with pytest.raises(NotMade, match="409"):
        orchestrator.asset("It", value)


def test_folders(orchestrator: Orchestrator) -> None:
    finance = orchestrator.folder("Finance", Description="Money")
    orchestrator.queue("There", folder=finance.path)
    assert names(orchestrator.in_folder("Finance"), "odata/QueueDefinitions") == ["There"]
    assert names(orchestrator.client, "odata/QueueDefinitions") == []
    process = orchestrator.process("One", folder="Finance")
    assert process.start()["OrganizationUnitFullyQualifiedName"] == "Finance"


def test_the_clock(orchestrator: Orchestrator) -> None:
    clock = orchestrator.clock
    assert abs(clock.now - datetime.now(UTC)) < timedelta(minutes=1)
    clock.freeze(datetime(2030, 1, 1, 12))
    assert clock.frozen
    clock.advance(hours=2)
    assert clock.now == datetime(2030, 1, 1, 14, tzinfo=UTC)
    clock.advance("P1D")
    assert clock.advance_to("2030-01-05T00:00:00Z") == []
    assert clock.now == datetime(2030, 1, 5, tzinfo=UTC)
    clock.set("2031-01-01T00:00:00Z")
    clock.thaw()
    clock.scale(60)
    with pytest.raises(ControlFailed, match="400"):
        clock.advance(timedelta(days=-1))


# --- scenario and settings ----------------------------------------------------------------------


@pytest.mark.orchestrator(scenario={"include": "empty", "QueueDefinitions": [
    {"Name": "Told", "Folder": "Shared"}]})  # fmt: skip
def test_a_scenario_by_marker(orchestrator: Orchestrator) -> None:
    assert names(orchestrator.client, "odata/QueueDefinitions") == ["Told"]


@pytest.mark.orchestrator(scenario="include: empty\nFolders: [{DisplayName: Told}]\n")
def test_a_scenario_as_text(orchestrator: Orchestrator) -> None:
    assert "Told" in names(orchestrator.client, "odata/Folders", "DisplayName")


@pytest.mark.orchestrator(strict=True)
class TestSettings:
    def test_they_are_of_the_stand_in(self, orchestrator: Orchestrator) -> None:
        body = {"Name": "Q", "Nonsense": 1}
        assert orchestrator.client.post("odata/QueueDefinitions", json=body).status_code == 400

    @pytest.mark.orchestrator(scenario="guide")
    def test_markers_add_up(self, orchestrator: Orchestrator) -> None:
        assert names(orchestrator.in_folder(None), "odata/Folders", "DisplayName")
        body = {"Name": "Q", "Nonsense": 1}
        refused = orchestrator.in_folder("Default").post("odata/QueueDefinitions", json=body)
        assert refused.status_code == 400
