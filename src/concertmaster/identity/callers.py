"""The Authorization header → who is calling."""

import hmac
from collections.abc import Mapping
from typing import Any

from concertmaster.domain.access import Caller
from concertmaster.domain.access_cache import AccessCache
from concertmaster.domain.errors import NotAuthenticated
from concertmaster.identity import personal_tokens
from concertmaster.identity.sign_in import administrator
from concertmaster.identity.tokens import Tokens
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant


def identify(
    authorization: str | None, tenant: Tenant, registry: Registry, settings: Settings
) -> Caller:
    """The caller in this tenant; NotAuthenticated when the header does not prove one.

    Schemes in any letter case: `Bearer` with a JWT, a personal access token or the fixed token of
    the settings, and `UiRobot` with a robot's key.
    """
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    credentials = credentials.strip()
    if not credentials:
        raise NotAuthenticated
    match scheme.lower():
        case "uirobot":
            return tenant.own(AccessCache).robot(credentials.lower())
        case "bearer" if _is_fixed(credentials, settings):
            return tenant.own(AccessCache).user(administrator(tenant).id)
        case "bearer" if credentials.startswith(personal_tokens.PREFIX):
            token = personal_tokens.verify(registry, tenant, credentials)
            return tenant.own(AccessCache).user(token.user_id, scopes=token.scopes)
        case "bearer":
            return _of_claims(registry.own(Tokens).verify(credentials), tenant)
    raise NotAuthenticated


def _of_claims(claims: Mapping[str, Any], tenant: Tenant) -> Caller:
    scopes = frozenset(claims["scope"])
    access = tenant.own(AccessCache)
    if claims["sub_type"] == "user" and claims["tenant_id"] == tenant.key:
        return _user(access, claims["user_id"], claims["preferred_username"], scopes)
    if claims["sub_type"] == "machine" and claims["tenant_id"] == tenant.key:
        return access.machine(claims["client_id"]).bounded_by(scopes)
    if claims["sub_type"] == "service.external" and claims["prt_id"] == tenant.organization_key:
        return access.application(claims["client_id"], scopes)
    raise NotAuthenticated


def _user(access: AccessCache, user_id: int, name: str, scopes: frozenset[str]) -> Caller:
    """A token is its user's, by name: after a reset to another scenario ids may be others'."""
    try:
        found = access.user(user_id, scopes=scopes)
    except NotAuthenticated:
        return access.named(name).bounded_by(scopes)
    if found.name.lower() == name.lower():
        return found
    return access.named(name).bounded_by(scopes)


def _is_fixed(credentials: str, settings: Settings) -> bool:
    fixed = settings.access_token
    if fixed is None or not fixed.get_secret_value():
        return False
    return hmac.compare_digest(
        credentials.encode("utf-8", "surrogatepass"), fixed.get_secret_value().encode()
    )
