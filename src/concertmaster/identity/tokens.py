"""Access tokens: RS256 JWTs with the claims that clients read, and their verification."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from concertmaster.domain.errors import NotAuthenticated
from concertmaster.store import Registry, Tenant

AUDIENCE = "UiPath.Orchestrator"
ALGORITHM = "RS256"

#: The fact of a registry that its tokens are signed with.
SIGNING_KEY = "signing-key"
#: How many verified tokens are remembered; verifying one takes longer than most reads.
_REMEMBERED = 2048


class Tokens:
    """Issues and verifies the tokens of one registry. `registry.own(Tokens)` is the one."""

    def __init__(self, registry: Registry) -> None:
        self._lifetime = registry.settings.token_lifetime
        pem = registry.fact(SIGNING_KEY, new_key).encode()
        # The key is one of our own: to check it again would be a fiftieth of a start.
        key = serialization.load_pem_private_key(
            pem, password=None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(key, rsa.RSAPrivateKey)
        self._private, self._public = key, key.public_key()
        self._kid = _fingerprint(self._public)
        self._verified: dict[str, Mapping[str, Any]] = {}

    def for_user(
        self,
        tenant: Tenant,
        *,
        user_id: int,
        user_key: str,
        user_name: str,
        email: str | None,
        full_name: str | None = None,
        client_id: str = "concertmaster",
        scopes: frozenset[str] | None = None,
        issuer: str = "",
    ) -> str:
        """A token that acts as a user, in one tenant. `scopes` None leaves it unbounded."""
        return self._issue(
            tenant,
            issuer,
            sub=user_key,
            sub_type="user",
            user_id=user_id,
            # Clients take the robot's user from here: there is always something to take.
            email=email or f"{user_name}@{tenant.organization}.local".lower(),
            name=full_name or user_name,
            preferred_username=user_name,
            tenant_id=tenant.key,
            tenant_name=tenant.name,
            client_id=client_id,
            scope=sorted(scopes or {"OR.Default"}),
        )

    def for_application(
        self, tenant: Tenant, *, client_id: str, scopes: frozenset[str], issuer: str = ""
    ) -> str:
        """A token of an application: good in every tenant of the organization."""
        return self._issue(
            tenant,
            issuer,
            sub=client_id,
            sub_type="service.external",
            client_id=client_id,
            scope=sorted(scopes),
        )

    def for_machine(
        self, tenant: Tenant, *, license_key: str, scopes: frozenset[str], issuer: str = ""
    ) -> str:
        """A token with which a machine acts for itself, in its own tenant."""
        return self._issue(
            tenant,
            issuer,
            sub=license_key,
            sub_type="machine",
            client_id=license_key,
            tenant_id=tenant.key,
            tenant_name=tenant.name,
            scope=sorted(scopes),
        )

    def _issue(self, tenant: Tenant, issuer: str, **claims: Any) -> str:
        now = int(time.time())
        registered = {
            "iss": issuer,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime,
            "jti": secrets.token_hex(16).upper(),
            "prt_id": tenant.organization_key,
            "organization": tenant.organization,
        }
        return jwt.encode(registered | claims, self._private, ALGORITHM, {"kid": self._kid})

    def verify(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that we issued and that is still good."""
        claims = self._verified.get(token)
        if claims is None:
            try:
                claims = jwt.decode(token, self._public, [ALGORITHM], audience=AUDIENCE)
            except (jwt.PyJWTError, ValueError) as error:
                raise NotAuthenticated from error
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        if claims["exp"] <= time.time():
            raise NotAuthenticated
        return claims

    @property
    def lifetime(self) -> int:
        return self._lifetime

    def jwks(self) -> dict[str, Any]:
        """The key by which others verify our tokens."""
        public = json.loads(RSAAlgorithm.to_jwk(self._public))
        public.pop("key_ops", None)
        return {"keys": [{**public, "use": "sig", "alg": ALGORITHM, "kid": self._kid}]}


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _fingerprint(key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()[:32].upper()


def tenant_named_in(authorization: str) -> str | None:
    """The guid of the tenant that a bearer token speaks of; nothing is proven by it.

    A root-mounted URL names no tenant, so the token does; `identify` verifies it afterwards.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token.count(".") != 2:
        return None
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    named = claims.get("tenant_id")
    return named if isinstance(named, str) else None
