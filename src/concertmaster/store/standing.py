"""Connections that stay taken between two uses.

To take one from SQLAlchemy's pool and give it back costs as much as a small query. The few that are
used one after the other are kept at hand; what is used beside them is the pool's.
"""

import time
from typing import Final

import sqlalchemy as sa


class Standing:
    """Some connections of an engine, for one user at a time each.

    A server may end a connection that lies idle: after `idle` seconds it is asked whether it lives.
    """

    #: Whether a transaction holds more than one user has written (see `group_commit.py`).
    shared: Final = False

    def __init__(self, engine: sa.Engine, most: int, *, idle: float | None = None) -> None:
        self._engine = engine
        self._most = most
        self._idle = idle
        self._free: list[tuple[sa.Connection, float]] = []  # its append and pop need no lock

    def take(self) -> sa.Connection:
        """One that no transaction is open on; to be given back."""
        try:
            while True:
                connection, since = self._free.pop()
                if self._lives(connection, since):
                    return connection
                connection.invalidate()
                connection.close()
        except IndexError:
            return self._engine.connect()

    def commit(self, connection: sa.Connection) -> None:
        connection.commit()

    def give(self, connection: sa.Connection) -> None:
        """Give back; what is open on it is undone."""
        if connection.get_transaction() is not None:  # open, or its commit has failed
            connection.rollback()
        if len(self._free) < self._most and _is_open(connection):
            self._free.append((connection, time.monotonic()))
        else:
            connection.close()

    def close(self) -> None:
        """Let go of those that are free."""
        while self._free:
            self._free.pop()[0].close()

    def _lives(self, connection: sa.Connection, since: float) -> bool:
        if self._idle is None or time.monotonic() - since < self._idle:
            return True
        dialect = connection.dialect
        try:
            return bool(dialect.do_ping(connection.connection.dbapi_connection))  # type: ignore[arg-type]
        except dialect.loaded_dbapi.Error:
            return False


def _is_open(connection: sa.Connection) -> bool:
    if connection.closed or connection.invalidated:
        return False
    # What a server has ended meanwhile, its driver knows.
    return not getattr(connection.connection.dbapi_connection, "closed", False)
