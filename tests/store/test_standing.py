"""Connections that are kept at hand."""

import pytest
import sqlalchemy as sa

from concertmaster.store import Registry
from concertmaster.store.standing import Standing


def ask(connection: sa.Connection) -> int:
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT 1")
        found: int = cursor.fetchall()[0][0]
        return found
    finally:
        cursor.close()


def test_the_last_one_is_taken_first(registry: Registry) -> None:
    standing = Standing(registry.default.engine, 2)
    first, second, third = standing.take(), standing.take(), standing.take()
    assert len({first, second, third}) == 3
    for one in (first, second, third):
        standing.give(one)
    assert third.closed  # two are enough
    assert standing.take() is second
    assert standing.take() is first
    standing.give(first)
    standing.close()
    assert first.closed
    second.close()


def test_what_is_open_is_undone(registry: Registry) -> None:
    standing = Standing(registry.default.writing, 1)
    writer = standing.take()
    writer.execute(sa.text("DELETE FROM alembic_version"))
    standing.give(writer)
    again = standing.take()
    assert again is writer
    assert again.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
    standing.give(again)
    standing.close()


def test_one_that_was_closed_is_not_kept(registry: Registry) -> None:
    standing = Standing(registry.default.engine, 1)
    one = standing.take()
    one.close()
    standing.give(one)
    other = standing.take()
    assert other is not one
    other.close()


@pytest.mark.parametrize("kept", [False, True], ids=["while it was used", "while it was kept"])
def test_one_that_the_server_ended_is_replaced(registry: Registry, kept: bool) -> None:
    tenant = registry.default
    if tenant.dialect != "postgresql":
        pytest.skip("a file ends no connection")
    standing = Standing(tenant.engine, 1, idle=0)
    one = standing.take()
    number = one.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
    if kept:
        standing.give(one)
    with tenant.writing.connect() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
    if not kept:
        with pytest.raises(tenant.engine.dialect.loaded_dbapi.Error):
            ask(one)
        standing.give(one)
    fresh = standing.take()
    assert ask(fresh) == 1
    standing.give(fresh)
    standing.close()
