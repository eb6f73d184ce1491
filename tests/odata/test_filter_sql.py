"""The SQL that comes out: few joins, no LIKE, and comparisons that an index can serve."""

import pytest
import sqlalchemy as sa
import toy

from concertmaster.odata.filter import bind_filter, bind_orderby
from concertmaster.odata.translate import Translation


def written(text: str, orderby: str = "", dialect: str = "sqlite", ignore_case: bool = True) -> str:
    root = toy.JOB.table.alias("r")
    translation = Translation(toy.JOB, root, dialect, ignore_case=ignore_case)
    condition = translation.condition(bind_filter(text, toy.JOB, toy.MODEL))
    terms = translation.order(bind_orderby(orderby, toy.JOB, toy.MODEL)) if orderby else []
    select = sa.select(root.c.id).select_from(translation.source()).where(condition)
    found = sa.create_engine(
        {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[dialect]
    ).dialect
    return " ".join(str(select.order_by(*terms).compile(dialect=found)).split())


def test_a_plain_comparison_is_one_that_an_index_serves() -> None:
    assert written("Id eq 5").endswith("WHERE r.id = ?")
    assert written("EndTime gt 2018-01-01").endswith("WHERE r.end_time > ?")
    assert written("State eq 'Faulted'").endswith("WHERE r.state = ?")
    assert "r.key = %(f0)s" in written(
        "Key eq 00000000-0000-0000-3333-333333333333", dialect="postgresql"
    )


def test_sqlite_searches_an_index_that_ignores_case() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    with engine.begin() as connection:
        toy.Thing.metadata.create_all(connection)
        connection.execute(sa.text("CREATE INDEX by_info ON jobs (info COLLATE NOCASE)"))
        plan = connection.execute(
            sa.text("EXPLAIN QUERY PLAN " + written("Info eq 'x'").replace("?", "'x'"))
        ).fetchall()
    engine.dispose()
    assert "USING INDEX by_info" in str(plan) or "USING COVERING INDEX by_info" in str(plan)


def test_each_path_is_joined_once() -> None:
    sql = written(
        "Robot/Type eq 'a' or Robot/Type eq 'b' and contains(Robot/MachineName,'c')",
        orderby="Robot/Type,OwnerRobot/Type",
    )
    assert sql.count("LEFT OUTER JOIN robots") == 2


def test_a_key_behind_a_navigation_is_the_foreign_key() -> None:
    assert written("Robot/Id eq 5").endswith("FROM jobs AS r WHERE r.robot_id = ?")
    assert written("Robot eq null").endswith("FROM jobs AS r WHERE r.robot_id IS NULL")


@pytest.mark.parametrize(
    ("dialect", "form"), [("sqlite", "= (SELECT"), ("postgresql", "IN (SELECT")]
)
def test_a_unique_name_needs_no_join(dialect: str, form: str) -> None:
    """On SQLite a unique name is unique in any case; PostgreSQL may hold both 'a' and 'A'."""
    sql = written("Robot/Name eq 'x'", dialect=dialect)
    assert "JOIN" not in sql
    assert f"r.robot_id {form} robots_1.id FROM robots AS robots_1" in sql


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_no_wildcards(dialect: str) -> None:
    sql = written(
        "contains(Info,'%') and startswith(Info,'_') and endswith(Info,'x')", dialect=dialect
    )
    assert "LIKE" not in sql.upper()


def test_collections_are_exists_and_correlate_with_what_is_outside() -> None:
    sql = written("Tags/any(t:t/Job/Children/any(c:c/Priority gt $it/Priority and t/Weight gt 1))")
    assert sql.count("EXISTS") == 2
    assert sql.count("FROM jobs AS r") == 1


def test_null_comes_before_every_value() -> None:
    assert written("Id gt 0", "EndTime", "postgresql").endswith("r.end_time ASC NULLS FIRST")
    assert written("Id gt 0", "EndTime desc", "postgresql").endswith("r.end_time DESC NULLS LAST")
    assert written("Id gt 0", "CreationTime desc", "postgresql").endswith("r.creation_time DESC")
    assert written("Id gt 0", "EndTime desc").endswith("r.end_time DESC")
