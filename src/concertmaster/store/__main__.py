"""`python -m concertmaster.store "what changed"` writes the next migration from the entities.

Without a message it writes `migrations/blank.sql` alone, after a migration was edited by hand.
"""

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from concertmaster.store import migrations


def write_revision(message: str) -> None:
    """Compare the entities with a freshly migrated database and write down the difference."""
    versions = migrations.migrations_folder() / "versions"
    versions.mkdir(exist_ok=True)
    number = len(list(versions.glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'compared.db'}")
        with engine.connect() as connection:
            migrations.upgrade(connection)
            config = migrations.config(connection)
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


def write_blank() -> None:
    """Write down what a new SQLite file is made of."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blank.db"
        migrations.migrate_blank(file)
        migrations.write_blank(file)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        write_revision(sys.argv[1])
    else:
        write_blank()
