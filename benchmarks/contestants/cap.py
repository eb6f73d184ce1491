"""SAP CAP, the framework one would take: the same entities and rows, in SQLite, on Node.

The project is laid out in a cache folder and installed there once, with `npm ci` from the lock
file beside this module. Its entities have every member that ours have, made from our declarations.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import rows
from benchmarks.contestants import Contestant
from benchmarks.load import Endpoint
from benchmarks.processes import Server, free_port
from concertmaster.entities import Job, QueueDefinition, Release, Robot
from concertmaster.model import model
from concertmaster.odata.model import Property

_PROJECT = Path(__file__).parent / "cap"

_TYPES = {
    "Edm.Boolean": "Boolean", "Edm.Int16": "Int16", "Edm.Int32": "Integer",
    "Edm.Int64": "Integer", "Edm.Double": "Double", "Edm.Decimal": "Decimal",
    "Edm.Guid": "UUID", "Edm.DateTimeOffset": "Timestamp",
}  # fmt: skip

#: Entities of CAP: the class, the type of the key, associations by name with the column behind.
_ENTITIES: dict[str, tuple[type, str, dict[str, tuple[str, str]]]] = {
    "Robots": (Robot, "Integer", {}),
    "Releases": (Release, "Integer", {}),
    "Jobs": (
        Job, "Integer", {"Robot": ("Robots", "robot_id"), "Release": ("Releases", "release_id")},
    ),
    "QueueDefinitions": (QueueDefinition, "UUID", {}),  # CAP counts no integers, it makes UUIDs
}  # fmt: skip

#: The same that ours have and that the workloads use.
_INDEXES = (
    "CREATE INDEX jobs_of_robots ON peer_Jobs (Robot_Id, State, CreationTime DESC)",
    "CREATE INDEX jobs_by_state ON peer_Jobs (State, CreationTime DESC)",
    "CREATE UNIQUE INDEX robot_names ON peer_Robots (Name)",
    "CREATE UNIQUE INDEX queue_names ON peer_QueueDefinitions (OrganizationUnitId, Name)",
)


class Unavailable(Exception):
    """CAP cannot be measured here; the message says why."""


class Cap(Contestant):
    """CAP's own server, as `cds-serve` runs it."""

    name = "SAP CAP"

    def start(self, stack: ExitStack) -> None:
        project = installed()
        shutil.copytree(_PROJECT, self.folder, dirs_exist_ok=True)
        (self.folder / "srv").mkdir(exist_ok=True)
        (self.folder / "db").mkdir(exist_ok=True)
        (self.folder / "service.cds").replace(self.folder / "srv" / "service.cds")
        (self.folder / "db" / "schema.cds").write_text(schema())
        (self.folder / "node_modules").symlink_to(project / "node_modules")
        _run(["node_modules/.bin/cds-deploy"], self.folder)
        fill(self.folder / "rows.db", self.jobs)
        port = free_port()
        server = Server(
            ["node", "node_modules/.bin/cds-serve"],
            port=port,
            ready="/odata/v4/bench/$metadata",
            log=self.folder / "log",
            folder=self.folder,
            environment={"PORT": str(port), "NODE_ENV": "production"},
        )
        self.server = stack.enter_context(server)
        self.endpoint = Endpoint(port, "/odata/v4/bench")


def installed() -> Path:
    """The cache folder with CAP in it; `npm ci` fills it when the lock file is a new one."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable("node and npm are not installed")
    lock = (_PROJECT / "package-lock.json").read_bytes()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "concertmaster-benchmarks" / f"cap-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_PROJECT / name, folder / name)
        _run(["npm", "ci", "--no-audit", "--no-fund"], folder, patience=600)
        (folder / "installed").touch()
    return folder


def version() -> str:
    """The version that the lock file pins."""
    lock = json.loads((_PROJECT / "package-lock.json").read_text())
    return str(lock["packages"]["node_modules/@sap/cds"]["version"])


def _run(command: list[str], folder: Path, patience: float = 120) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=patience, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command)}: {error}") from error
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {(done.stderr or done.stdout)[-500:]}")


# --- our entities as CAP's ----------------------------------------------------------------------


def schema() -> str:
    """Our declarations in CDS."""
    return "namespace peer;\n\n" + "\n".join(_entity(name) for name in _ENTITIES)


def _entity(name: str) -> str:
    entity, key, associations = _ENTITIES[name]
    lines = [f"  key Id : {key};"]
    lines += [
        f"  ![{prop.name}] : {_TYPES.get(prop.edm, 'String')};"
        for prop in _members(entity)
        if prop.name != "Id"
    ]
    lines += [f"  {link} : Association to {to};" for link, (to, _) in associations.items()]
    return f"entity {name} {{\n" + "\n".join(lines) + "\n}\n"


def _members(entity: type) -> list[Property]:
    return list(model().type_of(entity).properties.values())


def fill(database: Path, jobs: int) -> None:
    """The rows, as CAP keeps them, and the indexes, which CAP leaves to others."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # of this connection only
        with connection:
            _insert(connection, "Robots", rows.robots())
            _insert(connection, "Releases", rows.releases())
            _insert(connection, "Jobs", rows.jobs(jobs))
            for index in _INDEXES:
                connection.execute(index)


def _insert(connection: sqlite3.Connection, name: str, values: Iterable[rows.Row]) -> None:
    entity, _, associations = _ENTITIES[name]
    members = _members(entity)
    columns = [f'"{prop.name}"' for prop in members] + [f"{link}_Id" for link in associations]
    places = ",".join("?" * len(columns))
    defaults = [_kept(prop, _default(prop)) for prop in members]
    names = [_names(prop) for prop in members]

    def converted() -> Iterator[list[Any]]:
        for row in values:
            known = [
                default if (value := row.get(prop.attribute)) is None
                else by_number[value] if by_number
                else value[:23] + "Z" if prop.edm == "Edm.DateTimeOffset"  # all that CAP keeps
                else value
                for prop, default, by_number in zip(members, defaults, names, strict=True)
            ]  # fmt: skip
            yield known + [row[column] for _, column in associations.values()]

    insert = f"INSERT INTO peer_{name} ({','.join(columns)}) VALUES ({places})"
    connection.executemany(insert, converted())


def _default(prop: Property) -> Any:
    default = prop.column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _kept(prop: Property, value: Any) -> Any:
    """An enumeration's member by its name."""
    names = _names(prop)
    if value is None or names is None:
        return value
    return names[int(value.value if isinstance(value, Enum) else value)]


def _names(prop: Property) -> dict[int, str] | None:
    return dict(prop.enumeration.by_number) if prop.enumeration else None
