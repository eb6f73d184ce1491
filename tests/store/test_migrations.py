"""The migrations make what the entities say, and the blank database is what they make."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from concertmaster.domain.access_cache import ACCESS_VERSION
from concertmaster.store import Registry, migrations, timekeeping

TABLES = [ACCESS_VERSION.metadata, timekeeping.METADATA]


def test_the_migrated_schema_is_that_of_the_entities(registry: Registry) -> None:
    with registry.default.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == migrations.head()
        assert compare_metadata(context, TABLES) == []


def test_an_older_database_is_brought_up_to_date(registry: Registry) -> None:
    tenant = registry.create("acme", "old")
    with tenant.writing.begin() as connection:
        connection.exec_driver_sql("DROP TABLE access_version")
        for metadata in TABLES:
            for table in reversed(metadata.sorted_tables):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    migrations.upgrade_if_behind(tenant.writing)
    with tenant.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == migrations.head()


def dump(file: Path) -> list[list[str]]:
    """Every statement, its lines in no order: Alembic puts constraints now here, now there."""
    with closing(sqlite3.connect(file)) as connection:
        statements = [statement.splitlines() for statement in connection.iterdump()]
    return sorted(sorted(line.rstrip(", ") for line in lines) for lines in statements)


def test_the_blank_database_is_a_migrated_one(tmp_path: Path) -> None:
    said = migrations.blank_file().read_text(encoding="utf-8")
    assert migrations.fingerprint() in said.splitlines()[0], "run python -m concertmaster.store"
    migrations.make_blank(tmp_path / "blank.db")
    migrations.migrate_blank(tmp_path / "migrated.db")
    assert dump(tmp_path / "blank.db") == dump(tmp_path / "migrated.db")


def test_a_blank_database_of_other_migrations_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blank.sql").write_text("-- Of the migrations 0001-00000000.\nSELECT no_such;\n")
    monkeypatch.setattr(migrations, "blank_file", lambda: tmp_path / "blank.sql")
    migrations.make_blank(tmp_path / "blank.db")
    migrations.migrate_blank(tmp_path / "migrated.db")
    assert dump(tmp_path / "blank.db") == dump(tmp_path / "migrated.db")


def test_revisions_are_read_as_alembic_reads_them() -> None:
    scripts = ScriptDirectory.from_config(migrations.config())
    assert migrations.head() == scripts.get_current_head()
    assert migrations.known() == {one.revision for one in scripts.walk_revisions()}
