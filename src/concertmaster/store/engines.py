"""How connections are opened: one writer at a time on SQLite, small lazy pools on PostgreSQL."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

#: The execution option that says how a transaction on SQLite begins.
BEGIN = "concertmaster_begin"

#: Seconds for which a writer waits for the one before.
LONGEST_WAIT: Final = 30

#: Seconds after which a connection to a server is asked whether it still lives.
IDLE: Final = 1.0

#: In a connection's info: when it was last given back to its pool.
RETURNED: Final = "concertmaster_returned"

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
    # In KiB if negative: the pages of a list lie wide apart, and the default keeps 2 MB of them.
    "PRAGMA cache_size = -8192",
)


def open_engine(url: sa.URL) -> sa.Engine:
    """An engine for reading; `for_writing` makes the other half."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    engine = sa.create_engine(
        url, pool_size=8, max_overflow=2,  # to open one takes milliseconds
        pool_recycle=1800, pool_use_lifo=True,
    )  # fmt: skip
    _ask_the_idle(engine)
    return engine


def for_writing(engine: sa.Engine) -> sa.Engine:
    """The same pool, whose transactions take SQLite's write lock at once.

    A transaction that reads first and writes later would otherwise fail with SQLITE_BUSY when
    another one wrote in between, however long the time-out.
    """
    return engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})


def after_commit(engine: sa.Engine, tell: Callable[[sa.PoolProxiedConnection], None]) -> None:
    """Have something told when the database has committed: the engine's event comes before that."""
    commit = engine.dialect.do_commit

    def do_commit(connection: sa.PoolProxiedConnection) -> None:
        commit(connection)
        tell(connection)

    engine.dialect.do_commit = do_commit  # type: ignore[assignment]


def before_writing(engine: sa.Engine, tell: Callable[[], None]) -> None:
    """Have something told when a writer is about to wait for its turn on SQLite, in its thread."""
    _told_before(engine).append(tell)


def _told_before(engine: sa.Engine) -> list[Callable[[], None]]:
    # Not an event of the engine: those of SQLAlchemy that begin a transaction have no order.
    told: list[Callable[[], None]] = vars(engine.dialect).setdefault("concertmaster_before", [])
    return told


def _ask_the_idle(engine: sa.Engine) -> None:
    """Ask a connection that lay idle whether it lives; a round trip before each use is too many.

    docs.sqlalchemy.org, "Disconnect Handling - Pessimistic", by whose event a dead one is replaced.
    """

    @event.listens_for(engine, "checkin")
    def _returned(_connection: Any, record: Any) -> None:
        record.info[RETURNED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, _proxy: object) -> None:
        now = time.monotonic()
        if now - record.info.get(RETURNED, now) < IDLE:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url, pool_size=4, max_overflow=28, connect_args={"check_same_thread": False},
        pool_use_lifo=True,  # the last one used has its pages and its statements at hand
    )  # fmt: skip

    # sqlite3 opens transactions by guessing; SQLAlchemy opens them when told to.
    # docs.sqlalchemy.org, "Enabling Non-Legacy SQLite Transactional Modes with the sqlite3 Driver"
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)

    _take_turns(engine)
    return engine


def _take_turns(engine: sa.Engine) -> None:
    """One writer after the other, by a lock that wakes the next at once.

    SQLite's own way is to let waiting writers poll, with pauses of up to 100 ms, and to fail with
    "database is locked" when that took too long. The lock is let go once SQLite has committed:
    the engine's `commit` event is too early, see `after_commit`.
    """
    writer, told_before = threading.Lock(), _told_before(engine)
    writing: set[Any] = set()  # the driver's connection that holds the lock

    def let_go(connection: sa.PoolProxiedConnection) -> None:
        if connection.dbapi_connection in writing:
            writing.clear()
            writer.release()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        how = connection.get_execution_options().get(BEGIN, "BEGIN")
        if how != "BEGIN":
            for tell in told_before:
                tell()
            if not writer.acquire(timeout=LONGEST_WAIT):
                raise TimeoutError("another transaction keeps the database for too long")
            writing.add(connection.connection.dbapi_connection)
        try:
            connection.connection.cursor().execute(how).close()
        except BaseException:
            let_go(connection.connection)
            raise

    after_commit(engine, let_go)
    commit, rollback = engine.dialect.do_commit, engine.dialect.do_rollback

    def do_commit(connection: sa.PoolProxiedConnection) -> None:
        try:
            commit(connection)
        except BaseException:
            do_rollback(connection)  # SQLAlchemy takes it for ended, SQLite keeps it open
            raise

    def do_rollback(connection: sa.PoolProxiedConnection) -> None:
        try:
            rollback(connection)
        finally:
            let_go(connection)

    engine.dialect.do_commit = do_commit  # type: ignore[assignment]
    engine.dialect.do_rollback = do_rollback  # type: ignore[assignment]
