"""Fixtures that every test may use: a stand-in of its own, and clients that are signed in.

Everything lives in temporary folders; nothing listens on a port. With
CONCERTMASTER_TEST_DATABASE_URL (postgresql+psycopg://…) the same suite runs on PostgreSQL.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seeding import SeedOnce
from stand_in import Client, StandIn, Start, send_home

DATABASE_URL = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def seed() -> Iterator[SeedOnce]:
    """Puts scenarios into tenants, each worked out once."""
    once = SeedOnce()
    yield once
    once.clear()


@pytest.fixture(scope="session")
def signing_key() -> str:
    """What stand-ins sign tokens with: to make a key takes longer than all else of a start."""
    from concertmaster.identity.tokens import new_key

    return new_key()


@pytest.fixture(scope="module")
def start_stand_in(
    tmp_path_factory: pytest.TempPathFactory, seed: SeedOnce, signing_key: str
) -> Iterator[Start]:
    """Start a stand-in with settings of one's own; all are stopped when the module is through.

    Its simulated robots have the day off, and jobs stay as they are, unless it is to be `alive`.
    No later than that: each holds connections, and a database server grants only so many.
    """
    from pydantic import SecretStr
    from starlette.testclient import TestClient

    from concertmaster.app import create_app
    from concertmaster.identity.tokens import SIGNING_KEY
    from concertmaster.settings import Settings
    from concertmaster.store import Registry

    opened: list[tuple[Registry, TestClient]] = []

    def start(scenario: str = "demo", *, alive: bool = False, **switches: Any) -> StandIn:
        folder: Path = tmp_path_factory.mktemp("data")
        if DATABASE_URL:
            switches.setdefault("database_url", SecretStr(DATABASE_URL))
        settings = Settings(data=folder, ephemeral=True, scenario=scenario, **switches)
        registry = Registry.open(settings, seed)
        registry.fact(SIGNING_KEY, lambda: signing_key)
        if not alive:
            send_home(registry.default)
        http = TestClient(create_app(settings, registry), raise_server_exceptions=True)
        http.__enter__()
        opened.append((registry, http))
        return StandIn(registry, http)

    yield start
    for registry, http in opened:
        http.__exit__(None, None, None)
        registry.close()


# --- shared by a module: for tests that only read, or that make rows of their own -------------


@pytest.fixture(scope="module")
def demo(start_stand_in: Start) -> StandIn:
    return start_stand_in("demo")


@pytest.fixture(scope="module")
def guide(start_stand_in: Start) -> StandIn:
    return start_stand_in("guide")


@pytest.fixture(scope="module")
def client(demo: StandIn) -> Client:
    """The administrator of a demo tenant, in folder Shared."""
    return demo.client(folder="Shared")


@pytest.fixture
def fresh(start_stand_in: Start) -> StandIn:
    """A demo tenant that no other test has touched."""
    return start_stand_in("demo")
