"""How connections are opened: one writer at a time on SQLite, small lazy pools on PostgreSQL."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

#: The execution option that says how a transaction on SQLite begins.
BEGIN = "concertmaster_begin"

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
)


def open_engine(url: sa.URL) -> sa.Engine:
    """An engine for reading; `for_writing` makes the other half."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return sa.create_engine(
        url,
        pool_size=2,
        max_overflow=8,
        pool_recycle=1800,
        pool_pre_ping=True,
    )


def for_writing(engine: sa.Engine) -> sa.Engine:
    """The same pool, whose transactions take SQLite's write lock at once.

    A transaction that reads first and writes later would otherwise fail with SQLITE_BUSY when
    another one wrote in between, however long the time-out.
    """
    return engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url, pool_size=4, max_overflow=28, connect_args={"check_same_thread": False}
    )

    # sqlite3 opens transactions by guessing; SQLAlchemy opens them when told to.
    # docs.sqlalchemy.org, "Enabling Non-Legacy SQLite Transactional Modes with the sqlite3 Driver"
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    return engine
