"""The profile `postgres` as processes: replicas behind a balancer share one database."""

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from box.compose import compose, free_port, moved, start
from serving import until

pytestmark = [pytest.mark.box, pytest.mark.timeout(300)]

QUEUES = "/odata/QueueDefinitions"
NAMESPACE = "UiPathODataSvc"
ITEMS = 60


@dataclass
class Box:
    """The services that run, and where."""

    folder: Path
    database: str  #: of a server that is there for the tests
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services = compose()["services"]
        self.ports = {name: free_port() for name in ("replica-1", "replica-2", "balancer")}
        self.where = {"concertmaster:concertmaster@postgres/concertmaster": self.database}

    def start(self, name: str) -> None:
        """A replica, on a port and with a volume that are its container's own otherwise."""
        own = {
            "CONCERTMASTER_PORT": str(self.ports[name]),
            "CONCERTMASTER_DATA": str(self.folder / "shared"),
        }
        self.processes[name] = start(self.services[name], self.where, own)

    def start_balancer(self) -> None:
        addresses = {f"{name}:8070": f"127.0.0.1:{port}" for name, port in self.ports.items()}
        said = moved(compose()["configs"]["balancer"]["content"], addresses)
        file = self.folder / "haproxy.cfg"
        file.write_text(said.replace("bind :8071", f"bind 127.0.0.1:{self.ports['balancer']}"))
        found = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
        assert found, "apt-get install haproxy"
        self.processes["balancer"] = subprocess.Popen([found, "-db", "-f", file], text=True)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def ready(self, name: str) -> bool:
        try:
            return httpx.get(f"{self.url(name)}/health/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        if process.stdout:
            process.stdout.close()
        return code


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """`user@host:port/name` of a database that is not there yet; gone afterwards."""
    import psycopg

    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL")
    if not url:
        pytest.fail("CONCERTMASTER_TEST_DATABASE_URL says where PostgreSQL runs")
    server = url.partition("://")[2].rpartition("/")[0]
    name = f"box_{uuid4().hex[:8]}"
    yield f"{server}/{name}"
    with psycopg.connect(f"postgresql://{server}/postgres", autocommit=True) as connection:
        mine = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        for (left,) in connection.execute(mine, (f"{name}%",)).fetchall():
            connection.execute(f'ALTER DATABASE "{left}" IS_TEMPLATE false')
            connection.execute(f'DROP DATABASE "{left}" WITH (FORCE)')


@pytest.fixture(scope="module")
def box(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box"), database)
    try:
        for name in ("replica-1", "replica-2"):  # both at once, as compose does
            made.start(name)
        until(lambda: made.ready("replica-1") and made.ready("replica-2"), 120)
        made.start_balancer()
        until(lambda: made.ready("balancer"))
        yield made
    finally:
        for process in made.processes.values():
            process.kill()
            process.wait(10)
            if process.stdout:
                process.stdout.close()


@pytest.fixture(scope="module")
def client(box: Box) -> Iterator[httpx.Client]:
    """The administrator, behind the balancer."""
    who = {"tenancyName": "Default", "usernameOrEmailAddress": "admin", "password": "concertmaster"}
    with httpx.Client(base_url=box.url("balancer"), timeout=60, trust_env=False) as made:
        token = ok(made.post("/api/Account/Authenticate", json=who))["result"]
        made.headers = {"authorization": f"Bearer {token}", "x-uipath-folderpath": "Shared"}  # type: ignore[assignment]
        yield made


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_each_item_is_handed_out_once(box: Box, client: httpx.Client) -> None:
    ok(client.post(QUEUES, json={"Name": "Shared out"}))
    rows = [{"Name": "Shared out", "Reference": str(number)} for number in range(ITEMS)]
    bulk = {"queueName": "Shared out", "commitType": "AllOrNothing", "queueItems": rows}
    ok(client.post(f"/odata/Queues/{NAMESPACE}.BulkAddQueueItems", json=bulk))
    taking = f"/odata/Queues/{NAMESPACE}.StartTransaction"

    def work(_: int) -> list[int]:
        taken = []
        while True:
            answer = client.post(taking, json={"transactionData": {"Name": "Shared out"}})
            if answer.status_code == 204:
                return taken
            taken.append(ok(answer)["Id"])

    with ThreadPoolExecutor(6) as pool:
        handed = Counter(number for taken in pool.map(work, range(6)) for number in taken)
    assert len(handed) == ITEMS
    assert set(handed.values()) == {1}
    for name in ("replica-1", "replica-2"):  # each of them took its part
        count = httpx.get(
            f"{box.url(name)}/_control/journal/count", headers=client.headers, trust_env=False,
            params={"path": taking, "status": "200"},
        )  # fmt: skip
        assert ok(count)["count"] > 5


def test_one_goes_the_other_goes_on_and_it_comes_back(box: Box, client: httpx.Client) -> None:
    assert box.stop("replica-1") == 0
    for _ in range(20):
        assert ok(client.get(f"{QUEUES}?$filter=Name eq 'Shared out'"))["value"]
    box.start("replica-1")
    until(lambda: box.ready("replica-1"), 60)
    found = httpx.get(
        f"{box.url('replica-1')}{QUEUES}", params={"$filter": "Name eq 'Shared out'"},
        headers=client.headers, trust_env=False,
    )  # fmt: skip
    assert len(ok(found)["value"]) == 1


def test_all_stop_cleanly(box: Box) -> None:
    assert [box.stop(name) for name in ("replica-1", "replica-2")] == [0, 0]
