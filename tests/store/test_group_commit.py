"""Those who write in the same turn of the loop: committed together, undone one by one."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from concertmaster.store import engines, group_commit
from concertmaster.store.engines import for_writing, open_engine
from concertmaster.store.group_commit import GroupCommit
from concertmaster.store.standing import Standing


class Place:
    """A database with one table, whose writers are counted."""

    def __init__(self, file: Path) -> None:
        self.engine = open_engine(sa.URL.create("sqlite", database=str(file)))
        self.writing = for_writing(self.engine)
        with self.writing.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
            connection.exec_driver_sql(
                "CREATE TABLE u (n REFERENCES t DEFERRABLE INITIALLY DEFERRED)"
            )
        self.writers = Standing(self.writing, 2)
        self.told = 0
        self.commits = 0
        self.group = GroupCommit(self.writers, self.engine, self._tell)
        event.listen(self.engine, "commit", self._count)

    def _tell(self) -> None:
        self.told += 1

    def _count(self, _connection: sa.Connection) -> None:
        self.commits += 1

    def rows(self, table: str = "t") -> list[int]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(f"SELECT n FROM {table} ORDER BY n").scalars())

    async def write(self, number: int, *, table: str = "t", fail: bool = False) -> None:
        connection = self.group.take()
        try:
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({number})")
            if fail:
                raise ValueError(number)
            promise = self.group.commit(connection)
        finally:
            self.group.give(connection)
        await promise

    async def write_all(self, *writers: Coroutine[Any, Any, None]) -> list[Any]:
        return await asyncio.gather(*writers, return_exceptions=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "x.db")
    yield made
    made.writers.close()
    made.engine.dispose()


def test_one_commit_for_all_that_are_there(place: Place) -> None:
    found = asyncio.run(place.write_all(*(place.write(n) for n in range(8))))
    assert found == [None] * 8
    assert place.rows() == list(range(8))
    assert (place.commits, place.told) == (1, 1)


def test_nobody_is_answered_before_it_is_committed(place: Place) -> None:
    async def look(number: int) -> list[int]:
        await place.write(number)
        return place.rows()

    async def both() -> list[list[int]]:
        return await asyncio.gather(look(1), look(2))

    assert asyncio.run(both()) == [[1, 2], [1, 2]]


@pytest.mark.parametrize("failing", range(3))
def test_what_fails_takes_back_its_own_only(place: Place, failing: int) -> None:
    writers = [place.write(n, fail=n == failing) for n in range(3)]
    found = asyncio.run(place.write_all(*writers))
    assert [type(one) for one in found if one is not None] == [ValueError]
    assert found[failing] is not None
    assert place.rows() == [n for n in range(3) if n != failing]


def test_nothing_is_committed_where_all_fail(place: Place) -> None:
    asyncio.run(place.write_all(*(place.write(n, fail=True) for n in range(3))))
    assert place.rows() == []
    assert (place.commits, place.told) == (0, 0)


def test_a_commit_that_fails_is_told_to_each(place: Place) -> None:
    async def run() -> None:
        found = await place.write_all(place.write(1), place.write(99, table="u"), place.write(2))
        assert [type(one) for one in found] == [sa.exc.IntegrityError] * 3
        await place.write(3)  # and the next one is not kept from writing

    asyncio.run(run())
    assert place.rows() == [3]
    assert place.rows("u") == []
    assert place.told == 1


def test_a_transaction_that_sqlite_undid_is_told_to_each(place: Place) -> None:
    async def lose() -> None:
        connection = place.group.take()
        try:
            connection.connection.cursor().execute("ROLLBACK")  # as it does when the disk is full
            raise ValueError("no room")
        finally:
            place.group.give(connection)

    async def run() -> None:
        found = await place.write_all(place.write(1), lose())
        assert [isinstance(one, Exception) for one in found] == [True, True]
        await place.write(2)

    asyncio.run(run())
    assert place.rows() == [2]


def test_as_many_wait_for_each_other_at_most(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async def endlessly(number: int) -> None:
            """Each turn brings another one, so that no turn is without."""
            following = asyncio.ensure_future(more(number))
            await place.write(number)
            await following

        async def more(number: int) -> None:
            await asyncio.sleep(0)
            if number < 20:
                await endlessly(number + 1)

        await endlessly(0)

    monkeypatch.setattr(group_commit, "MOST", 4)
    asyncio.run(run())
    assert place.rows() == list(range(21))
    assert 21 / 5 <= place.commits < 21


def test_another_writer_in_the_loop_does_not_wait_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def by_itself() -> None:
        with place.writing.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (2)")

    monkeypatch.setattr(engines, "LONGEST_WAIT", 0)
    found = asyncio.run(place.write_all(place.write(1), by_itself(), place.write(3)))
    assert found == [None] * 3
    assert place.rows() == [1, 2, 3]
    assert place.commits == 3


def test_loops_in_two_threads_wait_for_each_other(place: Place) -> None:
    def run(first: int) -> None:
        async def some() -> None:
            for begin in range(first, first + 50, 5):
                await place.write_all(*(place.write(n) for n in range(begin, begin + 5)))

        asyncio.run(some())

    threads = [threading.Thread(target=run, args=(first,)) for first in (0, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert place.rows() == list(range(100))


def test_one_whose_caller_has_gone_disturbs_nobody(place: Place) -> None:
    async def run() -> None:
        gone = asyncio.ensure_future(place.write(1))
        stays = asyncio.ensure_future(place.write(2))
        await asyncio.sleep(0)
        gone.cancel()
        await stays

    asyncio.run(run())
    assert place.rows() == [1, 2]
