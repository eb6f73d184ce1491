"""A call: what a piece of behaviour may know of the request it serves."""

from dataclasses import dataclass, field
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import reactions
from concertmaster.domain.access import Caller
from concertmaster.domain.errors import FolderRequired
from concertmaster.settings import Settings
from concertmaster.store import Tenant


@dataclass
class Call:
    """Who asks, in which tenant and folder, when, and the session to answer from.

    The session is opened when first used and committed once, at the edge; a call that only
    reads never takes the write lock.
    """

    tenant: Tenant
    caller: Caller
    settings: Settings
    folder_id: int | None = None
    across: frozenset[int] | None = None  #: the folders an operation across folders may show
    writes: bool = True
    base_url: str = ""  #: the root that absolute URLs in the answer start with
    _sessions: list[Session] = field(default_factory=list, repr=False)
    _connections: list[sa.Connection] = field(default_factory=list, repr=False)

    @cached_property
    def now(self) -> str:
        """The tenant's time, one instant for the whole call."""
        return self.tenant.clock.now()

    @cached_property
    def session(self) -> Session:
        session = self.tenant.session() if self.writes else self.tenant.reader(self.connection)
        self._sessions.append(session)
        return session

    @cached_property
    def connection(self) -> sa.Connection:
        """What reads go through; a call that only reads needs no session for them."""
        if self.writes:
            return self.session.connection()
        connection = self.tenant.connect()
        self._connections.append(connection)
        return connection

    @property
    def folder(self) -> int:
        """The folder of the call. Raises FolderRequired where there is none."""
        if self.folder_id is None:
            raise FolderRequired
        return self.folder_id

    def close(self, *, commit: bool) -> None:
        """End what was opened: a session, a connection, or neither."""
        try:
            for session in self._sessions:
                if commit:
                    reactions.commit(session, by=self.caller.user_id)
        finally:
            for session in self._sessions:
                session.close()
            for connection in self._connections:
                connection.close()
