"""Which tenant a URL speaks to: takes the prefix off the path, once, for everything behind.

    /{org}/{tenant}/orchestrator_/odata/Jobs    cloud
    /{org}/{tenant}/odata/Jobs                  cloud, without the service's own segment
    /{org}/identity_/connect/token              sign-in of an organization
    /odata/Jobs                                 standalone: X-UIPATH-TenantName, or the default

What was taken off is the root that absolute URLs in answers are built from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from concertmaster.identity.tokens import tenant_named_in
from concertmaster.store import Registry, Tenant
from concertmaster.store.leases import Lease

#: First segments that are ours, below any prefix.
ROOTS = frozenset({
    "odata", "api", "tasks", "forms", "identity", "identity_", "_control", "health", "docs",
    "swagger", "redoc", "openapi.json", "t", "blobs", "llmopstenant_", "apps_", "",
})  # fmt: skip
SERVICE = "orchestrator_"


@dataclass(slots=True)
class Address:
    """A path, split into where it is mounted and what is asked there."""

    prefix: str
    rest: str
    organization: str | None = None
    tenant: str | None = None


def split(path: str) -> Address | None:
    """None when the path belongs to no shape of ours."""
    root, odata, rest = path.partition("/odata/")
    if not odata:
        return _split(path)
    address = _split_before_odata(root)  # the same for all that is asked of a tenant
    if address is None or not rest:
        return address
    return Address(address.prefix, address.rest + rest, address.organization, address.tenant)


@lru_cache(1024)
def _split_before_odata(root: str) -> Address | None:
    return _split(f"{root}/odata/")


def _split(path: str) -> Address | None:
    parts = path.lstrip("/").split("/")
    lowered = [unquote(part).lower() for part in parts[:5]]
    if lowered[0] in ROOTS:
        return Address("", "/" + "/".join(parts))
    if len(parts) > 1 and lowered[1] in ROOTS - {""}:
        return Address("/" + parts[0], "/" + "/".join(parts[1:]), unquote(parts[0]))
    if len(parts) < 3:
        return None
    taken = 2
    while (
        taken < len(lowered) and lowered[taken] == SERVICE
    ):  # some pages of the guide have it twice
        taken += 1
    if taken >= len(parts) or lowered[min(taken, 4)] not in ROOTS:
        return None
    prefix, rest = parts[:taken], parts[taken:]
    return Address(
        "/" + "/".join(prefix), "/" + "/".join(rest), unquote(parts[0]), unquote(parts[1])
    )


class Nowhere(Exception):
    """An address that leads to no tenant; what it named, as far as it named anything."""

    def __init__(self, organization: str | None, tenant: str | None) -> None:
        super().__init__(organization, tenant)
        self.organization = organization
        self.tenant = tenant


class TenantAddress:
    """ASGI middleware: finds the tenant, rewrites the path; `lost` answers where there is none."""

    def __init__(self, app: ASGIApp, lost: ASGIApp) -> None:
        self.app = app
        self.lost = lost  #: answers what leads nowhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        raw: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        if "//" in raw or "?" in raw:
            raw = re.sub(r"//+", "/", raw.partition("?")[0])
        address = split(raw)
        registry: Registry = scope["app"].state.registry
        tenant, lease = self._leased(address, scope, registry) if address else (None, None)
        if address is None or (tenant is None and address.rest.split("/")[1].lower() != "health"):
            names = (address.organization, address.tenant) if address else (None, None)
            nowhere = {"tenant": None, "cause": Nowhere(*names)}
            inner = {**scope, "state": {**scope.get("state", {}), **nowhere}}
            await self.lost(inner, receive, send)
            return
        inner = dict(scope)
        inner["path"] = unquote(address.rest)
        inner["raw_path"] = address.rest.encode("latin-1")
        inner["root_path"] = scope.get("root_path", "") + address.prefix
        inner["state"] = {**scope.get("state", {}), "tenant": tenant, "lease": lease}
        # Starlette takes root_path off the path where it begins with it; ours never does.
        inner["app_root_path"] = inner["root_path"]
        try:
            await self.app(inner, receive, send)
        finally:
            if lease is not None:
                lease.end()

    def _leased(
        self, address: Address, scope: Scope, registry: Registry
    ) -> tuple[Tenant | None, Lease | None]:
        """The tenant, whose data stays for as long as the request takes."""
        while (tenant := self._tenant(address, scope, registry)) is not None:
            if (lease := tenant.leases.take()) is not None:
                return tenant, lease
            # It was replaced this very moment: there is another one.
        return None, None

    def _tenant(self, address: Address, scope: Scope, registry: Registry) -> Tenant | None:
        if address.organization and address.tenant:
            return registry.tenant(address.organization, address.tenant)
        name = _header(scope, b"x-uipath-tenantname")
        if address.organization:
            return registry.tenant(address.organization, name or registry.default.name)
        if name:
            return registry.named(name)
        if len(registry.tenants()) == 1:
            return registry.default
        named = tenant_named_in(_header(scope, b"authorization") or "")
        return (registry.by_key(named) if named else None) or registry.default


class AnyCase:
    """ASGI middleware: plain paths in any letter case, as the real product's web server takes them.

    `paths` are those of the routes; a path that is one of them but for its case gets theirs.
    """

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self.app = app
        self._plain = {path.lower(): path for path in paths if "{" not in path}
        self._templates = [_Template(path) for path in paths if "{" in path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/odata"):
            scope["path"] = self.declared(scope["path"])
        await self.app(scope, receive, send)

    def declared(self, path: str) -> str:
        """A path as its route has it."""
        known = self._plain.get(path.lower())
        if known is not None:
            return known
        fitted = (template.fit(path) for template in self._templates)
        return next((found for found in fitted if found), path)


class _Template:
    """A path with parameters: its own words in its own case, values as they come."""

    def __init__(self, path: str) -> None:
        self.words = path.split("/")

    def fit(self, path: str) -> str | None:
        given = path.split("/")
        if len(given) != len(self.words):
            return None
        pairs = list(zip(self.words, given, strict=True))
        if any("{" not in word and word.lower() != value.lower() for word, value in pairs):
            return None
        return "/".join(value if "{" in word else word for word, value in pairs)


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key.lower() == name:
            return str(value.decode("latin-1"))
    return None


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI application: what an address gets that leads to no tenant."""
    from starlette.requests import Request
    from starlette.responses import Response

    from concertmaster.edge.errors import body_of

    answer = body_of(
        Request(scope), "Neither an organization and tenant nor a service lies here.", 0
    )
    await Response(answer, 404, media_type="application/json")(scope, receive, send)
