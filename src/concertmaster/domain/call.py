"""A call: what a piece of behaviour may know of the request it serves."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import events, reactions
from concertmaster.domain.access import Caller
from concertmaster.domain.errors import FolderRequired
from concertmaster.domain.events import Event
from concertmaster.odata.lazily import cached_property
from concertmaster.settings import Settings
from concertmaster.store import Tenant
from concertmaster.store.group_commit import GroupCommit, Promise
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
    patient: bool = False  #: whoever answers waits for the promise that `close` gives
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
        connection = self._source.take()
        self._connections.append(connection)
        if self.writes and not connection.in_transaction():
            connection.begin()
        return connection

    @property
    def _source(self) -> Standing | GroupCommit:
        if not self.writes:
            return self.tenant.readers
        return (self.patient and self.tenant.group_commit) or self.tenant.writers

    @cached_property
    def session(self) -> Session:
        """The unit of work over that connection; what needs none goes without."""
        connection = self.connection
        if self.writes:
            session = self.tenant.session(connection, shared=self._source.shared)
        else:
            session = self.tenant.reader(connection)
        events.keep(session, self.happened)
        self._sessions.append(session)
        return session

    @property
    def folder(self) -> int:
        """The folder of the call. Raises FolderRequired where there is none."""
        if self.folder_id is None:
            raise FolderRequired
        return self.folder_id

    def close(self, *, commit: bool) -> Promise | None:
        """End what was opened: a session, a connection, both or neither.

        Where a promise is given, what was written is committed when it is done.
        """
        try:
            return self._commit() if commit and self._connections else None
        finally:
            for session in self._sessions:
                session.close()
            for connection in self._connections:
                self._source.give(connection)

    def _commit(self) -> Promise | None:
        """Everything that was written, with all that follows from it; then the background wakes."""
        if not self._sessions and reactions.concern(self.tenant, self.happened):
            self.session  # noqa: B018 - opened, as something follows
        for session in self._sessions:
            reactions.settle(session, by=self.caller.person_id)
            session.commit()
        promise = self._source.commit(self.connection)
        if promise is None:
            self.tenant.bell.ring()
        return promise
