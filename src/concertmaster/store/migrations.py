"""The schema and its history: where the migrations are, and how a database gets them.

A new revision, after the entities changed (run at the top of a checkout):

    python -m concertmaster.store "what changed"
    python -m concertmaster.store

The second, once the revision says what it should, writes `migrations/blank.sql`: the schema as all
revisions leave it. A new SQLite file is made of that, in a twentieth of the time; where it is not
of these very migrations it is passed over.
"""

import hashlib
import re
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:  # imported where it is needed: a start that has nothing to migrate goes without
    from alembic.config import Config

_PACKAGE = Path(__file__).resolve().parents[1]

#: What Alembic writes at the top of a revision.
_REVISION = re.compile(r"""^revision = ["'](\w+)["']$""", re.MULTILINE)
_BEFORE = re.compile(r"""^down_revision = (?:["'](\w+)["']|None)$""", re.MULTILINE)


@cache
def migrations_folder() -> Path:
    """Inside the package when it came as a wheel, beside `src/` in a checkout."""
    places = (_PACKAGE / "migrations", _PACKAGE.parents[1] / "migrations")
    for place in places:
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"no migrations in {' or '.join(map(str, places))}")


# --- revisions --------------------------------------------------------------------------------


@cache
def head() -> str:
    """The newest revision, or `empty` where there is none yet."""
    last = set(_line()) - set(_line().values())
    return last.pop() if last else "empty"


def known() -> frozenset[str]:
    """Every revision that a database may be of."""
    return frozenset(_line())


@cache
def _line() -> dict[str, str | None]:
    """Every revision, and the one before it."""
    texts = [file.read_text(encoding="utf-8") for file in _files()]
    return {_said(_REVISION, text) or "": _said(_BEFORE, text) for text in texts}


def _said(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"a migration does not say its {pattern.pattern.split()[0][1:]}")
    return found[1]


def _files() -> list[Path]:
    return sorted((migrations_folder() / "versions").glob("*.py"))


@cache
def fingerprint() -> str:
    """The newest revision and what the migrations say: names the template made from them."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(file.read_bytes())
    return f"{head()}-{digest.hexdigest()[:8]}"


# --- databases --------------------------------------------------------------------------------


def config(connection: sa.Connection | None = None) -> "Config":
    """Alembic's configuration, without a file; `connection` is the database to work on."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring a database to a revision, the newest if none is named."""
    from alembic import command

    command.upgrade(config(connection), revision)
    connection.commit()


def upgrade_if_behind(engine: sa.Engine) -> None:
    """Migrate a database that an earlier version left."""
    with engine.connect() as connection:
        behind = _revision_of(connection) != head()
        connection.rollback()
        if behind and head() != "empty":
            upgrade(connection)


def _revision_of(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


# --- a new SQLite file ------------------------------------------------------------------------


def make_blank(file: Path) -> None:
    """Make an empty database of the newest revision."""
    said = blank_file().read_text(encoding="utf-8") if blank_file().exists() else ""
    if said.startswith(_made_of()):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(said)
    else:
        migrate_blank(file)


def migrate_blank(file: Path) -> None:
    """The same, the long way: by all migrations."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        upgrade(connection)
    engine.dispose()


def write_blank(file: Path) -> None:
    """Write down the schema of an empty database, for `make_blank`."""
    with closing(sqlite3.connect(file)) as connection:
        lines = [_made_of(), *connection.iterdump()]
    blank_file().write_text("\n".join(lines) + "\n", encoding="utf-8")


def blank_file() -> Path:
    return migrations_folder() / "blank.sql"


def _made_of() -> str:
    return f"-- Written by `python -m concertmaster.store`. Of the migrations {fingerprint()}."
