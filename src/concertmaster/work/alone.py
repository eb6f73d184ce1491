"""Doing something alone: one thread, in one of the processes that share a database.

A process that dies lets go by dying. A SQLite file has one process, which knows what it is doing;
on PostgreSQL replicas share the work, and locks of the server's tell them apart.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from concertmaster.store import Tenant

#: Seconds after which one looks again at what another process holds.
PATIENCE = 1.0


class Alone:
    """What this process holds in a tenant, of one kind of things, by number.

    Subclasses are kinds: `space` tells their locks apart, and is the same in every replica.
    """

    space: int

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._mutex = threading.Lock()
        self._held: set[int] = set()
        self._elsewhere: dict[int, float] = {}
        self._locks: sa.Connection | None = None  # one for all locks, while there are any

    def held(self) -> list[int]:
        """What somebody is busy with: here, or as last seen elsewhere."""
        with self._mutex:
            now = time.monotonic()
            self._elsewhere = {one: till for one, till in self._elsewhere.items() if till > now}
            return [*self._held, *self._elsewhere]

    @contextmanager
    def holding(self, number: int) -> Iterator[bool]:
        """Whether it is ours, for as long as this lasts."""
        if not self.take(number):
            yield False
            return
        try:
            yield True
        finally:
            self.let_go(number)

    def take(self, number: int) -> bool:
        """Make it ours; False where it is somebody else's."""
        with self._mutex:
            if number in self._held:
                return False
            if self._tenant.dialect == "postgresql" and not self._lock(number):
                self._elsewhere[number] = time.monotonic() + PATIENCE
                return False
            self._held.add(number)
            return True

    def let_go(self, number: int) -> None:
        with self._mutex:
            self._held.discard(number)
            if self._locks is None:
                return
            with suppress(sa.exc.SQLAlchemyError):  # a lost connection has let go of everything
                self._locks.execute(sa.select(sa.func.pg_advisory_unlock(self._name(number))))
            if not self._held:
                self._close()

    def _lock(self, number: int) -> bool:
        if self._locks is None:
            engine = self._tenant.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._locks = engine.connect()
        try:
            asked = sa.select(sa.func.pg_try_advisory_lock(self._name(number)))
            return bool(self._locks.scalar(asked))
        except sa.exc.SQLAlchemyError:
            self._close()
            raise

    def _close(self) -> None:
        if self._locks is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._locks.close()
            self._locks = None

    def _name(self, number: int) -> sa.Cast[int]:
        return sa.cast((self.space << 32) + number, sa.BigInteger)
