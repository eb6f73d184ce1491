"""Sign-in over HTTP: the token endpoint and its discovery, and the one of older installations."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from concertmaster.domain import machine_secrets
from concertmaster.domain.errors import InvalidCredentials, InvalidRequest, OrchestratorError
from concertmaster.identity import scopes
from concertmaster.identity.applications import Application, Applications
from concertmaster.identity.sign_in import sign_in, token_for
from concertmaster.identity.tokens import ALGORITHM, Tokens
from concertmaster.store import Registry, Tenant

router = APIRouter(tags=["Identity"])

#: `identity_` in the cloud, `identity` in an installation of one's own.
PREFIXES = ("identity_", "identity")

_MOST = 65_536  #: bytes of a body; a sign-in is a few hundred


class Refused(Exception):
    """RFC 6749, 5.2: the error's name is all that the client is told."""


# --- the token endpoint -------------------------------------------------------------------


async def token(request: Request) -> Response:
    """Give out an access token: client_credentials or password."""
    form = _form(await _body(request))
    try:
        answer = await run_in_threadpool(_grant, request, form)
    except Refused as refused:
        return JSONResponse({"error": str(refused)}, status_code=400, headers=_NOT_STORED)
    return JSONResponse(answer, headers=_NOT_STORED)


_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _grant(request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    grant = GRANTS.get(form.get("grant_type", ""))
    if grant is None:
        raise Refused("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
    given, bounds = grant(request, form)
    return {
        "access_token": given,
        "expires_in": _registry(request).own(Tokens).lifetime,
        "token_type": "Bearer",
        "scope": " ".join(sorted(bounds)),
    }


def _client_credentials(request: Request, form: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    client_id, secret = _credentials(request, form)
    tokens, tenant = _registry(request).own(Tokens), _tenant(request)
    application = _registry(request).own(Applications).authenticate(client_id, secret)
    if application is not None:
        bounds = _scopes(form, application)
        issued = tokens.for_application(
            tenant, client_id=application.id, scopes=bounds, issuer=issuer(request)
        )
        return issued, bounds
    with tenant.reader() as session:
        machine = machine_secrets.fits(session, client_id, secret) if client_id else None
    if machine is None or machine.license_key is None:
        raise Refused("invalid_client")
    bounds = _scopes(form, None)
    issued = tokens.for_machine(
        tenant, license_key=machine.license_key, scopes=bounds, issuer=issuer(request)
    )
    return issued, bounds


def _password(request: Request, form: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    application = _application(request, form)  # may be left out: RFC 6749, 2.1, public clients
    bounds = _scopes(form, application)
    tenant = _tenant(request)
    try:
        user = sign_in(tenant, form.get("username", ""), form.get("password", ""))
    except OrchestratorError as error:
        raise Refused("invalid_grant") from error
    client_id = application.id if application else "concertmaster"
    issued = token_for(
        _registry(request), tenant, user, issuer=issuer(request), client_id=client_id, scopes=bounds
    )
    return issued, bounds


Grant = Callable[[Request, Mapping[str, str]], tuple[str, frozenset[str]]]
GRANTS: dict[str, Grant] = {"client_credentials": _client_credentials, "password": _password}


def _application(request: Request, form: Mapping[str, str]) -> Application | None:
    """The application, if one names itself. Raises Refused for a secret that is not its own."""
    client_id, secret = _credentials(request, form)
    if not client_id:
        return None
    application = _registry(request).own(Applications).authenticate(client_id, secret)
    if application is None:
        raise Refused("invalid_client")
    return application


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Who asks, and the secret: in the body or with HTTP Basic (RFC 6749, 2.3.1)."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise Refused("invalid_client") from error
        client_id, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
    return ("", "") if "\0" in client_id else (client_id, secret)


def _scopes(form: Mapping[str, str], application: Application | None) -> frozenset[str]:
    try:
        return scopes.granted(form.get("scope", ""), application.scopes if application else None)
    except scopes.InvalidScope as error:
        raise Refused("invalid_scope") from error


# --- discovery ----------------------------------------------------------------------------


def discovery(request: Request) -> dict[str, Any]:
    """What an OpenID client wants to know before it signs in."""
    here = issuer(request)
    return {
        "issuer": here,
        "jwks_uri": f"{here}/.well-known/openid-configuration/jwks",
        "token_endpoint": f"{here}/connect/token",
        "grant_types_supported": sorted(GRANTS),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": scopes.SUPPORTED,
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": ["sub", "name", "email", "preferred_username", "prt_id"],
    }


def jwks(request: Request) -> dict[str, Any]:
    """The public half of the signing key."""
    return _registry(request).own(Tokens).jwks()


for prefix in PREFIXES:
    router.post(f"/{prefix}/connect/token", operation_id=f"{prefix}Token")(token)
    discovered = f"/{prefix}/.well-known/openid-configuration"
    router.get(discovered, operation_id=f"{prefix}Discovery")(discovery)
    router.get(f"{discovered}/jwks", operation_id=f"{prefix}Keys")(jwks)


# --- installations of one's own -----------------------------------------------------------


@router.post("/api/Account/Authenticate", operation_id="Account_Authenticate")
async def authenticate(request: Request) -> dict[str, Any]:
    """A user's name and password → an access token."""
    member = _members(await _body(request))
    tenant = _named_tenant(request, member.get("tenancyname", ""))
    name, password = member.get("usernameoremailaddress", ""), member.get("password", "")
    user = await run_in_threadpool(sign_in, tenant, name, password)
    return {
        "result": token_for(_registry(request), tenant, user, issuer=issuer(request)),
        "targetUrl": None,
        "success": True,
        "error": None,
        "unAuthorizedRequest": False,
        "__abp": True,
    }


def _named_tenant(request: Request, name: str) -> Tenant:
    """The tenant of the body, in the organization of the URL; without one, that of the URL."""
    here, registry = _tenant(request), _registry(request)
    if not name or name.lower() == here.name.lower():
        return here
    found = registry.tenant(here.organization, name) or registry.named(name)
    if found is None:
        raise InvalidCredentials
    return found


# --- reading requests ---------------------------------------------------------------------


def issuer(request: Request) -> str:
    """The URL of the identity service, as the client reached it."""
    asked = request.scope["path"].split("/")
    prefix = next((part for part in PREFIXES if part in asked), PREFIXES[0])
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}/{prefix}"


def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


def _tenant(request: Request) -> Tenant:
    tenant: Tenant = request.state.tenant
    return tenant


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST:
            raise InvalidRequest("The request body is too large.")
    return bytes(body)


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
    return dict(pairs)


def _members(body: bytes) -> dict[str, str]:
    """The text members of a JSON object, by their names in lower case."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest from error
    if not isinstance(parsed, dict):
        raise InvalidRequest
    return {name.lower(): value for name, value in parsed.items() if isinstance(value, str)}
