"""Readers and writers do not stand in each other's way."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.entities import Folder
from concertmaster.store import Registry, engines
from concertmaster.store.standing import Standing

KEY = "0" * 36


def test_a_reader_needs_no_lock_while_another_writes(registry: Registry) -> None:
    tenant = registry.default
    with tenant.session() as writer:
        writer.add(Folder(key=KEY, display_name="New", fully_qualified_name="New"))
        writer.flush()
        with tenant.connect() as reading, tenant.reader() as session:
            assert reading.scalar(sa.select(sa.func.count()).select_from(Folder)) == 0
            assert session.scalar(sa.select(sa.func.count()).select_from(Folder)) == 0
        writer.commit()
    with tenant.connect() as reading:
        assert reading.scalar(sa.select(sa.func.count()).select_from(Folder)) == 1


def test_a_writer_holds_the_lock_from_its_first_statement(registry: Registry) -> None:
    tenant = registry.default
    if tenant.dialect != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    with tenant.session() as writer:
        writer.execute(sa.select(Folder.id))
        other = tenant.engine.raw_connection()
        try:
            other.driver_connection.execute("PRAGMA busy_timeout = 1")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.driver_connection.execute("BEGIN IMMEDIATE")
        finally:
            other.invalidate()


def test_writers_never_find_the_database_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a moment that SQLite would wait for: the one before has committed by then."""
    pragmas = (*engines.SQLITE_PRAGMAS, "PRAGMA busy_timeout = 0")
    monkeypatch.setattr(engines, "SQLITE_PRAGMAS", pragmas)
    engine = engines.open_engine(sa.URL.create("sqlite", database=str(tmp_path / "x.db")))
    writing = engines.for_writing(engine)
    with writing.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")

    def write(number: int) -> None:
        for turn in range(20):
            with writing.connect() as connection:
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({number})")
                if turn % 5:
                    connection.commit()  # else it is rolled back

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 16 * 16
    engine.dispose()


def test_foreign_keys_are_kept(registry: Registry) -> None:
    with registry.default.session() as session:
        session.add(Folder(key=KEY, display_name="x", fully_qualified_name="x", parent_id=4711))
        with pytest.raises(sa.exc.IntegrityError):
            session.commit()


def test_a_rollback_leaves_nothing(registry: Registry) -> None:
    tenant = registry.default
    with tenant.session() as session:
        session.add(Folder(key=KEY, display_name="x", fully_qualified_name="x"))
        session.flush()
        session.rollback()
    with tenant.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Folder)) == 0


def test_what_belongs_to_a_tenant_is_made_once(registry: Registry) -> None:
    class Thing:
        def __init__(self, tenant: object) -> None:
            self.tenant = tenant

    assert registry.default.own(Thing) is registry.default.own(Thing)
    assert registry.default.own(Thing).tenant is registry.default


def test_a_commit_that_fails_keeps_nobody_from_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LONGEST_WAIT", 0)
    engine = engines.open_engine(sa.URL.create("sqlite", database=str(tmp_path / "x.db")))
    writing = engines.for_writing(engine)
    with writing.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE u (n REFERENCES t DEFERRABLE INITIALLY DEFERRED)")

    def fail() -> None:
        with writing.begin() as connection:
            connection.exec_driver_sql("INSERT INTO u VALUES (1)")

    def fail_standing() -> None:
        connection = standing.take()
        try:
            connection.begin()
            connection.exec_driver_sql("INSERT INTO u VALUES (1)")
            connection.commit()
        finally:
            standing.give(connection)

    standing = Standing(writing, 1)
    for attempt in (fail, fail_standing, fail_standing, fail):
        with pytest.raises(sa.exc.IntegrityError):
            attempt()
    with writing.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM u").scalar() == 0
    standing.close()
    engine.dispose()


def test_eight_at_once_are_not_connected_anew_each_time(registry: Registry) -> None:
    tenant = registry.default
    if tenant.dialect == "sqlite":
        pytest.skip("a file is not connected to")

    def eight() -> set[int]:
        opened = [tenant.engine.connect() for _ in range(8)]
        servers = {one.scalar(sa.select(sa.func.pg_backend_pid())) for one in opened}
        for one in opened:
            one.close()
        return servers

    assert eight() == eight()
