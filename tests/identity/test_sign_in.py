"""Sign-in: both shapes give tokens that clients can read and that we accept again."""

import base64
import json
import os
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from concertmaster.domain.access_cache import AccessCache
from concertmaster.domain.passwords import hash_password
from concertmaster.identity.applications import Applications
from concertmaster.identity.callers import identify
from concertmaster.store import Registry
from concertmaster.store.tables import CLIENTS
from contending import in_the_way, waiting

TOKEN = "/identity_/connect/token"
ASKED = {"grant_type": "client_credentials"}
CLIENT = {"client_id": "concertmaster", "client_secret": "concertmaster-secret"}


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def ask(client: TestClient, **form: str) -> Any:
    return client.post(TOKEN, data={**ASKED, **form})


def test_client_credentials(client: TestClient, registry: Registry) -> None:
    answer = ask(client, **CLIENT, scope="OR.Queues.Read OR.Jobs").json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == registry.settings.token_lifetime
    assert answer["scope"] == "OR.Jobs OR.Queues.Read"
    bearer = f"Bearer {answer['access_token']}"
    caller = identify(bearer, registry.default, registry, registry.settings)
    assert caller.application == "concertmaster"
    assert caller.scopes == {"OR.Jobs", "OR.Queues.Read"}
    # An application belongs to the organization, not to one of its tenants.
    other = registry.create("acme", "other")
    assert identify(bearer, other, registry, registry.settings).tenant is other


def test_client_by_http_basic(client: TestClient) -> None:
    basic = base64.b64encode(b"concertmaster:concertmaster-secret").decode()
    answer = client.post(
        "/identity/connect/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.json()["scope"] == "OR.Default"
    assert answer.headers["cache-control"] == "no-store"


def test_password_grant(client: TestClient, registry: Registry) -> None:
    form = {"grant_type": "password", "username": "Admin", "password": "concertmaster"}
    token = client.post(TOKEN, data={**form, **CLIENT}).json()["access_token"]
    said = claims(token)
    assert said["sub"] == "00000000-0000-0000-0000-000000000001"
    assert said["email"] == "admin@acme.test"
    assert said["prt_id"] == registry.default.organization_key
    assert said["tenant_id"] == registry.default.key
    assert said["iss"] == "http://testserver/identity_"
    assert identify(f"bearer {token}", registry.default, registry, registry.settings).user_id == 1


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({**ASKED, "client_id": "x", "client_secret": "x"}, "invalid_client"),
        (ASKED, "invalid_client"),
        ({**ASKED, **CLIENT, "scope": "OR.Nonsense"}, "invalid_scope"),
        ({**ASKED, **CLIENT, "scope": "nonsense"}, "invalid_scope"),
        ({"grant_type": "password", "username": "admin", "password": "x"}, "invalid_grant"),
        ({"grant_type": "password", "username": "gone", "password": "secret"}, "invalid_grant"),
        ({"grant_type": "password"}, "invalid_grant"),
        ({"grant_type": "password", "username": "a\0b", "password": "x"}, "invalid_grant"),
        ({**ASKED, "client_id": "\0", "client_secret": "x"}, "invalid_client"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({}, "invalid_request"),
    ],
)  # fmt: skip
def test_refusals(client: TestClient, form: dict[str, str], error: str) -> None:
    answer = client.post(TOKEN, data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&&&=", b"a" * 70_000, b"{}"])
def test_bodies_that_are_no_form(client: TestClient, body: bytes) -> None:
    assert client.post(TOKEN, content=body).status_code == 400


def test_an_application_gets_no_more_than_it_is_registered_for(
    client: TestClient, registry: Registry
) -> None:
    registry.own(Applications).register("small", "s", scopes=["OR.Jobs.Read"])
    small = {"client_id": "small", "client_secret": "s"}
    assert ask(client, **small).json()["scope"] == "OR.Jobs.Read"
    assert ask(client, **small, scope="OR.Jobs").json() == {"error": "invalid_scope"}


@pytest.mark.skipif(
    not os.environ.get("CONCERTMASTER_TEST_DATABASE_URL"), reason="one process serves a folder"
)
def test_an_application_that_another_replica_registers_stays_as_it_is(
    client: TestClient, registry: Registry
) -> None:
    known = registry.own(Applications)
    with in_the_way(registry._engine) as other:
        row = {"id": "both", "name": "both", "secret": hash_password("the other's")}
        other.execute(sa.insert(CLIENTS).values(row))
        with waiting(registry._engine, lambda: known.register("both", "mine")) as registered:
            other.commit()
    registered.result()
    form = {"grant_type": "client_credentials", "client_id": "both"}
    assert ask(client, **form, client_secret="the other's").status_code == 200
    assert ask(client, **form, client_secret="mine").status_code == 400


def test_discovery_leads_to_the_key(client: TestClient) -> None:
    for prefix in ("identity_", "identity"):
        document = client.get(f"/{prefix}/.well-known/openid-configuration").json()
        assert document["issuer"] == f"http://testserver/{prefix}"
        assert document["token_endpoint"] == f"http://testserver/{prefix}/connect/token"
        keys = client.get(document["jwks_uri"]).json()["keys"]
        token = ask(client, **CLIENT).json()["access_token"]
        key = jwt.PyJWK(keys[0])
        assert jwt.get_unverified_header(token)["kid"] == keys[0]["kid"]
        assert jwt.decode(token, key, ["RS256"], audience="UiPath.Orchestrator")


@pytest.mark.parametrize(
    "body",
    [
        {"tenancyName": "Default", "usernameOrEmailAddress": "admin", "password": "concertmaster"},
        {
            "TenancyName": "default",
            "UsernameOrEmailAddress": "ADMIN@acme.test",
            "Password": "concertmaster",
        },
        {"usernameoremailaddress": "admin", "password": "concertmaster", "organizationUnit": "1"},
    ],
)
def test_authenticate(client: TestClient, registry: Registry, body: dict[str, str]) -> None:
    answer = client.post("/api/Account/Authenticate", json=body).json()
    assert answer["success"] is True
    assert answer["__abp"] is True
    assert answer["error"] is None
    bearer = f"BEARER {answer['result']}"
    assert identify(bearer, registry.default, registry, registry.settings).name == "admin"


@pytest.mark.parametrize(
    "body",
    [
        {"usernameOrEmailAddress": "admin", "password": "wrong"},
        {"usernameOrEmailAddress": "nobody", "password": "concertmaster"},
        {"usernameOrEmailAddress": "gone", "password": "secret"},
        {"tenancyName": "nowhere", "usernameOrEmailAddress": "admin", "password": "concertmaster"},
        {"usernameOrEmailAddress": 1, "password": ["x"]},
        {"usernameOrEmailAddress": "admin", "password": "\ud800"},
        {"usernameOrEmailAddress": "a\x00b", "password": "x"},
        {"usernameOrEmailAddress": "\ud800", "password": "x"},
        {},
    ],
)
def test_wrong_credentials(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/Account/Authenticate", content=json.dumps(body))
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "Invalid credentials, failed to login.",
        "errorCode": 1000,
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"x"', b"[" * 60_000, b"\xff"])
def test_bodies_that_are_no_object(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/Account/Authenticate", content=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)


def test_signing_in_is_noted_and_forgets_no_callers(client: TestClient, registry: Registry) -> None:
    before = registry.default.own(AccessCache).user(1)
    body = {"usernameOrEmailAddress": "admin", "password": "concertmaster"}
    client.post("/api/Account/Authenticate", json=body)
    assert registry.default.own(AccessCache).user(1) is before
    with registry.default.connect() as connection:
        seen = connection.exec_driver_sql("SELECT last_login_time FROM users WHERE id = 1").scalar()
    assert seen is not None
    assert len(seen) == 28
