"""Which databases the tests of the engine are run on."""

import os

import pytest
import sqlalchemy as sa

DATABASE_URL = "CONCERTMASTER_TEST_DATABASE_URL"


def test_every_engine_holds_the_model(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from jobs")) == 12


@pytest.mark.skipif(
    DATABASE_URL not in os.environ, reason=f"no PostgreSQL: {DATABASE_URL} is not set"
)
def test_postgresql_is_a_server_of_its_own() -> None:
    engine = sa.create_engine(os.environ[DATABASE_URL])
    with engine.connect() as connection:
        assert str(connection.scalar(sa.text("select version()"))).startswith("PostgreSQL")
    engine.dispose()
