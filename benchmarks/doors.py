"""`python -m benchmarks.doors`: what the journal and the faults add to a request, in CPU time.

The two doors are called as the server calls them, around an application that answers at once, so
what is measured is theirs alone. The least of some rounds counts: others use the machine too.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concertmaster.faults.door import FaultDoor
from concertmaster.faults.rules import Rule
from concertmaster.faults.standing import Faults
from concertmaster.journal.door import JournalDoor
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant

REQUESTS, ROUNDS = 20_000, 7

#: As the Python SDK sends them.
HEADERS = [
    (b"host", b"127.0.0.1:8070"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
    (b"user-agent", b"UiPath.Python.Sdk/2.14"),
    (b"authorization", b"Bearer e30.e30.e30"),
    (b"x-uipath-folderpath", b"Shared"),
    (b"x-uipath-traceparent-id", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
]


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def received() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def sent(message: Message) -> None:
    pass


async def once(app: ASGIApp, tenant: Tenant) -> float:
    """Microseconds of CPU for a request."""
    start = time.process_time()
    for _ in range(REQUESTS):
        scope = {
            "type": "http", "method": "GET", "path": "/odata/Jobs(5)", "query_string": b"$top=1",
            "headers": HEADERS, "state": {"tenant": tenant},
        }  # fmt: skip
        await app(scope, received, sent)
    return (time.process_time() - start) / REQUESTS * 1e6


async def measure(tenant: Tenant) -> dict[str, float]:
    doors: dict[str, ASGIApp] = {
        "neither": answers,
        "journal off, no rules": JournalDoor(FaultDoor(answers), keep=0),
        "journal of 1,000, no rules": JournalDoor(FaultDoor(answers), keep=1_000),
        "the same, three rules that do not match": JournalDoor(FaultDoor(answers), keep=1_000),
    }
    least = dict.fromkeys(doors, 1e9)
    faults = tenant.own(Faults)
    for _ in range(ROUNDS):
        for name, app in doors.items():
            faults.clear()
            if "rules that" in name:
                for path in ("/odata/Assets", "/api/*", "/odata/Queues"):
                    faults.add(Rule(path=path, status=503))
            least[name] = min(least[name], await once(app, tenant))
    return {name: took - least["neither"] for name, took in least.items()}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="concertmaster-doors-") as folder:
        registry = Registry.open(Settings(data=Path(folder) / "data"))
        for name, took in asyncio.run(measure(registry.default)).items():
            print(f"{took:6.1f} µs  {name}")
        registry.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
