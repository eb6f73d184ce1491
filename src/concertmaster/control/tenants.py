"""`/_control/tenants`: more tenants on request, for an administrator of the default one."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from concertmaster.control.admission import AdministratorOfAll
from concertmaster.control.scenarios import Scenario, named
from concertmaster.domain.errors import (
    Conflict,
    InvalidArgument,
    ItemNotFound,
    NameAlreadyUsed,
    NotAuthenticated,
)
from concertmaster.edge.calls import CallRoute
from concertmaster.identity.sign_in import administrator, token_for
from concertmaster.scenarios import ScenarioError, is_text
from concertmaster.store import NameRefused, NameTaken, Registry, Tenant, TenantGone

router = APIRouter(route_class=CallRoute, prefix="/_control/tenants", tags=["Control"])


class NewTenant(BaseModel):
    """What it shall be called and hold; without an organization, it is the default one's."""

    model_config = ConfigDict(extra="forbid")

    name: str
    organization: str | None = None
    scenario: Scenario | None = None


def registry_of(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


@router.post("", status_code=201, operation_id="control_create_tenant")
def create(call: AdministratorOfAll, request: Request, asked: NewTenant) -> dict[str, Any]:
    """Make a tenant, seeded; answers where it is and a token of its administrator."""
    registry = registry_of(request)
    organization = (
        registry.default.organization if asked.organization is None else asked.organization
    )
    try:
        made = registry.create(organization, asked.name, named(asked.scenario, call.settings))
    except NameTaken as taken:
        raise NameAlreadyUsed(name=f"{organization}/{asked.name}") from taken
    except (NameRefused, ScenarioError) as refused:
        raise InvalidArgument(f"{refused}.") from refused
    try:
        user = administrator(made)
    except NotAuthenticated as nobody:
        registry.drop(made)
        raise InvalidArgument(
            "The scenario has no administrator; `include: empty` brings one along."
        ) from nobody
    host = _host(request)
    token = token_for(registry, made, user, issuer=f"{host}/{made.organization}/identity_")
    shown = _shown(made, host)
    return {"url": shown["url"], "token": token, **shown}


@router.get("", operation_id="control_list_tenants")
def tenants(call: AdministratorOfAll, request: Request) -> dict[str, Any]:
    """All tenants, the default one first."""
    host = _host(request)
    return {"value": [_shown(tenant, host) for tenant in registry_of(request).tenants()]}


@router.delete("/{organization}/{name}", status_code=204, operation_id="control_drop_tenant")
def drop(call: AdministratorOfAll, request: Request, organization: str, name: str) -> Response:
    """Remove a tenant with all that is in it, its snapshots too."""
    registry = registry_of(request)
    tenant = registry.tenant(organization, name)
    if tenant is None:
        raise ItemNotFound(entity="Tenant")
    try:
        registry.drop(tenant)
    except TenantGone as gone:  # somebody else dropped it this moment
        raise ItemNotFound(entity="Tenant") from gone
    except NameRefused as refused:
        raise Conflict(f"{refused}.") from refused
    registry.settle(tenant)
    return Response(status_code=204)


def _host(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"


def _shown(tenant: Tenant, host: str) -> dict[str, Any]:
    return {
        "organization": tenant.organization,
        "name": tenant.name,
        "scenario": None
        if is_text(tenant.scenario)
        else tenant.scenario,  # null: it was sent along
        "url": f"{host}/{tenant.organization}/{tenant.name}",
        "organizationId": tenant.organization_key,
        "tenantId": tenant.key,
    }
