"""Concertmaster as its users run it: `concertmaster serve`, signed in, in a folder, by permission.

The user is no administrator, so that every check has something to check.
"""

import itertools
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks import rows
from benchmarks.contestants import Contestant
from benchmarks.load import Endpoint
from benchmarks.processes import Server, free_port
from concertmaster.entities import Job, Release, Robot
from concertmaster.scenarios import seed
from concertmaster.settings import PREFIX, Settings, variable
from concertmaster.store import Registry, Tenant
from concertmaster.store.portable import copy_in

SCENARIO = Path(__file__).parents[1] / "scenario.yaml"
USER, PASSWORD = "bench", "measured"
FOLDER = "1"

#: Rows in one statement's list of values.
_CHUNK = 10_000
#: More jobs than these are copies of them, made by SQLite in a third of the time.
_MADE = 100_000


class Concertmaster(Contestant):
    """The whole product."""

    server: Server

    def __init__(
        self,
        folder: Path,
        jobs: int,
        database_url: str | None = None,
        under: Sequence[str | Path] = (),  #: what runs the server, such as `-m cProfile`
    ) -> None:
        super().__init__(folder, jobs)
        self.under = under
        self.database_url = database_url
        self.name = "Concertmaster, PostgreSQL" if database_url else "Concertmaster"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self, stack: ExitStack) -> None:
        fill(self._settings(), self.jobs)
        stack.callback(lambda: self.server.stop())
        self.restart()

    def restart(self) -> float:
        """A fresh process on the same data; the seconds until it was ready."""
        if hasattr(self, "server"):
            self.server.stop()
        log = self.folder / "log"
        self.server = serve(self.data, SCENARIO, log, self.database_url, self.under)
        self.server.start()
        self.endpoint = sign_in(self.server.port)
        return self.server.started_in

    def _settings(self) -> Settings:
        url = SecretStr(self.database_url) if self.database_url else None
        return Settings(data=self.data, scenario=str(SCENARIO), database_url=url)

    def tenant_database(self) -> Path:
        return self.data / "tenant-1.db"


def serve(
    data: Path,
    scenario: Path | str,
    log: Path,
    database_url: str | None = None,
    under: Sequence[str | Path] = (),
) -> Server:
    port = free_port()
    command = [
        sys.executable, *map(str, under), "-m", "concertmaster", "serve", "--port", str(port),
        "--data", str(data), "--scenario", str(scenario),
    ]  # fmt: skip
    nothing_said = {name: "" for name in os.environ if name.startswith(PREFIX)}
    # Its modules are compiled, as they are where pip has put them.
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}
    environment = {**nothing_said, **compiled, variable("database_url"): database_url or ""}
    # uvicorn passes SIGTERM on, which would leave no time to a profiler to write what it saw.
    ends_on = signal.SIGINT if under else signal.SIGTERM
    return Server(
        command, port=port, ready="/health/ready", log=log, environment=environment,
        ends_on=ends_on,
    )  # fmt: skip


def sign_in(port: int) -> Endpoint:
    """Where the tenant is, with the headers that every client sends."""
    asked = {"tenancyName": "Default", "usernameOrEmailAddress": USER, "password": PASSWORD}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/Account/Authenticate",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        token = json.load(answer)["result"]
    headers = {"Authorization": f"Bearer {token}", "X-UIPATH-OrganizationUnitId": FOLDER}
    return Endpoint(port, "/acme/Default/orchestrator_", headers)


# --- rows ---------------------------------------------------------------------------------------


def fill(settings: Settings, jobs: int) -> None:
    """Put the rows into the database of the default tenant."""
    registry = Registry.open(settings, seed)
    try:
        insert_rows(registry.default, jobs)
    finally:
        registry.close()


def insert_rows(tenant: Tenant, jobs: int) -> None:
    with tenant.writing.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA cache_size = -262144")
        _insert(connection, Robot, rows.robots())
        _insert(connection, Release, rows.releases())
        made = min(jobs, _MADE) if connection.dialect.name == "sqlite" else jobs
        _insert(connection, Job, rows.jobs(made))
        for begin in range(made, jobs, made):
            _copy(connection, made, begin)
        if connection.dialect.name == "postgresql":
            _as_if_grown(connection)


def _insert(connection: sa.Connection, entity: type, values: Iterable[rows.Row]) -> None:
    """Rows that are in storage values already: what a million times would turn them is left out."""
    table: sa.Table = entity.__table__  # type: ignore[attr-defined]
    remaining = iter(values)
    defaults = _defaults(table, connection.dialect)
    while chunk := [{**defaults, **row} for row in itertools.islice(remaining, _CHUNK)]:
        columns = [column.name for column in table.columns if column.name in chunk[0]]
        given = list(map(itemgetter(*columns), chunk))
        if connection.dialect.name == "postgresql":
            copy_in(connection, table.name, columns, given)
            continue
        compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=columns)
        connection.exec_driver_sql(compiled.string, given)


def _copy(connection: sa.Connection, made: int, begin: int) -> None:
    """As many jobs as were made, after job `begin`: later, and with keys of their own."""
    number, numbered = f"id - 1 + {begin}", "substr({}, 1, 24) || printf('%012x', ({}))"
    other = {
        "id": f"id + {begin}",
        "key": numbered.format("key", number),
        "batch_execution_key": numbered.format("batch_execution_key", f"({number}) / 10"),
    }
    for name in ("creation_time", "start_time", "end_time"):
        later = f"strftime('%Y-%m-%dT%H:%M:%S', substr({name}, 1, 19), '{begin * 30} seconds')"
        other[name] = f"{later} || substr({name}, 20)"
    names = [column.name for column in Job.__table__.columns]
    chosen = ", ".join(other.get(name, name) for name in names)
    connection.exec_driver_sql(
        f"INSERT INTO jobs ({', '.join(names)}) SELECT {chosen} FROM jobs WHERE id <= {made}"
    )


def _defaults(table: sa.Table, dialect: sa.Dialect) -> dict[str, Any]:
    """What the declarations say of columns that a row leaves out, as the database holds it."""
    found = {}
    for column in table.c:
        default = column.default
        if isinstance(default, sa.ColumnDefault) and (default.is_scalar or default.is_callable):
            value = default.arg if default.is_scalar else default.arg(None)
            process = column.type.dialect_impl(dialect).bind_processor(dialect)
            found[column.name] = process(value) if process else value
    return found


def _as_if_grown(connection: sa.Connection) -> None:
    """What PostgreSQL would have done by itself: counters past our ids, and figures of the tables.

    SQLite keeps no such figures unless told to, so no contestant has them there.
    """
    for entity in (Robot, Release, Job):
        name = entity.__tablename__
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
        )
        connection.exec_driver_sql(f"ANALYZE {name}")
