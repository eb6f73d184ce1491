"""What answers found is kept for as long as nobody writes, and for each caller apart."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa

from concertmaster.odata import kept as module
from concertmaster.odata.kept import Children, kept
from concertmaster.odata.query import Statement, run

CHILDREN = Statement("SELECT …", ("x_keys", "folder"), {})
COUNT = Statement("SELECT count(*) FROM t WHERE n > ?", ("least",), {})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with made.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as opened:
        yield opened


def keep(connection: sa.Connection, folder: int = 1, **found: str) -> Children:
    children = kept(connection).children(CHILDREN, {"x_keys": "[1]", "folder": folder})
    children.update(found)
    return children


def test_it_is_there_the_next_time(connection: sa.Connection) -> None:
    keep(connection, a="{}")
    assert keep(connection) == {"a": "{}"}


def test_other_bounds_and_other_statements_have_their_own(connection: sa.Connection) -> None:
    keep(connection, a="{}")
    assert keep(connection, folder=2) == {}
    other = Statement("SELECT … WHERE …", ("x_keys", "folder"), {})
    assert kept(connection).children(other, {"folder": 1}) == {}


def test_it_is_gone_once_another_connection_has_written(
    engine: sa.Engine, connection: sa.Connection
) -> None:
    keep(connection, a="{}")
    with engine.begin() as other:
        other.exec_driver_sql("INSERT INTO t VALUES (1)")
        if other.connection.dbapi_connection is connection.connection.dbapi_connection:
            pytest.fail("there are two connections")
    assert keep(connection) == {}


def test_it_is_gone_once_the_connection_itself_has_written(connection: sa.Connection) -> None:
    keep(connection, a="{}")
    with connection.begin():
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert keep(connection, b="{}") == {"b": "{}"}  # not kept: it may be undone
    assert keep(connection) == {}


def test_it_does_not_grow_for_ever(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    monkeypatch.setattr(module, "_LISTS", 2)
    keep(connection, a="{}", b="{}")
    assert keep(connection, c="{}") == {"a": "{}", "b": "{}", "c": "{}"}
    assert keep(connection) == {}
    first = keep(connection, a="{}", b="{}", c="{}")
    keep(connection)
    assert len(first) == 3  # whoever looks into it still finds everything
    keep(connection, a="{}")
    for folder in (2, 3, 4):
        keep(connection, folder, a="{}")
    assert keep(connection) == {}


def count(connection: sa.Connection, least: int = 0) -> int:
    values = {"least": least}
    return kept(connection).count(COUNT, values, lambda: run(connection, COUNT, values)[0][0])


def test_a_count_is_taken_once(engine: sa.Engine, connection: sa.Connection) -> None:
    asked: list[str] = []
    driver = connection.connection.dbapi_connection
    driver.set_trace_callback(asked.append)  # type: ignore[union-attr]
    assert [count(connection), count(connection), count(connection, 5)] == [0, 0, 0]
    assert len([sql for sql in asked if "count(*)" in sql]) == 2  # one for each value


def test_a_count_is_taken_again_once_somebody_has_written(
    engine: sa.Engine, connection: sa.Connection
) -> None:
    assert count(connection) == 0
    with engine.begin() as other:
        other.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
    assert [count(connection), count(connection, 1)] == [2, 1]
    with connection.begin():
        connection.exec_driver_sql("INSERT INTO t VALUES (3)")
        assert count(connection) == 3  # its own, which is not yet there for others
        connection.exec_driver_sql("DELETE FROM t")
        assert count(connection) == 0


def test_counts_do_not_grow_for_ever(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    assert [count(connection, least) for least in range(10)] == [0] * 10
    assert len(kept(connection)._counts) <= 3


# --- as PostgreSQL tells it --------------------------------------------------------------------

ONE, OTHER = [(1, "700:700:"), (2, "700:700:")], [(1, "700:701:")]


@pytest.fixture
def server() -> sa.Connection:
    """A connection like one to PostgreSQL: what its rows tell is all that is looked at."""
    return connection_of(sa.NullPool(lambda: None))  # type: ignore[arg-type, return-value]


def connection_of(pool: sa.Pool) -> sa.Connection:
    engine, dialect = SimpleNamespace(pool=pool), SimpleNamespace(name="postgresql")
    made = SimpleNamespace(engine=engine, dialect=dialect, in_transaction=lambda: False)
    return cast("sa.Connection", made)


def test_rows_of_the_same_transactions_have_the_same_beside_them(server: sa.Connection) -> None:
    children = kept(server, ONE).children(CHILDREN, {"folder": 1})
    children["a"] = "{}"
    assert kept(server, ONE).children(CHILDREN, {"folder": 1}) is children
    assert kept(server, OTHER).children(CHILDREN, {"folder": 1}) == {}
    assert kept(server, ONE).children(CHILDREN, {"folder": 1}) == {}  # it has been another


def test_connections_of_a_pool_share_what_they_find(server: sa.Connection) -> None:
    children = kept(server, ONE).children(CHILDREN, {"folder": 1})
    beside, elsewhere = connection_of(server.engine.pool), connection_of(sa.NullPool(lambda: None))  # type: ignore[arg-type, return-value]
    assert kept(beside, ONE).children(CHILDREN, {"folder": 1}) is children
    assert kept(elsewhere, ONE).children(CHILDREN, {"folder": 1}) is not children


def test_without_rows_nothing_is_known(server: sa.Connection) -> None:
    assert kept(server).version is None


def test_a_statement_by_name_is_told_by_what_it_binds() -> None:
    statement = Statement("… %(folder)s … %(kinds)s", None, {"kinds": [1, 2]}, ("folder", "kinds"))
    told = statement.identity({"folder": 7, "other": 8})
    assert told == (statement.sql, 7, (1, 2))
    assert hash(told) == hash(statement.identity({"folder": 7}))
