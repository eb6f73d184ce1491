"""The count of a list is kept while nobody writes: whoever writes, by whatever way, is heard of."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.odata import reading, response
from concertmaster.odata.query import Statement, run
from stand_in import Client, StandIn

QUEUES, ITEMS = "/odata/QueueDefinitions", "/odata/QueueItems"
ADD, BULK = "UiPathODataSvc.AddQueueItem", "UiPathODataSvc.BulkAddQueueItems"


def _queue(client: Client) -> None:
    client.ok("POST", QUEUES, 201, json={"Name": str(uuid.uuid4())})


def _queue_that_goes(client: Client) -> None:
    made = client.ok("POST", QUEUES, 201, json={"Name": str(uuid.uuid4())})
    _count(client, QUEUES)
    client.ok("DELETE", f"{QUEUES}({made['Id']})", 204)


def _item(client: Client) -> None:
    item = {"Name": "CustomerRequests", "Priority": "High"}
    client.ok("POST", f"/odata/Queues/{ADD}", 201, json={"itemData": item})


def _items(client: Client) -> None:
    items = [{"Priority": "Low"}] * 3
    body = {"queueName": "CustomerRequests", "queueItems": items, "commitType": "AllOrNothing"}
    client.ok("POST", f"/odata/Queues/{BULK}", json=body)


def _log(client: Client) -> None:
    line = {"message": "counted", "level": "Info", "timeStamp": "2026-01-01T00:00:00Z"}
    client.ok("POST", "/api/Logs/SubmitLogs", json=[line])


def _count(client: Client, counted: str) -> int:
    return int(client.ok("GET", f"{counted}?$top=1&$count=true")["@odata.count"])


@pytest.mark.parametrize(
    ("counted", "write", "more"),
    [
        (QUEUES, _queue, 1),  # in a transaction that requests share
        (QUEUES, _queue_that_goes, 0),
        (ITEMS, _item, 1),
        (ITEMS, _items, 3),
        ("/odata/RobotLogs", _log, 1),  # by a plain route, in a thread of its own
        ("/odata/AuditLogs", _queue, 1),  # written beside what was asked for
    ],
)
def test_a_count_hears_of_every_writer(
    client: Client, counted: str, write: Callable[[Client], None], more: int
) -> None:
    before = _count(client, counted)
    assert _count(client, counted) == before  # and is kept
    write(client)
    assert _count(client, counted) == before + more
    assert int(client.get(f"{counted}/$count").text) == before + more


def test_a_count_is_each_callers_own(demo: StandIn) -> None:
    asked = f"{QUEUES}?$top=0&$count=true"
    here, nowhere = demo.client(folder="Shared"), demo.client(folder="Finance")
    counts = [one.ok("GET", asked)["@odata.count"] for one in (here, nowhere, here, nowhere)]
    assert counts[:2] == counts[2:]
    assert counts[0] != counts[1]


def test_the_next_page_asks_for_its_rows_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def listen(connection: sa.Connection, statement: Statement, values: Any) -> Any:
        asked.append(statement.sql)
        return run(connection, statement, values)

    for module in (reading, response):
        monkeypatch.setattr(module, "run", listen)

    def page(skip: int) -> int:
        asked.clear()
        found = client.rows(f"/odata/Jobs?$top=3&$skip={skip}&$expand=Robot,Release&$count=true")
        assert all(job["Release"]["Name"] for job in found)
        return len(asked)

    page(0)
    # On PostgreSQL whoever writes to another database of the server is heard of, too.
    assert min(page(1) for _ in range(20)) == 1


def test_what_could_not_be_read_is_read_the_next_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("no database")

    url = "/odata/Jobs?$top=3&$expand=Release($select=Id,Key)"
    with monkeypatch.context() as broken:
        broken.setattr(response, "run", fail)
        assert client.get(url).status_code == 500
    assert all(job["Release"] for job in client.rows(url))
