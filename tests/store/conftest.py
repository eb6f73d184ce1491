"""A registry that keeps nothing, on SQLite or on the PostgreSQL that the environment names."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from concertmaster.settings import Settings
from concertmaster.store import Registry


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL") or None
    return Settings(data=tmp_path / "data", ephemeral=True, database_url=url, scenario="empty")


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    opened = Registry.open(settings)
    yield opened
    opened.close()
