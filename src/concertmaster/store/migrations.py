"""The schema and its history: where the migrations are, and how a database gets them.

A new revision, after the entities changed (run at the top of a checkout):

    python -m concertmaster.store "what changed"
"""

import hashlib
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def migrations_folder() -> Path:
    """Inside the package when it came as a wheel, beside `src/` in a checkout."""
    places = (_PACKAGE / "migrations", _PACKAGE.parents[1] / "migrations")
    for place in places:
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"no migrations in {' or '.join(map(str, places))}")


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, without a file; `connection` is the database to work on."""
    made = Config()
    made.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


@cache
def head() -> str:
    """The newest revision, or `empty` where there is none yet."""
    return ScriptDirectory.from_config(config()).get_current_head() or "empty"


@cache
def known() -> frozenset[str]:
    """Every revision that a database may be of."""
    revisions = ScriptDirectory.from_config(config()).walk_revisions()
    return frozenset(revision.revision for revision in revisions)


@cache
def fingerprint() -> str:
    """The newest revision and what the migrations say: names the template made from them."""
    digest = hashlib.sha256()
    for file in sorted((migrations_folder() / "versions").glob("*.py")):
        digest.update(file.read_bytes())
    return f"{head()}-{digest.hexdigest()[:8]}"


def upgrade(connection: sa.Connection) -> None:
    """Bring a database to the newest revision."""
    command.upgrade(config(connection), "head")
    connection.commit()


def upgrade_if_behind(engine: sa.Engine) -> None:
    """Migrate a database that an earlier version left."""
    with engine.connect() as connection:
        behind = MigrationContext.configure(connection).get_current_revision() != head()
        connection.rollback()
        if behind and head() != "empty":
            upgrade(connection)
