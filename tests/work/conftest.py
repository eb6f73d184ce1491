"""A tenant with an empty, migrated database, and a clock that stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from stand_in import DATABASE_URL

START = "2026-01-01T00:00:00.0000000Z"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    registry = Registry.open(Settings(data=tmp_path, ephemeral=True, database_url=url))
    registry.default.clock.freeze(START)
    yield registry.default
    registry.close()
