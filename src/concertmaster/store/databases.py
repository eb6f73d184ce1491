"""Where databases are made, copied and dropped: files in a folder, or databases on a server."""

import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from concertmaster.store import migrations
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
    def name_of(self, tenant_id: int) -> str: ...

    @abstractmethod
    def clone(self, name: str) -> None:
        """Make `name` from the migrated template, in place of one that a crash left."""

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """While it lasts, no other process makes or drops databases here."""

    def forget(self, names: list[str]) -> None:
        """Drop everything: what `ephemeral` promises."""
        for name in names:
            self.drop(name)


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

    def name_of(self, tenant_id: int) -> str:
        return f"tenant-{tenant_id}"

    def clone(self, name: str) -> None:
        self.drop(name)
        shutil.copyfile(self._template(), self._file(name))

    def drop(self, name: str) -> None:
        for ending in ("", "-wal", "-shm"):
            self._file(name, ending).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def _template(self) -> Path:
        """Migrated once, aside, then moved into place: a crash leaves no half of one."""
        template = self._file(f"template-{migrations.fingerprint()}")
        if template.exists():
            return template
        for old in self.folder.glob("template-*.db*"):
            old.unlink(missing_ok=True)
        aside = self._file(f"template-{uuid.uuid4().hex}")
        engine = sa.create_engine(f"sqlite:///{aside}", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            migrations.upgrade(connection)
        engine.dispose()
        aside.replace(template)
        return template

    def _file(self, name: str, ending: str = "") -> Path:
        return self.folder / f"{name}.db{ending}"


class Server(Databases):
    """PostgreSQL: the database of the URL is the registry, each tenant has one beside it."""

    def __init__(self, url: str, *, prefix: str | None = None) -> None:
        self.server = sa.make_url(url)
        self.prefix = prefix or self.server.database or "concertmaster"
        # Databases are made from outside of them: any other one will do to be connected to.
        self._admin = sa.create_engine(
            self.server.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    @property
    def registry(self) -> sa.URL:
        if not self._exists(self.prefix):
            self._create(self.prefix, "template0")
        return self.url(self.prefix)

    def url(self, name: str) -> sa.URL:
        return self.server.set(database=name)

    def name_of(self, tenant_id: int) -> str:
        return f"{self.prefix}_tenant_{tenant_id}"

    def clone(self, name: str) -> None:
        self.drop(name)
        self._create(name, self._template())

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

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

    def forget(self, names: list[str]) -> None:
        super().forget([*names, self.prefix])


_LOCK = 0x636F6E63  # an arbitrary number, the same in every replica


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
