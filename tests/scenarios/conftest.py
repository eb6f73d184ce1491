"""A scenario in memory: its rows, without a database."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.scenarios.building import World, build
from concertmaster.scenarios.reading import read
from concertmaster.store import Tenant

NOW = "2025-03-10T12:00:00.0000000Z"


def tenant_of(folder: Path, name: str = "Default") -> Tenant:
    """A tenant whose clock stands, and whose database nobody opens."""
    tenant = Tenant(
        id=1, key="11111111-1111-1111-1111-111111111111", name=name, organization="acme",
        organization_key="22222222-2222-2222-2222-222222222222", scenario="empty",
        database="none", url=sa.URL.create("sqlite"), blobs=folder,
    )  # fmt: skip
    tenant.clock.freeze(NOW)
    return tenant


Say = Callable[[str], World]


@pytest.fixture
def say(tmp_path: Path) -> Say:
    """What a file means, given its text."""

    def build_text(text: str) -> World:
        file = tmp_path / "own.yaml"
        file.write_text(text, encoding="utf-8")
        return build(read(str(file)), tenant_of(tmp_path))

    return build_text


@pytest.fixture
def build_named(tmp_path: Path) -> Callable[[str], World]:
    """The rows of a scenario that comes with the product."""
    return lambda name: build(read(name), tenant_of(tmp_path))
