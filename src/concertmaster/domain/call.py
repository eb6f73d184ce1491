"""A call: what a piece of behaviour may know of the request it serves."""

from dataclasses import dataclass, field
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

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
    _open: list[Session] = field(default_factory=list, repr=False)

    @cached_property
    def now(self) -> str:
        """The tenant's time, one instant for the whole call."""
        return self.tenant.clock.now()

    @cached_property
    def session(self) -> Session:
        session = self.tenant.session() if self.writes else self.tenant.reader()
        self._open.append(session)
        return session

    @cached_property
    def connection(self) -> sa.Connection:
        return self.session.connection()

    @property
    def folder(self) -> int:
        """The folder of the call. Raises FolderRequired where there is none."""
        if self.folder_id is None:
            raise FolderRequired
        return self.folder_id

    def close(self, *, commit: bool) -> None:
        """End the session, if one was opened."""
        while self._open:
            session = self._open.pop()
            try:
                if commit:
                    session.commit()
                else:
                    session.rollback()
            finally:
                session.close()
