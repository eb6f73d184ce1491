"""Where databases are made, copied and dropped: files in a folder, or databases on a server."""

import re
import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from concertmaster.store import migrations, portable
from concertmaster.store.engines import open_engine


class Databases(ABC):
    """A place for databases, by name."""

    @property
    @abstractmethod
    def registry(self) -> sa.URL:
        """The database of the registry; exists once this was asked for."""

    @abstractmethod
    def url(self, name: str) -> sa.URL: ...

    @abstractmethod
    def name_of(self, tenant_id: int, generation: int = 1) -> str:
        """Where a tenant's data lives; each time it is replaced, the generation is one more."""

    @abstractmethod
    def template(self, word: str) -> str:
        """The name of a database that others are copied from."""

    @abstractmethod
    def clone(self, name: str) -> None:
        """Make `name` from the migrated template, in place of one that a crash left."""

    @abstractmethod
    def copy(self, source: str, name: str) -> None:
        """Make `name` hold what `source` does, to which nobody is connected."""

    @abstractmethod
    def amended(self, name: str) -> AbstractContextManager[sa.Connection]:
        """A transaction on a database that only this one uses; nobody is connected afterwards."""

    @abstractmethod
    def take_in(self, file: Path, name: str) -> None:
        """Make `name` hold what a SQLite file of the newest schema does."""

    @abstractmethod
    def blank(self) -> Path:
        """A SQLite file of the newest schema without a row in it; only for copying."""

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def orphans(self, known: Collection[str]) -> list[str]:
        """Databases of tenants that are not known (a crash left them), and old templates."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """While it lasts, no other process makes or drops databases here."""

    def replicas(self) -> int:
        """How many other processes serve the same tenants right now."""
        return 0

    @abstractmethod
    def forget(self) -> None:
        """Drop everything: what `ephemeral` promises."""


class Files(Databases):
    """SQLite: a file a tenant, in the data folder. One process serves a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        ignored = self.folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n")

    @property
    def registry(self) -> sa.URL:
        return self.url("registry")

    def url(self, name: str) -> sa.URL:
        return sa.URL.create("sqlite", database=str(self._file(name)))

    def name_of(self, tenant_id: int, generation: int = 1) -> str:
        return f"tenant-{tenant_id}" if generation == 1 else f"tenant-{tenant_id}-{generation}"

    def template(self, word: str) -> str:
        return f"seeded-{word}"

    def clone(self, name: str) -> None:
        self.drop(name)
        shutil.copyfile(self._template(), self._file(name))

    def copy(self, source: str, name: str) -> None:
        self.drop(name)
        shutil.copyfile(self._file(source), self._file(name))

    @contextmanager
    def amended(self, name: str) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self.url(name), poolclass=NullPool)
        with engine.connect() as connection:
            # What is lost by a crash is made anew, so nothing waits for the disk.
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.exec_driver_sql("PRAGMA journal_mode = MEMORY")
            connection.commit()
            yield connection
            connection.commit()
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def take_in(self, file: Path, name: str) -> None:
        self.drop(name)
        shutil.copyfile(file, self._file(name))

    def blank(self) -> Path:
        return self._template()

    def drop(self, name: str) -> None:
        for ending in ("", "-wal", "-shm"):
            self._file(name, ending).unlink(missing_ok=True)

    def orphans(self, known: Collection[str]) -> list[str]:
        found = {path.name.partition(".")[0] for path in self.folder.glob("*.db*")}
        ours = {name for name in found if name.startswith(("tenant-", "seeded-"))}
        return sorted(ours - set(known))

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def _template(self) -> Path:
        """Made once, aside, then moved into place: a crash leaves no half of one."""
        template = self._file(f"template-{migrations.fingerprint()}")
        if template.exists():
            return template
        for old in self.folder.glob("template-*.db*"):
            old.unlink(missing_ok=True)
        # In a folder of its own, where another process that makes one too does not clear it away.
        with tempfile.TemporaryDirectory(prefix="template-", dir=self.folder) as aside:
            blank = Path(aside) / "blank.db"
            migrations.make_blank(blank)
            blank.replace(template)
        return template

    def _file(self, name: str, ending: str = "") -> Path:
        return self.folder / f"{name}.db{ending}"


class Server(Databases):
    """PostgreSQL: the database of the URL is the registry, each tenant has one beside it."""

    def __init__(self, url: str, folder: Path, *, prefix: str | None = None) -> None:
        self._folder = folder
        self.server = sa.make_url(url)
        self.prefix = prefix or self.server.database or "concertmaster"
        self._me = f"{_APPLICATION}{uuid.uuid4().hex[:12]}"
        # Databases are made from outside of them: any other one will do to be connected to.
        self._admin = sa.create_engine(
            self.server.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    @property
    def registry(self) -> sa.URL:
        if not self._exists(self.prefix):
            self._create(self.prefix, "template0")
        return self.url(self.prefix).update_query_dict({"application_name": self._me})

    def url(self, name: str) -> sa.URL:
        return self.server.set(database=name)

    def name_of(self, tenant_id: int, generation: int = 1) -> str:
        name = f"{self.prefix}_tenant_{tenant_id}"
        return name if generation == 1 else f"{name}_{generation}"

    def template(self, word: str) -> str:
        return f"{self.prefix}_seeded_{word}"

    def clone(self, name: str) -> None:
        self.copy(self._template(), name)

    def copy(self, source: str, name: str) -> None:
        self.drop(name)
        self._create(name, source)

    @contextmanager
    def amended(self, name: str) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self.url(name), poolclass=NullPool)
        with engine.begin() as connection:
            yield connection

    def take_in(self, file: Path, name: str) -> None:
        self.clone(name)
        engine = sa.create_engine(self.url(name), poolclass=NullPool)
        portable.load(file, engine)

    def blank(self) -> Path:
        return Files(self._folder / "portable").blank()

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def orphans(self, known: Collection[str]) -> list[str]:
        return sorted(set(self._made()) - set(known))

    def replicas(self) -> int:
        # Whoever serves the tenants keeps a connection to the registry, under a name of its own.
        query = sa.text(
            "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE datname = :name "
            "AND starts_with(application_name, :ours) AND application_name <> :me"
        )
        words = {"name": self.prefix, "ours": _APPLICATION, "me": self._me}
        with self._admin.connect() as connection:
            return int(connection.execute(query, words).scalar() or 0)

    def forget(self) -> None:
        for name in [*self._made(), self.prefix]:
            self.drop(name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._admin.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))

    def _template(self) -> str:
        # Shared by every registry of the server: it holds a schema and nothing of anyone.
        name = f"concertmaster_template_{migrations.fingerprint().replace('-', '_')}"
        if self._exists(name):
            return name
        aside = f"{name}_{uuid.uuid4().hex[:8]}"
        self._create(aside, "template0")
        engine = open_engine(self.url(aside))
        with engine.connect() as connection:
            migrations.upgrade(connection)
        engine.dispose()
        self._run(f"ALTER DATABASE {_quoted(aside)} RENAME TO {_quoted(name)}")
        return name

    def _made(self) -> list[str]:
        """The databases beside the registry that belong to it."""
        ours = re.compile(rf"{re.escape(self.prefix)}_(tenant_\d+(_\d+)?|seeded_[0-9a-f]+)")
        with self._admin.connect() as connection:
            names = connection.execute(sa.text("SELECT datname FROM pg_database")).scalars()
            return [name for name in names if ours.fullmatch(name)]

    def _exists(self, name: str) -> bool:
        with self._admin.connect() as connection:
            found = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
            return connection.execute(found, {"name": name}).first() is not None

    def _create(self, name: str, template: str) -> None:
        # "C" everywhere: text sorts by code point and case folds in ASCII only, as on SQLite.
        plain = " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" if template == "template0" else ""
        self._run(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}{plain}")

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


_APPLICATION = "concertmaster-"  # how processes name themselves to the server
_LOCK = 0x636F6E63  # an arbitrary number, the same in every replica


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
