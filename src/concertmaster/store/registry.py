"""Which organizations and tenants there are; makes, finds and drops them."""

import re
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from concertmaster.settings import NAME, Settings
from concertmaster.store import migrations, portable
from concertmaster.store.blobs import StorageRefused, blobs_at
from concertmaster.store.databases import Databases, Files, Server
from concertmaster.store.engines import for_writing, open_engine
from concertmaster.store.inserts import insert_for, insert_or_leave
from concertmaster.store.tables import FACTS, METADATA, ORGANIZATIONS, TENANTS, VERSION
from concertmaster.store.templates import Seed, Templates
from concertmaster.store.tenant import Tenant
from concertmaster.store.timekeeping import KeptClock

T = TypeVar("T")

#: How long (in seconds) another replica's news about tenants may take, on PostgreSQL.
_FRESH = 1.0

#: How long (in seconds) whoever still uses data that was replaced is waited for.
_PATIENCE = 5.0


class DataRefused(Exception):
    """The data that is there does not fit what was asked; the message says what to do."""


class NameRefused(ValueError):
    """A name that cannot stand in a URL."""


class NameTaken(ValueError):
    """There is a tenant of that name."""


class TenantGone(LookupError):
    """The tenant was dropped meanwhile."""


def _nothing(_tenant: Tenant) -> None:
    """The seed of a registry that was given none: a migrated, empty database."""


@dataclass(frozen=True)
class _Facts:
    registry: "Registry"

    def get(self, name: str) -> str | None:
        with self.registry.read() as connection:
            return self.registry._fact(connection, name)

    def set(self, name: str, value: str) -> None:
        with self.registry.write() as connection:
            self.registry._set_fact(connection, name, value)


class Registry:
    """The tenants of a data folder, or of a PostgreSQL server."""

    def __init__(self, settings: Settings, databases: Databases, folder: Path, seed: Seed) -> None:
        self.settings = settings
        self.folder = folder
        self._databases = databases
        self._templates = Templates(databases, seed, _Facts(self))
        self._changing = threading.RLock()  # one makes, replaces or drops at a time
        self._listing = threading.RLock()  # what the table says and who is found go together
        self._replaced: list[Tenant] = []  # whose data is removed once nobody uses it
        self._tenants: dict[tuple[str, str], Tenant] = {}
        self._looked = 0.0
        self._owned: dict[Any, Any] = {}
        self._engine = open_engine(databases.registry)
        self._writing = for_writing(self._engine)

    @classmethod
    def open(cls, settings: Settings, seed: Seed | None = None, *, anew: bool = False) -> Self:
        """Open what is there, or begin with the default tenant; `anew` fills that one again."""
        folder = (
            Path(tempfile.mkdtemp(prefix="concertmaster-")) if settings.ephemeral else settings.data
        )
        try:
            blobs_at(settings.storage, "", folder)
        except StorageRefused as refused:
            raise DataRefused(str(refused)) from refused
        databases: Databases = Files(folder)
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
            named = sa.make_url(url).database or "concertmaster"
            prefix = f"{named}_{uuid.uuid4().hex[:8]}" if settings.ephemeral else named
            databases = Server(url, folder, prefix=prefix)
        with databases.alone():
            registry = cls(settings, databases, folder, seed or _nothing)
            try:
                registry._prepare(anew)
                registry._tidy()
            except BaseException:
                registry.close()
                raise
        return registry

    def _prepare(self, anew: bool) -> None:
        with self.write() as connection:
            METADATA.create_all(connection)
        version = self.fact("version", lambda: str(VERSION))
        if version != str(VERSION):
            raise DataRefused(
                f"the data in {self.place} was written by another version of Concertmaster "
                f"(registry {version}, this one is {VERSION})"
            )
        self._load()
        organization, name = self.settings.organization, self.settings.tenant
        found = self._tenants.get(_fold(organization, name))
        scenario = self.settings.scenario
        # Copying costs nothing but on a server, where a start has to be quick.
        keep = isinstance(self._databases, Files)
        if found is None:
            found = self._create(organization, name, scenario, keep=keep)
        elif anew:
            found.scenario = scenario
            found = self._replace(found, lambda new: self._templates.fill(new, keep=False))
            with self.write() as connection:
                changed = sa.update(TENANTS).where(TENANTS.c.id == found.id)
                connection.execute(changed.values(scenario=scenario))
        elif found.scenario != scenario:
            raise DataRefused(
                f"the data in {self.place} holds the scenario '{found.scenario}', "
                f"not '{scenario}'; `concertmaster reset --scenario {scenario} {self._where}` "
                "replaces it, --data takes another folder"
            )
        self.default = found

    @property
    def _where(self) -> str:
        """The flag that names the data to the command line."""
        if isinstance(self._databases, Server):
            return "--database-url …"
        return f"--data {self.folder}"

    # --- tenants --------------------------------------------------------------------------

    default: Tenant

    def tenant(self, organization: str, name: str) -> Tenant | None:
        """A tenant by its names, in any letter case."""
        self._refresh()
        return self._tenants.get(_fold(organization, name))

    def named(self, name: str) -> Tenant | None:
        """A tenant by its name alone (X-UIPATH-TenantName): in the default organization first."""
        self._refresh()
        first = self._tenants.get(_fold(self.default.organization, name))
        return first or next((t for t in self.tenants() if t.name.lower() == name.lower()), None)

    def by_key(self, key: str) -> Tenant | None:
        """A tenant by its guid, as tokens name it."""
        self._refresh()
        return next((tenant for tenant in self._tenants.values() if tenant.key == key), None)

    def tenants(self) -> list[Tenant]:
        self._refresh()
        return sorted(self._tenants.values(), key=lambda tenant: tenant.id)

    def create(self, organization: str, name: str, scenario: str | None = None) -> Tenant:
        """A new tenant, seeded: it is found only once it is complete.

        Raises:
            NameRefused, NameTaken, and what the seed raises.
        """
        with self._alone():
            return self._create(organization, name, scenario or self.settings.scenario)

    def reset(self, tenant: Tenant, scenario: str | None = None) -> Tenant:
        """Seed a tenant again, with its own scenario or another; its keys stay, so do tokens."""

        def fill(new: Tenant) -> None:
            new.scenario = scenario or tenant.scenario
            self._templates.fill(new)
            new.scenario = tenant.scenario  # what it goes back to

        return self.replace(tenant, fill)

    def replace(self, tenant: Tenant, fill: Callable[[Tenant], None]) -> Tenant:
        """Put other data in place of a tenant's: `fill` makes the database and the blobs.

        Whoever uses the old data goes on with it to the end; from now on others get the new. Where
        replicas share the tenant, it returns when none of them finds the old data any more.
        """
        with self._alone():
            new = self._replace(self._current(tenant), fill)
        if self._databases.replicas():
            time.sleep(_FRESH * 1.1)
        return new

    def drop(self, tenant: Tenant) -> None:
        """Remove a tenant and everything in it. The default one stays."""
        with self._alone():
            tenant = self._current(tenant)
            if tenant is self.default:
                raise NameRefused("the default tenant cannot be dropped")
            with self._listing:
                with self.write() as connection:
                    connection.execute(sa.delete(TENANTS).where(TENANTS.c.id == tenant.id))
                self._tenants.pop(_fold(tenant.organization, tenant.name), None)
            shutil.rmtree(self.snapshots(tenant), ignore_errors=True)
            self._retire(tenant)

    def settle(self, tenant: Tenant) -> None:
        """Wait a while for those who still use what was replaced or dropped."""
        tenant.leases.drain(_PATIENCE)
        self._sweep()

    def snapshots(self, tenant: Tenant) -> Path:
        """The folder of a tenant's snapshots."""
        return self.folder / "snapshots" / tenant.key

    def write_out(self, tenant: Tenant, file: Path) -> None:
        """All rows of a tenant, at one moment, as a SQLite file."""
        portable.dump(tenant.engine, self.blank(), file)

    def take_in(self, file: Path, tenant: Tenant) -> None:
        """Fill a new tenant's database with the rows of such a file."""
        self._databases.take_in(file, tenant.database)

    def blank(self) -> Path:
        """Such a file without a row."""
        return self._databases.blank()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._changing, self._databases.alone():
            self._load()
            yield

    def _current(self, tenant: Tenant) -> Tenant:
        """The tenant with the data it has now."""
        found = self._tenants.get(_fold(tenant.organization, tenant.name))
        if found is None or found.key != tenant.key:
            raise TenantGone(f"the tenant {tenant} was dropped")
        return found

    def _create(self, organization: str, name: str, scenario: str, *, keep: bool = True) -> Tenant:
        for word in (organization, name):
            if not re.fullmatch(NAME, word):
                raise NameRefused(f"'{word}' cannot be the name of an organization or tenant")
        if _fold(organization, name) in self._tenants:
            raise NameTaken(f"there is a tenant {organization}/{name} already")
        row = self._reserve(organization, name, scenario)
        tenant = self._make(row)
        try:
            self._templates.fill(tenant, keep=keep)
        except BaseException:
            self._remove(tenant)
            raise
        with self._listing:
            with self.write() as connection:
                connection.execute(sa.insert(TENANTS).values(row))
            self._take(tenant)
        return tenant

    def _replace(self, old: Tenant, fill: Callable[[Tenant], None]) -> Tenant:
        row = {
            "id": old.id,
            "key": old.key,
            "organization_key": old.organization_key,
            "name": old.name,
            "scenario": old.scenario,
            "database": self._databases.name_of(old.id, old.generation + 1),
        }
        new = self._make(row)
        try:
            fill(new)
        except BaseException:
            self._remove(new)
            raise
        with self._listing:
            with self.write() as connection:
                changed = sa.update(TENANTS).where(TENANTS.c.id == old.id)
                connection.execute(changed.values(database=new.database))
            self._take(new)
        self._retire(old)
        return new

    def _take(self, tenant: Tenant) -> None:
        """From now on this is the one that is found under its names."""
        self._tenants[_fold(tenant.organization, tenant.name)] = tenant
        if getattr(self, "default", None) is not None and tenant.key == self.default.key:
            self.default = tenant

    def _retire(self, tenant: Tenant) -> None:
        tenant.leases.end()
        self._replaced.append(tenant)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what was replaced and is used by nobody any more."""
        with self._changing:
            for tenant in list(self._replaced):
                if tenant.leases.drain(0):
                    self._replaced.remove(tenant)
                    self._remove(tenant)

    def _tidy(self) -> None:
        """Remove what a crash left."""
        known = {tenant.database for tenant in self._tenants.values()}
        for name in self._databases.orphans({*known, *self._templates.names()}):
            self._databases.drop(name)
        for blobs in (self.folder / "blobs").glob("*"):
            if blobs.name not in known:
                shutil.rmtree(blobs, ignore_errors=True)

    def _reserve(self, organization: str, name: str, scenario: str) -> dict[str, Any]:
        """The row of a tenant to be: its id is past every one given so far."""
        with self.write() as connection:
            matches = ORGANIZATIONS.c.folded == organization.lower()
            found = connection.execute(sa.select(ORGANIZATIONS).where(matches)).first()
            key = found.key if found else str(uuid.uuid4())
            if found is None:
                new = {"key": key, "name": organization, "folded": organization.lower()}
                connection.execute(sa.insert(ORGANIZATIONS).values(new))
            number = int(self._fact(connection, "last-tenant") or 0) + 1
            self._set_fact(connection, "last-tenant", str(number))
        return {
            "id": number,
            "key": str(uuid.uuid4()),
            "organization_key": key,
            "name": name,
            "folded": name.lower(),
            "scenario": scenario,
            "database": self._databases.name_of(number),
        }

    def _make(self, row: dict[str, Any]) -> Tenant:
        with self._engine.connect() as connection:
            matches = ORGANIZATIONS.c.key == row["organization_key"]
            organization = connection.execute(
                sa.select(ORGANIZATIONS.c.name).where(matches)
            ).scalar_one()
        blobs = self.folder / "blobs" / row["database"]
        blobs.mkdir(parents=True, exist_ok=True)
        tenant = Tenant(
            id=row["id"],
            key=row["key"],
            name=row["name"],
            organization=organization,
            organization_key=row["organization_key"],
            scenario=row["scenario"],
            database=row["database"],
            url=self._databases.url(row["database"]),
            blobs=blobs,
            storage=self.settings.storage,
        )
        tenant.clock = KeptClock(tenant)
        return tenant

    def _load(self) -> None:
        """Take up what the tables say: tenants that came, that went, and that have other data."""
        with self._listing:
            with self._engine.connect() as connection:
                rows = [dict(row._mapping) for row in connection.execute(sa.select(TENANTS))]
            known = {tenant.key: tenant for tenant in self._tenants.values()}
            for row in rows:
                before = known.get(row["key"])
                if before is not None and before.database == row["database"]:
                    continue
                tenant = self._make(row)
                migrations.upgrade_if_behind(tenant.writing)
                self._take(tenant)
                if before is not None:
                    before.leases.end()  # its data is removed by the one who replaced it
            for gone in known.keys() - {row["key"] for row in rows}:
                tenant = known[gone]
                self._tenants.pop(_fold(tenant.organization, tenant.name), None)
                tenant.leases.end()
                tenant.close()
            self._looked = time.monotonic()

    def _refresh(self) -> None:
        # A folder has one process; on a server, other replicas make and drop tenants too.
        if isinstance(self._databases, Server) and time.monotonic() - self._looked > _FRESH:
            self._load()

    def _remove(self, tenant: Tenant) -> None:
        tenant.close()
        self._databases.drop(tenant.database)
        tenant.files.clear()

    # --- the registry's own database ------------------------------------------------------

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A connection for reading the tables of `store/tables.py`."""
        return self._engine.connect()

    def write(self) -> AbstractContextManager[sa.Connection]:
        """A transaction on them; commits when the `with` ends well."""
        return self._writing.begin()

    def fact(self, name: str, make: Callable[[], str]) -> str:
        """A remembered text; made and kept when first asked for."""
        with self.read() as connection:
            found = self._fact(connection, name)
        if found is not None:
            return found
        made = {"name": name, "value": make()}
        with self.write() as connection:
            insert_or_leave(connection, FACTS, made)  # replicas may ask first at the same moment
            return self._fact(connection, name) or made["value"]

    @staticmethod
    def _fact(connection: sa.Connection, name: str) -> str | None:
        return connection.execute(sa.select(FACTS.c.value).where(FACTS.c.name == name)).scalar()

    @staticmethod
    def _set_fact(connection: sa.Connection, name: str, value: str) -> None:
        insert = insert_for(connection.dialect.name, FACTS).values(name=name, value=value)
        connection.execute(
            insert.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )

    def own(self, make: Callable[["Registry"], T]) -> T:
        """The one `make(registry)` of this registry."""
        if make not in self._owned:
            self._owned[make] = make(self)
        found: T = self._owned[make]
        return found

    @property
    def place(self) -> str:
        """Where the data lives, for people to read."""
        if isinstance(self._databases, Server):
            return self._databases.server.render_as_string(hide_password=True)
        return (
            f"{self.folder} (gone when it stops)" if self.settings.ephemeral else str(self.folder)
        )

    def close(self) -> None:
        """Let go of every connection; what is ephemeral goes away."""
        for tenant in [*self._tenants.values(), *self._replaced]:
            tenant.close()
            if self.settings.ephemeral:
                tenant.files.clear()
        self._engine.dispose()
        if self.settings.ephemeral:
            self._databases.forget()
            shutil.rmtree(self.folder, ignore_errors=True)


def _fold(organization: str, name: str) -> tuple[str, str]:
    return organization.lower(), name.lower()
