"""The identity routes over a tenant with two users, as the application mounts them."""

import os
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from concertmaster.domain.errors import OrchestratorError
from concertmaster.domain.passwords import hash_password
from concertmaster.entities import Role, User, UserRole
from concertmaster.identity import routes, token_routes
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant

NOW = "2024-01-01T00:00:00.0000000Z"


def fill(tenant: Tenant) -> None:
    with tenant.session() as session, session.begin():
        session.add(Role(id=1, name="Administrator", is_static=True))
        session.add(
            User(id=1, key="00000000-0000-0000-0000-000000000001", user_name="admin",
                 email_address="admin@acme.test", password_hash=hash_password("concertmaster"),
                 creation_time=NOW)
        )  # fmt: skip
        session.add(
            User(id=2, key="00000000-0000-0000-0000-000000000002", user_name="gone",
                 password_hash=hash_password("secret"), is_active=False, creation_time=NOW)
        )  # fmt: skip
        session.flush()
        session.add(UserRole(user_id=1, role_id=1))


@pytest.fixture(scope="module")
def settings() -> Settings:
    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL") or None
    return Settings(ephemeral=True, database_url=url, scenario="empty", access_token="fixed-token")


@pytest.fixture(scope="module")
def registry(settings: Settings) -> Iterator[Registry]:
    opened = Registry.open(settings, fill)
    yield opened
    opened.close()


class InTenant:
    """Stands where the application finds the tenant of a URL: here it is the default one."""

    def __init__(self, app: ASGIApp, registry: Registry) -> None:
        self.app, self.registry = app, registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["tenant"] = self.registry.default
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def client(registry: Registry) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.registry = registry
    app.add_middleware(InTenant, registry=registry)
    app.include_router(routes.router)
    app.include_router(token_routes.router)

    @app.exception_handler(OrchestratorError)
    async def _render(_request: Request, error: OrchestratorError) -> JSONResponse:
        return JSONResponse({"message": error.message, "errorCode": error.number}, error.status)

    with TestClient(app) as made:
        yield made
