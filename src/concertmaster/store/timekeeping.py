"""A tenant's clock as its database keeps it: it survives restarts, and replicas share it."""

import threading
import time
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from concertmaster.domain.clock import Clock, Setting

if TYPE_CHECKING:
    from concertmaster.store.tenant import Tenant

METADATA = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})

#: One row, or none: then it is real time and the background works.
CLOCK = sa.Table(
    "clock",
    METADATA,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("origin", sa.BigInteger, nullable=False),  # ticks
    sa.Column("set_at", sa.BigInteger, nullable=False),  # ticks of wall time
    sa.Column("scale", sa.Float, nullable=False),
    sa.Column("frozen", sa.Boolean, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),  # whether the background rests
)
_COLUMNS: Final = (
    CLOCK.c.origin, CLOCK.c.set_at, CLOCK.c.scale, CLOCK.c.frozen, CLOCK.c.paused,
)  # fmt: skip

#: How long (in seconds) the word of another replica may take, on PostgreSQL.
FRESH: Final = 1.0


class KeptClock(Clock):
    """A clock that is read from its tenant's database when first asked, and written when set."""

    def __init__(self, tenant: "Tenant") -> None:
        super().__init__()
        self._tenant = tenant
        self._looked: float | None = None
        self._lock = threading.Lock()

    @property
    def setting(self) -> Setting:
        if self._stale():
            self._look()
        return self._setting

    @setting.setter
    def setting(self, setting: Setting) -> None:
        row = {"id": 1, **setting._asdict()}
        with self._lock, self._tenant.writing.begin() as connection:
            if not connection.execute(sa.update(CLOCK).values(row)).rowcount:
                connection.execute(sa.insert(CLOCK).values(row))
            self._setting, self._looked = setting, time.monotonic()

    def forget(self) -> None:
        """Look again: the database was replaced."""
        self._looked = None

    def _stale(self) -> bool:
        if self._looked is None:
            return True
        # A SQLite file has one process: what it wrote is what there is.
        return self._tenant.dialect != "sqlite" and time.monotonic() - self._looked > FRESH

    def _look(self) -> None:
        # Whoever waits here may hold a connection that the one who looks is waiting for: only the
        # very first look is worth waiting for, later ones go on with what was known.
        if not self._lock.acquire(blocking=self._looked is None):
            return
        try:
            if not self._stale():
                return
            with self._tenant.connect() as connection:
                row = connection.execute(sa.select(*_COLUMNS)).first()
            self._setting = Setting(*row) if row else Setting()
            self._looked = time.monotonic()
        finally:
            self._lock.release()
