"""A call: what a piece of behaviour may know of the request it serves."""

from dataclasses import dataclass, field
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import events, reactions
from concertmaster.domain.access import Caller
from concertmaster.domain.errors import FolderRequired
from concertmaster.domain.events import Event
from concertmaster.settings import Settings
from concertmaster.store import Tenant
from concertmaster.store.standing import Standing


@dataclass
class Call:
    """Who asks, in which tenant and folder, when, and the session to answer from.

    What it needs of the database is opened when first used and committed once, at the edge; a
    call that only reads never takes the write lock.
    """

    tenant: Tenant
    caller: Caller
    settings: Settings
    folder_id: int | None = None
    across: frozenset[int] | None = None  #: the folders an operation across folders may show
    writes: bool = True
    base_url: str = ""  #: the root that absolute URLs in the answer start with
    job_key: str | None = None  #: the job that the request comes from, if it says so
    happened: list[Event] = field(default_factory=list)  #: beside what its session records
    _sessions: list[Session] = field(default_factory=list, repr=False)
    _connections: list[sa.Connection] = field(default_factory=list, repr=False)

    @cached_property
    def now(self) -> str:
        """The tenant's time, one instant for the whole call."""
        return self.tenant.clock.now()

    @cached_property
    def connection(self) -> sa.Connection:
        """The one connection of the call; one that writes has begun its transaction."""
        # The clock may have to look first. Whoever holds a transaction must not wait for a second
        # connection: those that wait for its rows may hold all the others.
        self.now  # noqa: B018
        connection = self._standing.take()
        self._connections.append(connection)
        if self.writes:
            connection.begin()
        return connection

    @property
    def _standing(self) -> Standing:
        return self.tenant.writers if self.writes else self.tenant.readers

    @cached_property
    def session(self) -> Session:
        """The unit of work over that connection; what needs none goes without."""
        make = self.tenant.session if self.writes else self.tenant.reader
        session = make(self.connection)
        events.keep(session, self.happened)
        self._sessions.append(session)
        return session

    @property
    def folder(self) -> int:
        """The folder of the call. Raises FolderRequired where there is none."""
        if self.folder_id is None:
            raise FolderRequired
        return self.folder_id

    def close(self, *, commit: bool) -> None:
        """End what was opened: a session, a connection, both or neither."""
        try:
            if commit and self._connections:
                self._commit()
        finally:
            for session in self._sessions:
                session.close()
            for connection in self._connections:
                self._standing.give(connection)

    def _commit(self) -> None:
        """Everything that was written, with all that follows from it; then the background wakes."""
        if not self._sessions and reactions.concern(self.tenant, self.happened):
            self.session  # noqa: B018 - opened, as something follows
        for session in self._sessions:
            reactions.settle(session, by=self.caller.person_id)
            session.commit()
        for connection in self._connections:
            connection.commit()
        self.tenant.bell.ring()
