"""A stand-in in the test's own process, and clients of it that are signed in."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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


def send_home(tenant: "Tenant") -> None:
    """Nobody takes a job by himself any more: what is pending stays so."""
    import sqlalchemy as sa

    from concertmaster.entities import JobOutcome, OutcomeMode, ProcessOutcome, Session

    with tenant.writing.begin() as connection:
        connection.execute(sa.update(Session).values(simulated=False))
        connection.execute(sa.update(JobOutcome).values(mode=OutcomeMode.Manual, next_at=None))
        connection.execute(sa.delete(ProcessOutcome))


Start = Callable[..., StandIn]
