"""The composition root: the only module that knows every other."""

import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response as WebResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from concertmaster import __version__, actions, control, rest
from concertmaster.domain.errors import InvalidRequest, OrchestratorError
from concertmaster.edge.address import AnyCase, TenantAddress, not_found
from concertmaster.edge.admission import Orchestrator
from concertmaster.edge.again import AgainDoor
from concertmaster.edge.errors import answer, body_of, render
from concertmaster.edge.headers import ALWAYS, AnswerHeaders, OwnOrigin
from concertmaster.edge.unanswered import unanswered
from concertmaster.faults.door import FaultDoor
from concertmaster.identity.routes import router as identity_router
from concertmaster.identity.token_routes import router as tokens_router
from concertmaster.journal.door import JournalDoor
from concertmaster.model import NAMESPACE, model
from concertmaster.odata.errors import MethodNotAllowed, NoSuchResource, ODataError
from concertmaster.odata.openapi import openapi_paths
from concertmaster.odata.operations import Operations
from concertmaster.odata.routes import ODataDoor
from concertmaster.odata.service import Behaviour, Service
from concertmaster.odata.write import Hooks
from concertmaster.robots.files import router as robot_files_router
from concertmaster.robots.published import router as published_router
from concertmaster.robots.routes import router as robots_router
from concertmaster.scenarios import seed
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work.kinds import kinds
from concertmaster.work.runner import Runner

#: Where the real product differs from a plain ASP.NET Core OData service (see docs/adr).
BEHAVIOUR = Behaviour(
    count_by_default=True, next_links=False, context_expands=False, updated_body=b"{}"
)


def modules_of(package: ModuleType) -> list[ModuleType]:
    """Every module of a package: its files are the registry."""
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


@cache
def operations() -> Operations:
    return Operations(modules_of(actions), NAMESPACE)


@cache
def hooks() -> Hooks:
    return Hooks(modules_of(actions))


class Application(FastAPI):
    """FastAPI for what is not OData, behind the doors that every request goes through.

    An address is read first, the request is noted and may be made to fail, then OData is answered,
    then comes FastAPI: its own layers take three times as long as a read by key.
    """

    front: ASGIApp

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        scope["wire"] = send
        await (self.front if scope["type"] == "http" else self.behind)(scope, receive, send)


@cache
def routers() -> tuple[APIRouter, ...]:
    """Whatever answers beside OData."""
    rooms = [module for package in (rest, control) for module in modules_of(package)]
    return (
        identity_router,
        tokens_router,
        robots_router,
        published_router,
        robot_files_router,
        *(module.router for module in rooms if hasattr(module, "router")),
    )


def plain_paths() -> list[str]:
    """The paths that they answer, as they are declared."""
    every = (route for router in routers() for route in router.routes)
    return [route.path for route in every if isinstance(route, APIRoute)]


def create_app(settings: Settings | None = None, registry: Registry | None = None) -> Application:
    """The application over a registry of tenants; it closes the registry it opened itself."""
    owned = registry is None
    settings = settings or Settings()
    opened = registry or Registry.open(settings, seed)
    runner = Runner(opened, kinds(settings))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runner.start()
        yield
        await to_thread.run_sync(runner.stop)
        if owned:
            opened.close()

    app = Application(
        title="Concertmaster", version=__version__, lifespan=lifespan,
        docs_url="/docs", redoc_url=None, openapi_url="/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    app.state.registry = opened
    app.state.runner = runner
    for router in routers():
        app.include_router(router)
    _add_documents(app)
    _add_errors(app)
    behind = AnyCase(app.behind, plain_paths())
    watched = partial(JournalDoor, keep=opened.settings.journal_size)
    door = ODataDoor(AnswerHeaders(OwnOrigin(behind)), "/odata", _serve, _failure, ALWAYS)
    app.front = TenantAddress(watched(FaultDoor(AgainDoor(door))), lost=watched(not_found))
    return app


_services: WeakKeyDictionary[Tenant, Service] = WeakKeyDictionary()


def _serve(scope: Scope) -> tuple[Service, bool]:
    """The OData service of the tenant that a request speaks to; made once for each tenant."""
    tenant: Tenant = scope["state"]["tenant"]
    service = _services.get(tenant)
    if service is None:
        registry: Registry = scope["app"].state.registry
        service = _services[tenant] = Service(
            model(),
            Orchestrator(registry, tenant),
            operations=operations(),
            hooks=hooks(),
            behaviour=replace(BEHAVIOUR, strict=registry.settings.strict),
        )
    return service, tenant.dialect != "sqlite"


def _failure(request: Request, error: Exception) -> WebResponse:
    if isinstance(error, NoSuchResource | MethodNotAllowed):
        return unanswered(request, error)
    return render(request, error)


def _add_documents(app: FastAPI) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready(request: Request) -> JSONResponse:
        done = request.app.state.runner.running  # migrated and seeded since the app was made
        return JSONResponse({"status": "ready" if done else "starting"}, 200 if done else 503)

    @app.get("/swagger", include_in_schema=False)
    @app.get("/swagger/index.html", include_in_schema=False)
    async def swagger() -> HTMLResponse:
        from fastapi.openapi.docs import get_swagger_ui_html

        return get_swagger_ui_html(openapi_url="../openapi.json", title="Concertmaster")

    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            schema["paths"].update(openapi_paths(model(), operations(), "/odata"))
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add_errors(app: FastAPI) -> None:
    async def on_error(request: Request, error: Exception) -> WebResponse:
        return _failure(request, error)

    async def on_http(request: Request, error: HTTPException) -> WebResponse:
        if error.status_code in (404, 405):
            return unanswered(request, error)
        return answer(request, error.status_code, body_of(request, str(error.detail), 0))

    async def on_validation(request: Request, error: RequestValidationError) -> WebResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "body"
        said = str(first["msg"]).removeprefix("Value error, ")
        return render(request, InvalidRequest(f"{where}: {said}"))

    app.add_exception_handler(ODataError, on_error)
    app.add_exception_handler(Exception, on_error)
    app.add_exception_handler(HTTPException, on_http)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, on_validation)  # type: ignore[arg-type]
    app.add_exception_handler(OrchestratorError, on_error)
    app.add_exception_handler(SQLAlchemyError, on_error)
