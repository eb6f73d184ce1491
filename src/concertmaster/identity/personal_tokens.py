"""Personal access tokens: opaque, good for one user of one tenant until revoked."""

import hashlib
import json
import secrets
import time
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from concertmaster.domain.errors import ItemNotFound, NotAuthenticated
from concertmaster.store import Registry, Tenant
from concertmaster.store.tables import ACCESS_TOKENS

#: How every one of them begins, so that people and scanners recognise it.
PREFIX = "rt_"


@dataclass(frozen=True)
class PersonalToken:
    """What is kept of a token: everything but the token. Times are seconds since 1970."""

    id: str
    name: str
    user_id: int
    scopes: frozenset[str] | None
    created: int
    expires: int | None


def create(
    registry: Registry,
    tenant: Tenant,
    user_id: int,
    *,
    name: str,
    scopes: frozenset[str] | None = None,
    lifetime: int | None = None,
) -> tuple[PersonalToken, str]:
    """A new token: what is kept, and the token itself, which is shown this once."""
    secret = f"{PREFIX}{secrets.token_hex(32).upper()}-1"
    now = int(time.time())
    expires = None if lifetime is None else now + lifetime
    kept = PersonalToken(str(uuid.uuid4()), name, user_id, scopes, now, expires)
    row = {
        "id": kept.id,
        "sha256": _digest(secret),
        "name": name,
        "tenant_key": tenant.key,
        "user_id": user_id,
        "scopes": None if scopes is None else json.dumps(sorted(scopes)),
        "created": now,
        "expires": expires,
    }
    with registry.write() as connection:
        connection.execute(sa.insert(ACCESS_TOKENS).values(row))
    return kept, secret


def mine(registry: Registry, tenant: Tenant, user_id: int) -> list[PersonalToken]:
    with registry.read() as connection:
        found = sa.select(ACCESS_TOKENS).where(_of(tenant, user_id))
        rows = connection.execute(found.order_by(ACCESS_TOKENS.c.created)).all()
    return [_kept(row) for row in rows]


def revoke(registry: Registry, tenant: Tenant, user_id: int, token_id: str) -> None:
    gone = sa.delete(ACCESS_TOKENS).where(_of(tenant, user_id), ACCESS_TOKENS.c.id == token_id)
    with registry.write() as connection:
        if connection.execute(gone).rowcount == 0:
            raise ItemNotFound(entity="Token")


def verify(registry: Registry, tenant: Tenant, secret: str) -> PersonalToken:
    """The token, if it is one of this tenant and still good."""
    with registry.read() as connection:
        found = sa.select(ACCESS_TOKENS).where(ACCESS_TOKENS.c.sha256 == _digest(secret))
        row = connection.execute(found).one_or_none()
    if row is None or row.tenant_key != tenant.key:
        raise NotAuthenticated
    if row.expires is not None and row.expires <= time.time():
        raise NotAuthenticated
    return _kept(row)


def _of(tenant: Tenant, user_id: int) -> sa.ColumnElement[bool]:
    return (ACCESS_TOKENS.c.tenant_key == tenant.key) & (ACCESS_TOKENS.c.user_id == user_id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _kept(row: sa.Row[tuple[object, ...]]) -> PersonalToken:
    scopes = None if row.scopes is None else frozenset(json.loads(row.scopes))
    return PersonalToken(row.id, row.name, row.user_id, scopes, row.created, row.expires)
