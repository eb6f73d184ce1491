"""A server process of one's own, on SQLite or on CONCERTMASTER_TEST_DATABASE_URL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.store.databases import Server
from load.served import Served

DATABASE_URL = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL")


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """With flags of its own: `parametrize("served", [("--strict",)], indirect=True)`."""
    flags: tuple[str, ...] = getattr(request, "param", ())
    if not DATABASE_URL:
        running = Served(tmp_path / "data", None, *flags)
        yield running
        running.stop()
        return
    name = f"concertmaster_load_{uuid.uuid4().hex[:12]}"
    url = sa.make_url(DATABASE_URL).set(database=name)
    running = Served(tmp_path / "data", url.render_as_string(hide_password=False), *flags)
    yield running
    running.stop()
    Server(DATABASE_URL, tmp_path, prefix=name).forget()
