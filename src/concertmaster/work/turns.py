"""Whose turn it is to work on a tenant: everybody's, or one's alone.

Replicas share the background work of a tenant. Whoever moves its clock step by step, or puts other
data in its place, has to be alone for that time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from concertmaster.store import Tenant

_LOCK = 0x776F726B  # an arbitrary number, the same in every replica


class Turns:
    """The lock of one tenant within this process; `tenant.own(Turns)`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._lock = threading.RLock()
        self.taken_alone = False  #: whether time stands until everything due is done

    @contextmanager
    def shared(self) -> Iterator[bool]:
        """Beside other replicas; says False at once where somebody wants to be alone."""
        if not self._lock.acquire(blocking=False):
            yield False
            return
        try:
            with self._across(sa.func.pg_try_advisory_lock_shared, "_shared") as taken:
                yield taken
        finally:
            self._lock.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until nobody works, and keeps everybody from it meanwhile."""
        with self._lock, self._across(sa.func.pg_advisory_lock, ""):
            self.taken_alone = True
            try:
                yield
            finally:
                self.taken_alone = False

    @contextmanager
    def _across(self, take: object, kind: str) -> Iterator[bool]:
        if self._tenant.dialect == "sqlite":
            yield True
            return
        with self._tenant.connect() as connection:
            key = sa.cast(_LOCK, sa.BigInteger)
            taken = connection.scalar(sa.select(take(key)))  # type: ignore[operator]
            try:
                yield taken is not False
            finally:
                if taken is not False:
                    unlock = getattr(sa.func, f"pg_advisory_unlock{kind}")
                    connection.execute(sa.select(unlock(key)))
