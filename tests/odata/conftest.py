"""Databases for the tests of the engine: SQLite always, PostgreSQL where one is named."""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import toy

from concertmaster.odata.filter import bind_filter, bind_orderby, values_of
from concertmaster.odata.lexer import shape_of
from concertmaster.odata.translate import Translation

DATABASE_URL = "CONCERTMASTER_TEST_DATABASE_URL"


ENGINES = ["sqlite", "postgresql"] if os.environ.get(DATABASE_URL) else ["sqlite"]


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """An engine whose database holds the toy model; on PostgreSQL in a schema of its own."""
    if request.param == "sqlite":
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        with engine.begin() as connection:
            toy.fill(connection)
        yield engine
        engine.dispose()
        return
    url = os.environ[DATABASE_URL]
    schema = f"toy_{os.getpid()}"
    engine = sa.create_engine(url, connect_args={"options": f"-csearch_path={schema}"})
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
        toy.fill(connection)
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    engine.dispose()


@pytest.fixture
def ask(engine: sa.Engine) -> toy.Ask:
    """`ask("Id eq 5")` → `[5]`; keywords go to the translation or to the binder."""

    def run(
        text: str | None = None,
        orderby: str | None = None,
        *,
        ignore_case: bool = True,
        aliases: dict[str, str] | None = None,
    ) -> list[int]:
        root = toy.JOB.table.alias("r")
        translation = Translation(toy.JOB, root, engine.dialect.name, ignore_case=ignore_case)
        conditions, terms, values = [], [], {"now": "2020-01-01T00:00:00.0000000Z"}
        if text is not None:
            bound = bind_filter(text, toy.JOB, toy.MODEL, aliases=aliases or {})
            conditions.append(translation.condition(bound))
            values |= values_of(bound.slots, shape_of(text, aliases or {}).literals, "f")
        if orderby is not None:
            terms = translation.order(bind_orderby(orderby, toy.JOB, toy.MODEL))
        select = (
            sa.select(root.c.id)
            .select_from(translation.source())
            .where(*conditions)
            .order_by(*terms, root.c.id)
        )
        with engine.connect() as connection:
            return list(connection.scalars(select, values))

    return run
