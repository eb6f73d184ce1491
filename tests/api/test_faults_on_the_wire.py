"""Faults of the connection, on a real one: closed, or broken off in the middle of an answer."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from stand_in import StandIn

JOBS = "/odata/Jobs?$top=1"


@pytest.fixture(scope="module", params=["httptools", "h11"])
def port(request: pytest.FixtureRequest, demo: StandIn) -> Iterator[int]:
    """The demo stand-in behind a real server, once for each way uvicorn has to speak HTTP."""
    config = uvicorn.Config(demo.http.app, http=request.param, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def ask(port: int, demo: StandIn, fault: str, body: object = None, path: str = JOBS) -> bytes:
    """All bytes that come back until the server closes the connection, or a whole answer."""
    sent = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: here\r\n"
        f"X-UIPATH-FolderPath: Shared\r\nAuthorization: Bearer {demo.token()}\r\n"
        f"X-Concertmaster-Fault: {fault}\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            start, whole, rest = received.partition(b"\r\n\r\n")
            if whole and len(rest) == promised(start):
                return received
        return received


def promised(head: bytes) -> int:
    lines = (line.partition(b": ") for line in head.lower().split(b"\r\n"))
    return next(int(value) for name, _, value in lines if name == b"content-length")


@pytest.mark.parametrize("fault", ["drop", "drop=before", "drop=after", "drop; delayMs=10"])
def test_dropped(port: int, demo: StandIn, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    assert ask(port, demo, fault) == b""
    assert ask(port, demo, fault, {"much": "x" * 5000}) == b""
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("fault", "sent"), [("truncate", None), ("truncate=10", 10), ("truncate=0", 0)]
)
def test_truncated(
    port: int, demo: StandIn, fault: str, sent: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(port, demo, fault)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert len(body) == (promised(head) // 2 if sent is None else sent) < promised(head)
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_truncated_error(port: int, demo: StandIn) -> None:
    head, _, body = ask(port, demo, "503; truncate=5").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert body == b'{"mes'


def test_nothing_to_truncate(port: int, demo: StandIn) -> None:
    _, _, body = ask(port, demo, "truncate=1000000").partition(b"\r\n\r\n")
    assert json.loads(body)["value"]


def test_dropped_after_it_was_done(port: int, demo: StandIn) -> None:
    client = demo.client(folder="Shared")
    made = {"Name": "done-and-lost"}
    assert ask(port, demo, "drop=after", made, "/odata/QueueDefinitions") == b""
    (queue,) = client.rows("/odata/QueueDefinitions?$filter=Name eq 'done-and-lost'")
    client.ok("DELETE", f"/odata/QueueDefinitions({queue['Id']})", 204)
    entry = client.rows("/_control/journal", params={"method": "POST", "status": "none"})[-1]
    assert (entry["status"], entry["fault"]) == (None, "header")


def test_the_next_request_is_well(port: int, demo: StandIn) -> None:
    assert ask(port, demo, "503").startswith(b"HTTP/1.1 503")
    assert ask(port, demo, "delayMs=1").startswith(b"HTTP/1.1 200")
