"""A tenant: who it is, its database, its blobs and its clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.clock import Clock
from concertmaster.store.bell import Bell
from concertmaster.store.blobs import Blobs, blobs_at
from concertmaster.store.engines import IDLE, for_writing, open_engine
from concertmaster.store.group_commit import GroupCommit
from concertmaster.store.leases import Leases
from concertmaster.store.standing import Standing

T = TypeVar("T")


@dataclass(eq=False)
class Tenant:
    """One tenant of one organization, with one set of data.

    Compared by identity: the registry makes one of each, and a new one where a tenant's data is
    replaced (reset, restored). What is remembered of the old data goes with the old object.
    """

    id: int
    key: str
    name: str
    organization: str
    organization_key: str
    scenario: str
    database: str  #: the name of its database on the server, or of its file
    url: sa.URL
    blobs: Path  #: the folder of its files on this machine
    storage: str | None = None  #: the URL of where its files lie instead
    clock: Clock = field(default_factory=Clock)
    bell: Bell = field(default_factory=Bell)
    leases: Leases = field(default_factory=Leases)
    _owned: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def generation(self) -> int:
        """How many times its data was replaced, and one."""
        found = re.search(r"tenant[-_]\d+[-_](\d+)$", self.database)
        return int(found[1]) if found else 1

    @cached_property
    def files(self) -> Blobs:
        """What clients sent, and what was made for them to fetch."""
        return blobs_at(self.storage, self.database, self.blobs)

    @cached_property
    def engine(self) -> sa.Engine:
        """For reading: transactions never wait for a writer."""
        return open_engine(self.url)

    @cached_property
    def writing(self) -> sa.Engine:
        """The same pool, for transactions that write."""
        return for_writing(self.engine)

    @cached_property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def session(self, connection: sa.Connection | None = None, *, shared: bool = False) -> Session:
        """A unit of work that may write; over a connection, its transaction is that one's.

        Where others have written in that transaction, too, what fails takes back its own only.
        """
        return Session(
            self.writing if connection is None else connection, expire_on_commit=False,
            join_transaction_mode="create_savepoint" if shared else "rollback_only",
            info={"tenant": self},
        )  # fmt: skip

    def reader(self, connection: sa.Connection | None = None) -> Session:
        """A unit of work that only reads: it never takes the write lock."""
        bind = self.engine if connection is None else connection
        return Session(bind, expire_on_commit=False, info={"tenant": self})

    def connect(self) -> sa.Connection:
        """A connection from the pool for plain reads, the shortest way to rows."""
        return self._reading.connect()

    @cached_property
    def _reading(self) -> sa.Engine:
        # PostgreSQL pays a round trip each for BEGIN and ROLLBACK; a read needs neither.
        if self.dialect == "postgresql":
            return self.engine.execution_options(isolation_level="AUTOCOMMIT")
        return self.engine

    @cached_property
    def readers(self) -> Standing:
        """For calls that read."""
        return Standing(self._reading, 2, idle=None if self.dialect == "sqlite" else IDLE)

    @cached_property
    def writers(self) -> Standing:
        """For calls that write; of a server's few connections none is kept for these alone."""
        return Standing(self.writing, 2 if self.dialect == "sqlite" else 0)

    @cached_property
    def group_commit(self) -> GroupCommit | None:
        """For calls that write on the event loop; on PostgreSQL each has a thread of its own."""
        if self.dialect != "sqlite":
            return None
        return GroupCommit(self.writers, self.engine, self.bell.ring)

    def own(self, make: Callable[["Tenant"], T]) -> T:
        """The one `make(tenant)` of this tenant: caches live and go with what they are of."""
        if make not in self._owned:
            self._owned[make] = make(self)
        found: T = self._owned[make]
        return found

    def close(self) -> None:
        self.clock.forget()
        if "engine" in self.__dict__:
            self.readers.close()
            self.writers.close()
            self.engine.dispose()

    def __str__(self) -> str:
        return f"{self.organization}/{self.name}"
