"""Group commit: those who write in the same turn of the event loop share one transaction.

A commit copies every page that was changed into SQLite's log, and new rows of a kind lie on the
same few pages. Eight requests that are there at once pay for them once, and are answered when all
of it is committed. What one of them did can be undone by itself: it has a savepoint.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import local
from typing import Any

import sqlalchemy as sa

from concertmaster.store.engines import before_writing
from concertmaster.store.standing import Standing

#: Done when what was written is committed; or holds the error for which it is not.
Promise = asyncio.Future[None]

#: As many wait for each other at most.
MOST = 32


@dataclass(eq=False)
class _Group:
    connection: sa.Connection
    promises: list[Promise] = field(default_factory=list)  #: to the members that have ended well

    def execute(self, sql: str) -> None:
        """Past SQLAlchemy, whose savepoints cost half of what there is to gain."""
        driver: Any = self.connection.connection.dbapi_connection
        driver.execute(sql)

    def settle(self, error: Exception | None) -> None:
        for promise in self.promises:
            if promise.done():  # whoever waited for it has gone
                continue
            if error is None:
                promise.set_result(None)
            else:
                promise.set_exception(error)


class _Here(local):
    """What stands in one thread, which is one loop."""

    group: _Group | None = None
    inside = False  #: a member is at work


class GroupCommit:
    """The writers of a tenant on an event loop: one after the other, committed together.

    From `take` to `give` a member has the loop to itself. Writers in other threads wait for the
    commit, which is due when the loop has turned; a loop there has a group of its own.
    """

    def __init__(self, writers: Standing, engine: sa.Engine, committed: Callable[[], None]) -> None:
        self._writers = writers
        self._committed = committed
        self._here = _Here()
        before_writing(engine, self._make_way)

    @property
    def shared(self) -> bool:
        """Whether the transaction holds more than the member at work has written."""
        return self._here.group is not None and bool(self._here.group.promises)

    def take(self) -> sa.Connection:
        """The connection of this turn's transaction."""
        if self._here.group is None:
            self._here.group = self._begin()
        else:
            self._here.group.execute("SAVEPOINT member")
        self._here.inside = True
        return self._here.group.connection

    def commit(self, connection: sa.Connection) -> Promise:
        """Keep what the member has written."""
        group = self._here.group
        assert group and group.connection is connection
        if group.promises:
            group.execute("RELEASE member")
        promise = asyncio.get_running_loop().create_future()
        group.promises.append(promise)
        self._here.inside = False
        return promise

    def give(self, connection: sa.Connection) -> None:
        """The member ends; what it has not committed is undone."""
        group = self._here.group
        if group is None or not self._here.inside:
            return
        self._here.inside = False
        if not group.promises:
            self._end(group)
            return
        try:
            group.execute("ROLLBACK TO member")
            group.execute("RELEASE member")
        except connection.dialect.loaded_dbapi.Error as error:
            # SQLite undoes a whole transaction by itself when, for one, the disk is full.
            self._end(group)
            group.settle(error)

    def _begin(self) -> _Group:
        connection = self._writers.take()
        try:
            connection.begin()
        except BaseException:
            self._writers.give(connection)
            raise
        group = _Group(connection)
        asyncio.get_running_loop().call_soon(self._turned, group, 0)
        return group

    def _turned(self, group: _Group, before: int) -> None:
        """The loop has turned: where more have come meanwhile, more may come."""
        members = len(group.promises)
        if before < members < MOST and group is self._here.group:
            asyncio.get_running_loop().call_soon(self._turned, group, members)
        else:
            self._commit(group)

    def _commit(self, group: _Group) -> None:
        if group is not self._here.group:  # it has ended before
            return
        failed: Exception | None = None
        try:
            group.connection.commit()
        except Exception as error:  # whatever it is, each member's caller is told
            failed = error
        try:
            self._end(group)
            if failed is None:
                self._committed()
        finally:  # nobody is left waiting
            group.settle(failed)

    def _end(self, group: _Group) -> None:
        self._here.group = None
        self._writers.give(group.connection)

    def _make_way(self) -> None:
        """Who begins to write in the group's own thread must not wait for it: it would not end."""
        group = self._here.group
        if group is not None and not self._here.inside:
            self._commit(group)
