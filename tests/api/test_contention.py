"""Two that change the same rows at once: one of them is done again, and nobody sees it."""

from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from concertmaster.edge.again import LARGEST, AgainDoor
from concertmaster.edge.errors import render
from concertmaster.entities import Calendar, ProcessSchedule, QueueDefinition
from concertmaster.store.contention import TRIES
from contending import in_the_way, waiting
from stand_in import Client, Start

QUEUES = "/odata/QueueDefinitions"


@pytest.fixture(scope="module")
def client(start_stand_in: Start) -> Client:
    made = start_stand_in("demo")
    if made.tenant.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    return made.client(folder="Shared")


def make_trigger(client: Client, queue: int) -> int:
    release = client.rows("/odata/Releases?$top=1")[0]
    body = {
        "Name": f"Of queue {queue}", "ReleaseId": release["Id"], "QueueDefinitionId": queue,
        "TimeZoneId": "UTC", "Enabled": False, "StartStrategy": 1,
    }  # fmt: skip
    made: int = client.ok("POST", "/odata/ProcessSchedules", 201, json=body)["Id"]
    return made


def test_a_deadlock_is_nobodys_error(client: Client) -> None:
    """A queue is renamed with its trigger, whose row another holds that asks for the queue."""
    tenant = client.stand_in.tenant
    queue = client.ok("POST", QUEUES, 201, json={"Name": "Contended"})["Id"]
    trigger = make_trigger(client, queue)
    with in_the_way(tenant.engine) as other:
        other.execute(
            sa.update(ProcessSchedule).where(ProcessSchedule.id == trigger).values(name="Mine")
        )
        rename = {"Name": "Renamed"}
        with waiting(
            tenant.engine, lambda: client.put(f"{QUEUES}({queue})", json=rename)
        ) as answer:
            # Each waits for the other. Whoever waited first is the first to be given up.
            of_queue = sa.select(QueueDefinition.id).where(QueueDefinition.id == queue)
            other.execute(of_queue.with_for_update(read=True, key_share=True))
            other.commit()
    assert answer.result().status_code == 200, answer.result().text
    found = client.ok("GET", f"/odata/ProcessSchedules({trigger})")
    assert (found["Name"], found["QueueDefinitionName"]) == ("Mine", "Renamed")
    logged = client.rows("/odata/AuditLogs?$orderby=Id")
    written = [line["Action"] for line in logged if line["OperationText"].count("Renamed")]
    assert written == ["Update"]  # of the tries, one is kept


def test_what_has_gone_meanwhile_is_not_found(client: Client) -> None:
    tenant = client.stand_in.tenant
    path = f"{QUEUES}({client.ok('POST', QUEUES, 201, json={'Name': 'Doomed'})['Id']})"
    with in_the_way(tenant.engine) as other:
        other.execute(sa.delete(QueueDefinition).where(QueueDefinition.name == "Doomed"))
        with waiting(tenant.engine, lambda: client.put(path, json={"Name": "Saved"})) as answer:
            other.commit()
    assert answer.result().status_code == 404, answer.result().text


def test_a_name_taken_meanwhile_is_said_to_be_used(client: Client) -> None:
    tenant = client.stand_in.tenant
    body = {"Name": "Wanted", "TimeZoneId": "UTC", "ExcludedDates": []}
    with in_the_way(tenant.engine) as other:
        key = "0e8b9a52-3f1c-4c6d-9f0e-0d7c8f1f2a11"
        other.execute(sa.insert(Calendar).values(name="Wanted", key=key, time_zone_id="UTC"))
        with waiting(tenant.engine, lambda: client.post("/odata/Calendars", body)) as answer:
            other.commit()
    assert answer.result().status_code == 409
    assert "Wanted" in answer.result().json()["message"]


# --- the door by itself ---------------------------------------------------------------------


def pass_through(
    fails: int, *, method: str = "POST", dialect: str = "postgresql", body: bytes = b"ab"
) -> tuple[list[bytes], list[Message]]:
    """What a handler read each time it was asked, of which the first times fail; what was sent."""
    read: list[bytes] = []
    sent: list[Message] = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        whole, more = b"", True
        while more:
            message = await receive()
            whole, more = whole + message["body"], message["more_body"]
        read.append(whole)
        failed = len(read) <= fails
        if failed:
            scope["state"]["cause"] = StaleDataError()
        await send({"type": "http.response.start", "status": 409 if failed else 200})
        await send({"type": "http.response.body", "body": str(len(read)).encode()})

    parts = [body[:1], body[1:]]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    state = {"tenant": SimpleNamespace(dialect=dialect)}
    scope = {"type": "http", "method": method, "path": "/odata/Jobs", "state": state}
    anyio.run(AgainDoor(handle), scope, receive, send)
    return read, sent


def test_it_is_given_the_same_body_and_answered_once() -> None:
    read, sent = pass_through(2)
    assert read == [b"ab"] * 3
    assert [message.get("status", message.get("body")) for message in sent] == [200, b"3"]


def test_after_so_many_tries_it_has_failed() -> None:
    read, sent = pass_through(100)
    assert len(read) == TRIES
    assert sent[0]["status"] == 409


@pytest.mark.parametrize(
    "words",
    [{"method": "GET"}, {"dialect": "sqlite"}, {"body": bytes(LARGEST + 1)}],
    ids=["reads", "one writer", "a body too large to keep"],
)
def test_what_is_not_done_again(words: Any) -> None:
    read, sent = pass_through(1, **words)
    assert len(read) == 1
    assert sent[0]["status"] == 409


def test_a_plain_route_is_done_again_like_any_other() -> None:
    tried: list[str] = []
    app = FastAPI()

    async def on_error(request: Request, error: Exception) -> Response:
        return render(request, error)

    @app.post("/shelves/{name}")
    def make(name: str, body: dict[str, str]) -> dict[str, str]:
        tried.append(name)
        if len(tried) < TRIES:
            raise StaleDataError
        return body

    app.add_exception_handler(SQLAlchemyError, on_error)
    door = AgainDoor(app)

    async def on_a_server(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"tenant": SimpleNamespace(dialect="postgresql")}
        await door(scope, receive, send)

    answer = TestClient(on_a_server).post("/shelves/one", json={"a": "b"})
    assert (answer.status_code, answer.json()) == (200, {"a": "b"})
    assert tried == ["one"] * TRIES
