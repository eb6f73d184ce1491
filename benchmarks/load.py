"""The load: HTTP/1.1 over kept-alive connections, cheap enough never to be what is measured.

A worker is a generator: it yields the bytes of a request and is sent the answer. Each worker has
one connection, so eight workers are eight clients that wait for each answer.
"""

import asyncio
import gc
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, cast

import orjson
import uvloop


class Answer(NamedTuple):
    """An answer, as far as a worker looks at it."""

    status: int
    body: bytes


Worker = Generator[bytes, Answer, None]


class Unexpected(Exception):
    """A server gave another answer than the workload is about; the figures would mean nothing."""


def checked(answer: Answer, status: int) -> Answer:
    """The answer, if it has the status that the workload is about."""
    if answer.status != status:
        raise Unexpected(f"{answer.status} in place of {status}: {answer.body[:500]!r}")
    return answer


@dataclass(frozen=True)
class Endpoint:
    """Where requests go, and the headers that each of them has."""

    port: int
    prefix: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> bytes:
        return f"GET {self.prefix}{path} HTTP/1.1\r\n{self._lines}\r\n".encode()

    def post(self, path: str, value: object) -> bytes:
        body = orjson.dumps(value)
        head = (
            f"POST {self.prefix}{path} HTTP/1.1\r\n{self._lines}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    @property
    def _lines(self) -> str:
        said = {"Host": f"127.0.0.1:{self.port}", "Accept": "application/json", **self.headers}
        return "".join(f"{name}: {value}\r\n" for name, value in said.items())


@dataclass
class Load:
    """What came of a run."""

    seconds: float
    latencies: list[float]  #: seconds from each request to the end of its answer
    received: int  #: bytes of bodies

    @property
    def requests(self) -> int:
        return len(self.latencies)

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def run(endpoint: Endpoint, workers: Sequence[Worker], seconds: float, limit: float = 60) -> Load:
    """Keep all workers busy for some seconds, or until they are done; `limit` bounds the wait."""
    gc.collect()
    gc.disable()  # a pause of ours would be counted as the server's
    try:
        return uvloop.run(_run(endpoint, workers, seconds, limit))
    finally:
        gc.enable()


async def _run(endpoint: Endpoint, workers: Sequence[Worker], seconds: float, limit: float) -> Load:
    loop = asyncio.get_running_loop()
    load = Load(0.0, [], 0)
    start = time.perf_counter()
    connections: list[_Connection] = []
    for worker in workers:
        connection = _Connection(worker, load, until=start + seconds)
        connections.append(connection)
        await loop.create_connection(partial(_same, connection), "127.0.0.1", endpoint.port)
    async with asyncio.timeout(seconds + limit):
        await asyncio.gather(*(connection.done for connection in connections))
    load.seconds = time.perf_counter() - start
    return load


def _same(connection: "_Connection") -> "_Connection":
    return connection


class _Connection(asyncio.Protocol):
    """One worker's connection."""

    def __init__(self, worker: Worker, load: Load, *, until: float) -> None:
        self.worker, self.load, self.until = worker, load, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.sent = 0.0
        self.wanted = 0  #: bytes of the answer that is coming, once its head was read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._next(None)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) < self.wanted:
            return
        try:
            found = parse(self.buffer)
        except ValueError as error:
            self._end(error)
            return
        if isinstance(found, int):
            self.wanted = found
            return
        now = time.perf_counter()
        self.buffer.clear()
        self.wanted = 0
        self.load.latencies.append(now - self.sent)
        self.load.received += len(found.body)
        self._next(found)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def _next(self, answer: Answer | None) -> None:
        try:
            request = next(self.worker) if answer is None else self.worker.send(answer)
        except StopIteration:
            self._end(None)
            return
        except Exception as error:  # whatever a worker raises ends the run
            self._end(error)
            return
        self.sent = time.perf_counter()
        if answer is not None and self.sent >= self.until:
            self._end(None)
            return
        self.transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
            self.transport.close()


def parse(buffer: bytearray) -> Answer | int:
    """The answer at the front of a buffer, or how long the buffer must be to look again."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return len(buffer) + 1
    head = bytes(buffer[:end]).lower()
    status = int(head[9:12])
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 :].partition(b"\r\n")[0])
        whole = end + 4 + length
        return Answer(status, bytes(buffer[end + 4 : whole])) if len(buffer) >= whole else whole
    if b"\r\ntransfer-encoding: chunked" in head:
        return _chunked(status, buffer, end + 4)
    return Answer(status, b"")  # 204 and its like


def _chunked(status: int, buffer: bytearray, at: int) -> Answer | int:
    parts: list[bytes] = []
    while (line := buffer.find(b"\r\n", at)) >= 0:
        size = int(bytes(buffer[at:line]).partition(b";")[0], 16)
        after = line + 2 + size + 2
        if len(buffer) < after:
            return after
        if not size:
            return Answer(status, b"".join(parts))
        parts.append(bytes(buffer[line + 2 : after - 2]))
        at = after
    return len(buffer) + 1
