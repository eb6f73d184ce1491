"""The migrations make what the entities say."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

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
