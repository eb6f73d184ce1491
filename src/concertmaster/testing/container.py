"""A stand-in in a container of its own, for suites that use testcontainers.

    with ConcertmasterContainer(scenario="empty") as orchestrator:
        httpx.get(f"{orchestrator.url}/odata/Folders", headers=orchestrator.headers)

Needs `pip install 'concertmaster[testcontainers]'`, a container engine, and an image, which a
checkout builds: `docker build -t concertmaster -f src/Dockerfile .`.
"""

import time
from functools import cached_property
from typing import Any, Self

import httpx
from testcontainers.core.container import DockerContainer

from concertmaster.identity.client_settings import client_settings
from concertmaster.settings import DEFAULT_PASSWORD, DEFAULT_USER, variable

PORT = 8070

#: Seconds from the start of a container to its first answer, at most.
PATIENCE = 60


class ConcertmasterContainer(DockerContainer):  # type: ignore[misc]
    """Settings are those of `concertmaster serve`: `scenario="guide"`, `strict=True`."""

    def __init__(self, image: str = "concertmaster", **settings: Any) -> None:
        super().__init__(image)
        self.with_exposed_ports(PORT)
        for name, value in settings.items():
            told = str(value).lower() if isinstance(value, bool) else str(value)
            self.with_env(variable(name), told)

    def start(self) -> Self:
        super().start()
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if httpx.get(f"{self.root}/health/ready", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # it does not listen yet
            if time.monotonic() > until:
                raise TimeoutError(f"the container did not answer within {PATIENCE} seconds")
            time.sleep(0.1)

    @property
    def root(self) -> str:
        """`http://host:port`."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    @cached_property
    def _claims(self) -> dict[str, Any]:
        import jwt

        claims: dict[str, Any] = jwt.decode(self.token, options={"verify_signature": False})
        return claims

    @property
    def url(self) -> str:
        """The default tenant's."""
        return f"{self.root}/{self._claims['organization']}/{self._claims['tenant_name']}"

    @cached_property
    def token(self) -> str:
        """An access token of the administrator."""
        who = {
            "tenancyName": "",
            "usernameOrEmailAddress": DEFAULT_USER,
            "password": DEFAULT_PASSWORD,
        }
        answer = httpx.post(f"{self.root}/api/Account/Authenticate", json=who, trust_env=False)
        answer.raise_for_status()
        token: str = answer.json()["result"]
        return token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def settings_of(self, folder: str = "Shared") -> dict[str, str]:
        """The variables that UiPath's own clients read."""
        return client_settings(
            url=self.url, token=self.token, organization_id=self._claims["prt_id"],
            tenant_id=self._claims["tenant_id"], folder=folder,
        )  # fmt: skip
