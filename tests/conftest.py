"""Fixtures that every test may use: a stand-in of its own, and clients that are signed in.

Everything lives in temporary folders; nothing listens on a port. With
CONCERTMASTER_TEST_DATABASE_URL (postgresql+psycopg://…) the same suite runs on PostgreSQL.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # imported when first used, so that the engine's own tests need no Orchestrator
    import httpx2
    from starlette.testclient import TestClient

    from concertmaster.store import Registry, Tenant

DATABASE_URL = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL")


@dataclass
class StandIn:
    """A running stand-in: its registry, and a way to talk to it."""

    registry: "Registry"
    http: "TestClient"
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def tenant(self) -> "Tenant":
        return self.registry.default

    def token(self, user: str = "admin", password: str = "concertmaster") -> str:
        """An access token of a user, signed in once."""
        if (user, password) not in self._tokens:
            answer = self.http.post(
                "/api/Account/Authenticate",
                json={
                    "tenancyName": self.tenant.name,
                    "usernameOrEmailAddress": user,
                    "password": password,
                },
            )
            assert answer.status_code == 200, answer.text
            self._tokens[user, password] = answer.json()["result"]
        return self._tokens[user, password]

    def client(
        self, user: str = "admin", password: str = "concertmaster", *, folder: str | None = None
    ) -> "Client":
        """A client that sends a user's token, and a folder's path where one is given."""
        headers = {"authorization": f"Bearer {self.token(user, password)}"}
        if folder is not None:
            headers["x-uipath-folderpath"] = folder
        return Client(self, headers)


@dataclass
class Client:
    """An HTTP client of one user; paths are those of a root-mounted stand-in."""

    stand_in: StandIn
    headers: dict[str, str]

    def request(self, method: str, path: str, **words: Any) -> "httpx2.Response":
        headers = {**self.headers, **words.pop("headers", {})}
        return self.stand_in.http.request(method, path, headers=headers, **words)

    def get(self, path: str, **words: Any) -> "httpx2.Response":
        return self.request("GET", path, **words)

    def post(self, path: str, json: Any = None, **words: Any) -> "httpx2.Response":
        return self.request("POST", path, json=json, **words)

    def put(self, path: str, json: Any = None, **words: Any) -> "httpx2.Response":
        return self.request("PUT", path, json=json, **words)

    def patch(self, path: str, json: Any = None, **words: Any) -> "httpx2.Response":
        return self.request("PATCH", path, json=json, **words)

    def delete(self, path: str, **words: Any) -> "httpx2.Response":
        return self.request("DELETE", path, **words)

    def ok(self, method: str, path: str, status: int = 200, **words: Any) -> Any:
        """The JSON of an answer whose status is as expected."""
        answer = self.request(method, path, **words)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def rows(self, path: str, **words: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ok("GET", path, **words)["value"]
        return found


Start = Callable[..., StandIn]


@pytest.fixture(scope="session")
def start_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a stand-in with settings of one's own; all are stopped at the end."""
    from pydantic import SecretStr
    from starlette.testclient import TestClient

    from concertmaster.app import create_app
    from concertmaster.scenarios import seed
    from concertmaster.settings import Settings
    from concertmaster.store import Registry

    opened: list[tuple["Registry", "TestClient"]] = []

    def start(scenario: str = "demo", **switches: Any) -> StandIn:
        folder: Path = tmp_path_factory.mktemp("data")
        if DATABASE_URL:
            switches.setdefault("database_url", SecretStr(DATABASE_URL))
        settings = Settings(data=folder, ephemeral=True, scenario=scenario, **switches)
        registry = Registry.open(settings, seed)
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
    return start_stand_in("empty")


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
    return start_stand_in("empty")
