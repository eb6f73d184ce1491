"""A scenario is seeded once in a test process: later tenants get a copy, as a reset does.

What a copy has to look like is the product's own business (`scenarios/aging.py`), and tested there.
"""

import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # imported when first used, so that the engine's own tests need no Orchestrator
    import sqlalchemy as sa

    from concertmaster.store import Tenant
    from concertmaster.store.templates import Seeded


@dataclass
class _Kept:
    """A seeded database, put aside."""

    seeded: "Seeded"
    copy: str  #: where it is
    at: int  #: the moment that a copy of it shows, in ticks

    def holds(self) -> bool:
        return self.seeded.holds()

    def move(self, connection: Any, seconds: int) -> None:
        self.seeded.move(connection, seconds)

    def adopt(self, connection: Any, tenant: "Tenant") -> None:
        self.seeded.adopt(connection, tenant)


class SeedOnce:
    """Seeds tenants (`store/templates.py`, Seed)."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._shelf: Shelf | None = None

    def __call__(self, tenant: "Tenant") -> "Seeded | None":
        from concertmaster.domain.clock import SECOND, Clock
        from concertmaster.store.templates import GOOD

        kept, now = self._kept.get(tenant.scenario), Clock.wall()
        if kept is None or self._shelf is None or now - kept.at > GOOD or not kept.holds():
            return self._keep(tenant)
        seconds = (now - kept.at) // SECOND
        tenant.close()  # what is in use can be neither copied nor replaced
        self._shelf.put_back(kept.copy, tenant)
        with tenant.writing.begin() as connection:
            kept.adopt(connection, tenant)
            if seconds:
                kept.move(connection, seconds)
        return _Kept(kept.seeded, kept.copy, kept.at + seconds * SECOND)

    def _keep(self, tenant: "Tenant") -> "Seeded":
        from concertmaster.scenarios import seed

        if self._shelf is None:
            self._shelf = Files() if tenant.dialect == "sqlite" else Server(tenant.url)
        seeded = seed(tenant)
        tenant.close()
        copy = self._shelf.keep(tenant)
        self._kept[tenant.scenario] = _Kept(seeded, copy, seeded.at)
        return seeded

    def clear(self) -> None:
        if self._shelf is not None:
            self._shelf.clear()


class Shelf(Protocol):
    """Where seeded databases are kept."""

    def keep(self, tenant: "Tenant") -> str: ...
    def put_back(self, copy: str, tenant: "Tenant") -> None: ...
    def clear(self) -> None: ...


class Files:
    """SQLite: files in a folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="concertmaster-seeded-")

    def keep(self, tenant: "Tenant") -> str:
        assert tenant.url.database
        copy = Path(self._folder.name) / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(tenant.url.database, copy)
        return str(copy)

    def put_back(self, copy: str, tenant: "Tenant") -> None:
        assert tenant.url.database
        shutil.copyfile(copy, tenant.url.database)

    def clear(self) -> None:
        self._folder.cleanup()


class Server:
    """PostgreSQL: databases beside those of the tenants."""

    def __init__(self, url: "sa.URL") -> None:
        import sqlalchemy as sa
        from sqlalchemy.pool import NullPool

        self._engine = sa.create_engine(
            url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._copies: list[str] = []

    def keep(self, tenant: "Tenant") -> str:
        copy = f"seeded_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{copy}" TEMPLATE "{tenant.url.database}"')
        self._copies.append(copy)
        return copy

    def put_back(self, copy: str, tenant: "Tenant") -> None:
        self._run(f'DROP DATABASE "{tenant.url.database}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{tenant.url.database}" TEMPLATE "{copy}"')

    def clear(self) -> None:
        for copy in self._copies:
            self._run(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)
