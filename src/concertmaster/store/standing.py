"""Connections that stay taken between two uses.

To take one from SQLAlchemy's pool and give it back costs as much as a small query on SQLite. The
few that are used one after the other are kept at hand; what is used beside them is the pool's.
"""

import sqlalchemy as sa


class Standing:
    """Some connections of an engine, for one user at a time each."""

    def __init__(self, engine: sa.Engine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._free: list[sa.Connection] = []  # its `append` and `pop` need no lock

    def take(self) -> sa.Connection:
        """One that no transaction is open on; to be given back."""
        try:
            return self._free.pop()
        except IndexError:
            return self._engine.connect()

    def give(self, connection: sa.Connection) -> None:
        """Give back; what is open on it is undone."""
        if connection.in_transaction():
            connection.rollback()
        if len(self._free) < self._most and not connection.invalidated:
            self._free.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Let go of those that are free."""
        while self._free:
            self._free.pop().close()
