"""Where the tenants of tests are made: in a stand-in of this process, or in one that runs already.

The one of this process keeps nothing and listens nowhere until somebody asks for its URL; then it
is served on a free port, in a thread, for the rest of the session.
"""

import json
import socket
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx

if TYPE_CHECKING:  # loaded when the first test asks for a tenant
    from anyio.from_thread import BlockingPortal

    from concertmaster.app import Application

#: The host by which a stand-in in this process calls itself.
INSIDE = "http://orchestrator.test"


@dataclass(frozen=True)
class Made:
    """A tenant that was made for a test."""

    organization: str
    name: str
    token: str
    organization_id: str
    tenant_id: str

    @property
    def path(self) -> str:
        return f"/{self.organization}/{self.name}"


class StandIn(Protocol):
    """Makes tenants, and says how they are reached."""

    @property
    def url(self) -> str:
        """`http://host:port`, for clients of any kind."""
        ...

    def make(self, name: str, scenario: Any) -> Made: ...

    def drop(self, made: Made) -> None: ...

    def client(self, **words: Any) -> httpx.Client:
        """A client of the shortest way; its base URL is a tenant's."""
        ...

    @property
    def inner_url(self) -> str:
        """Where that client finds it."""
        ...

    def close(self) -> None: ...


class Local:
    """A stand-in of this process, with settings of its own."""

    def __init__(self, **switches: Any) -> None:
        self._held = ExitStack()
        with ExitStack() as held:
            self._open(held, switches)
            self._held = held.pop_all()

    def _open(self, held: ExitStack, switches: dict[str, Any]) -> None:
        from anyio.from_thread import start_blocking_portal

        from concertmaster.app import create_app
        from concertmaster.scenarios import seed
        from concertmaster.settings import Settings
        from concertmaster.store import Registry

        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="concertmaster-"))
        # Nobody speaks to the default tenant; an empty one is made the quickest.
        told = {"scenario": "empty", "ephemeral": True, "data": Path(folder), **switches}
        settings = Settings(**told)
        self._registry: Registry = Registry.open(settings, seed)
        held.callback(self._registry.close)
        self._app: Application = create_app(settings, self._registry)
        self._portal: BlockingPortal = held.enter_context(start_blocking_portal())
        held.enter_context(
            self._portal.wrap_async_context_manager(self._app.router.lifespan_context(self._app))
        )

    inner_url = INSIDE

    def make(self, name: str, scenario: Any) -> Made:
        from concertmaster.identity.sign_in import administrator, token_for

        if isinstance(scenario, dict):
            scenario = json.dumps(scenario, ensure_ascii=False)  # JSON is YAML
        tenant = self._registry.create(self._registry.default.organization, name, scenario)
        user = administrator(tenant)
        token = token_for(self._registry, tenant, user, issuer=f"{INSIDE}/identity_")
        return Made(tenant.organization, tenant.name, token, tenant.organization_key, tenant.key)

    def drop(self, made: Made) -> None:
        tenant = self._registry.tenant(made.organization, made.name)
        if tenant is not None:
            self._registry.drop(tenant)
            self._registry.settle(tenant)

    def client(self, **words: Any) -> httpx.Client:
        from concertmaster.testing.in_process import InProcess

        return httpx.Client(transport=InProcess(self._app, self._portal), **words)

    @cached_property
    def url(self) -> str:
        import uvicorn

        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        config = uvicorn.Config(self._app, lifespan="off", log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="concertmaster-served", daemon=True
        )
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)

        def stop() -> None:
            server.should_exit = True
            thread.join(10)
            listener.close()

        self._held.callback(stop)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def close(self) -> None:
        self._held.close()


class Running:
    """A stand-in that runs already: `--orchestrator-url`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        scheme, _, rest = url.rstrip("/").partition("://")
        self.url = self.inner_url = f"{scheme}://{rest.partition('/')[0]}"
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        who = {"tenancyName": "", "usernameOrEmailAddress": user, "password": password}
        answer = self._http.post("/api/Account/Authenticate", json=who)
        answer.raise_for_status()
        self._http.headers["authorization"] = f"Bearer {answer.json()['result']}"

    def make(self, name: str, scenario: Any) -> Made:
        if isinstance(scenario, str) and Path(scenario).is_file():
            scenario = Path(scenario).read_text(encoding="utf-8") + "\n"
        answer = self._http.post("/_control/tenants", json={"name": name, "scenario": scenario})
        if answer.status_code != 201:
            raise ValueError(answer.json()["message"])
        told = answer.json()
        return Made(
            told["organization"], told["name"], told["token"], told["organizationId"],
            told["tenantId"],
        )  # fmt: skip

    def drop(self, made: Made) -> None:
        self._http.delete(f"/_control/tenants{made.path}")

    def client(self, **words: Any) -> httpx.Client:
        return httpx.Client(trust_env=False, **words)

    def close(self) -> None:
        self._http.close()
