"""Exports: lists written to files in the background, and who may fetch them."""

import csv
import io
import threading
import time
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.entities import Export, ExportStatus, ExportType
from concertmaster.work import exports
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"
LOGS = f"/odata/RobotLogs/{ODATA}.Export"


@pytest.fixture(scope="module")
def shared(stand_in: StandIn) -> Client:
    client = stand_in.client(folder="Shared")
    lines = [{"message": f"line {n}", "level": n % 6} for n in range(1200)]
    client.ok("POST", "/api/Logs/SubmitLogs", json=lines)
    return client


def finished(client: Client, export: dict[str, object]) -> dict[str, object]:
    for _ in range(800):
        found: dict[str, object] = client.ok("GET", f"/odata/Exports({export['Id']})")
        if found["Status"] in ("Completed", "Failed"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {found['Status']}")


def link_to(client: Client, export: dict[str, object]) -> str:
    path = f"/odata/Exports({export['Id']})/{ODATA}.GetDownloadLink"
    access = client.ok("GET", path)
    assert access["@odata.context"].endswith(f"#{ODATA}.BlobFileAccessDto")
    assert (access["Verb"], access["RequiresAuth"]) == ("GET", False)
    return str(access["Uri"])


def rows_of(stand_in: StandIn, uri: str) -> list[dict[str, str]]:
    answer = stand_in.http.get(uri)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_from_new_to_the_file(stand_in: StandIn, shared: Client) -> None:
    asked = shared.ok("POST", LOGS)
    assert asked["@odata.context"].endswith("#Exports/$entity")
    assert (asked["Type"], asked["Status"], asked["Size"]) == ("Logs", "New", None)
    assert asked["Name"].startswith("logs-")
    done = finished(shared, asked)
    assert done["Status"] == "Completed"
    assert done["ExecutedAt"] is not None
    uri = link_to(shared, asked)
    assert len(stand_in.http.get(uri).content) == done["Size"]
    rows = rows_of(stand_in, uri)
    assert len(rows) == 1200
    assert {row["Level"] for row in rows} == {"Trace", "Debug", "Info", "Warn", "Error", "Fatal"}


def test_the_query_chooses_what_is_written(stand_in: StandIn, shared: Client) -> None:
    query = "$filter=Level ge 'Error'&$orderby=Message desc&$top=3&$skip=1&$select=Message,Level"
    asked = shared.ok("POST", f"{LOGS}?{query}")
    finished(shared, asked)
    rows = rows_of(stand_in, link_to(shared, asked))
    wanted = sorted((f"line {n}" for n in range(1200) if n % 6 >= 4), reverse=True)[1:4]
    assert [row["Message"] for row in rows] == wanted
    assert list(rows[0]) == ["Level", "Message"]


def test_a_bad_query_is_refused_at_once(shared: Client) -> None:
    answer = shared.post(f"{LOGS}?$filter=Nothing eq 1")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)


def test_jobs_with_what_they_expand(guide: StandIn) -> None:
    client = guide.client()
    query = "$top=1000&$expand=Robot,Machine,Release&$orderby=CreationTime desc"
    asked = client.ok("POST", f"/odata/Jobs/{ODATA}.Export?{query}")
    assert asked["Name"].startswith("jobs-")
    assert finished(client, asked)["Status"] == "Completed"
    rows = rows_of(guide, link_to(client, asked))
    assert len(rows) == min(1000, int(client.get("/odata/Jobs/$count").text))
    assert {"Key", "Robot/Name", "Machine/Name", "Release/ProcessKey"} <= set(rows[0])
    assert all(row["Robot/LicenseKey"] == "" for row in rows)


def test_items_of_a_queue(stand_in: StandIn, shared: Client) -> None:
    for name in ("exported", "other"):
        shared.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name})
        item = {"itemData": {"Name": name, "Reference": name, "SpecificContent": {"a": 1}}}
        shared.ok("POST", "/odata/Queues/UiPathODataSvc.AddQueueItem", 201, json=item)
    queue = shared.rows("/odata/QueueDefinitions?$filter=Name eq 'exported'")[0]["Id"]
    asked = shared.ok("POST", f"/odata/QueueDefinitions({queue})/UiPathODataSvc.Export")
    assert asked["Type"] == "Queues"
    assert finished(shared, asked)["Status"] == "Completed"
    rows = rows_of(stand_in, link_to(shared, asked))
    assert [row["Reference"] for row in rows] == ["exported"]
    assert shared.post("/odata/QueueDefinitions(999999)/UiPathODataSvc.Export").status_code == 404


def test_a_link_is_signed_and_ends(stand_in: StandIn, shared: Client) -> None:
    asked = shared.ok("POST", f"{LOGS}?$top=1")
    finished(shared, asked)
    parts = urlsplit(link_to(shared, asked))
    query = dict(part.split("=") for part in parts.query.split("&"))
    assert parts.netloc == "testserver"
    for change in (
        {"signature": "0" * 64},
        {"expires": str(int(query["expires"]) + 1)},
        {"expires": "1"},
    ):
        words = "&".join(f"{name}={value}" for name, value in {**query, **change}.items())
        assert stand_in.http.get(f"{parts.path}?{words}").status_code == 403
    assert stand_in.http.get(parts.path).status_code == 403
    assert stand_in.http.get(f"{parts.path}?expires=x").status_code == 400


def test_there_is_no_link_before_the_file(stand_in: StandIn, shared: Client) -> None:
    with stand_in.tenant.session() as session:
        row = Export(name="failed", type=ExportType.Jobs, status=ExportStatus.Failed,
                     requested_at=stand_in.tenant.clock.now(), request={"secret": "x"})  # fmt: skip
        session.add(row)
        session.commit()
        number = row.id
    answer = shared.get(f"/odata/Exports({number})/{ODATA}.GetDownloadLink")
    assert answer.status_code == 409


def test_others_do_not_see_it(stand_in: StandIn, shared: Client) -> None:
    asked = shared.ok("POST", f"{LOGS}?$top=1")
    finished(shared, asked)
    shared.ok("POST", "/odata/Users", 201, json={"UserName": "peeper", "Password": "pass"})
    peeper = stand_in.client("peeper", "pass")
    assert peeper.get(f"/odata/Exports({asked['Id']})").status_code == 404
    path = f"/odata/Exports({asked['Id']})/{ODATA}.GetDownloadLink"
    assert peeper.get(path).status_code == 404


def test_a_row_that_a_dead_process_left_is_taken_again(stand_in: StandIn, shared: Client) -> None:
    asked = shared.ok("POST", f"{LOGS}?$top=1")
    finished(shared, asked)
    with stand_in.tenant.session() as session:
        left = sa.update(Export).where(Export.id == asked["Id"])
        session.execute(left.values(status=ExportStatus.InProgress, size=None, file=None))
        session.commit()
    exports.work_off(stand_in.tenant, stand_in.tenant.clock.now(), threading.Event())
    assert finished(shared, asked)["Status"] == "Completed"


def test_a_stop_leaves_the_rest_for_the_next_start(start_stand_in: Start) -> None:
    alone = start_stand_in("empty")
    client = alone.client(folder="Shared")
    client.ok("POST", "/api/Logs/SubmitLogs", json=[{"message": "x"}])
    stopping = threading.Event()
    stopping.set()
    asked = client.ok("POST", LOGS)
    exports._make(alone.tenant, asked["Id"], stopping)
    exports.work_off(alone.tenant, alone.tenant.clock.now(), threading.Event())
    assert finished(client, asked)["Status"] == "Completed"


def test_a_hundred_a_day(start_stand_in: Start) -> None:
    busy = start_stand_in("empty")
    client = busy.client(folder="Shared")
    now = busy.tenant.clock.now()
    old = {"name": "x", "type": ExportType.Logs, "status": ExportStatus.Completed}
    with busy.tenant.session() as session:
        session.add_all(Export(**old, requested_at=now) for _ in range(99))
        session.add_all(Export(**old, requested_at=clock.add(now, -86_400)) for _ in range(10))
        session.commit()
    assert client.post(LOGS).status_code == 200
    answer = client.post(LOGS)
    assert (answer.status_code, answer.json()["errorCode"]) == (429, 0)
