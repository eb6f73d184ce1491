"""Two units of work at the same rows of PostgreSQL, one after the other for certain."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

T = TypeVar("T")

_WAITS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@contextmanager
def in_the_way(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Another transaction, which is committed at the end."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def waiting(engine: sa.Engine, ask: Callable[[], T]) -> Iterator[Future[T]]:
    """Asks, and goes on when that waits for a lock; the answer is there at the end."""
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(ask)
        with engine.connect() as looking:
            while not answer.done() and not looking.scalar(_WAITS):
                looking.rollback()
                time.sleep(0.01)
        yield answer
