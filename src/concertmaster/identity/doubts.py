"""Why a sign-in was not believed, for the person who sent it."""

import time

import jwt

from concertmaster.identity import personal_tokens
from concertmaster.store import Registry, Tenant


def doubt(authorization: str | None, tenant: Tenant, registry: Registry) -> str | None:
    """What is wrong with an Authorization header that `identify` refused, if it can be told."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if not token:
        return "no Authorization header" if not scheme else "the Authorization header has no token"
    if scheme.lower() == "uirobot":
        return "no robot has this key: GET /_control/robots lists the keys"
    if scheme.lower() != "bearer":
        return f"'{scheme[:30]}' is no scheme of Orchestrator: send Bearer or UiRobot"
    if token.startswith(personal_tokens.PREFIX):
        return "the personal access token is unknown here, was revoked or has expired"
    return _of_jwt(token, tenant, registry)


def _of_jwt(token: str, tenant: Tenant, registry: Registry) -> str | None:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return "the token is neither a JWT nor CONCERTMASTER_ACCESS_TOKEN"
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires <= time.time():
        return f"the token expired {int(time.time() - expires)} s ago"
    of = claims.get("tenant_id")
    if of is not None and of != tenant.key and registry.by_key(str(of)) is not None:
        return f"the token is of tenant {registry.by_key(str(of))}, this is {tenant}"
    if claims.get("prt_id") not in {each.organization_key for each in registry.tenants()}:
        return "the token is of another stand-in, or of one whose data is gone: fetch a new one"
    return "the token was not signed here, or its user is gone"
