"""What expansions found is kept for as long as nobody writes, and for each caller apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.odata import kept
from concertmaster.odata.kept import kept_children
from concertmaster.odata.query import Statement

CHILDREN = Statement("SELECT …", ("x_keys", "folder"), {})


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


def keep(connection: sa.Connection, folder: int = 1, **found: str) -> kept.Children:
    children = kept_children(connection, CHILDREN, {"x_keys": "[1]", "folder": folder})
    children.update(found)
    return children


def test_it_is_there_the_next_time(connection: sa.Connection) -> None:
    keep(connection, a="{}")
    assert keep(connection) == {"a": "{}"}


def test_other_bounds_and_other_statements_have_their_own(connection: sa.Connection) -> None:
    keep(connection, a="{}")
    assert keep(connection, folder=2) == {}
    other = Statement("SELECT … WHERE …", ("x_keys", "folder"), {})
    assert kept_children(connection, other, {"folder": 1}) == {}


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
    monkeypatch.setattr(kept, "_MOST", 2)
    monkeypatch.setattr(kept, "_LISTS", 2)
    keep(connection, a="{}", b="{}")
    assert keep(connection, c="{}") == {"a": "{}", "b": "{}", "c": "{}"}
    assert keep(connection) == {}
    keep(connection, a="{}")
    for folder in (2, 3, 4):
        keep(connection, folder, a="{}")
    assert keep(connection) == {}
