"""The Authorization header: what is believed, and what is not."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import NotAuthenticated
from concertmaster.identity import personal_tokens
from concertmaster.identity.callers import identify
from concertmaster.identity.tokens import Tokens
from concertmaster.store import Registry, Tenant


def who(registry: Registry, authorization: str | None, tenant: Tenant | None = None) -> Caller:
    return identify(authorization, tenant or registry.default, registry, registry.settings)


def token(registry: Registry) -> str:
    return registry.own(Tokens).for_user(
        registry.default, user_id=1, user_key="k", user_name="admin", email=None
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_s_case_does_not_matter(registry: Registry, scheme: str) -> None:
    assert who(registry, f"{scheme} {token(registry)}").user_id == 1
    assert who(registry, f"{scheme}   fixed-token ").user_id == 1


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a.b.c", "Bearer rt_x",
        "UiRobot", "UiRobot nobody", "Bearer fixed-token-not", "Bearer \udcff", "fixed-token",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
    ],
)  # fmt: skip
def test_what_proves_nothing(registry: Registry, header: str | None) -> None:
    with pytest.raises(NotAuthenticated):
        who(registry, header)


def test_a_forged_token(registry: Registry) -> None:
    good = jwt.decode(token(registry), options={"verify_signature": False})
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {jwt.encode(good, other, 'RS256')}")
    head, _, signature = token(registry).split(".")
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {head}.e30.{signature}")


def test_a_token_ends(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    good = token(registry)
    assert who(registry, f"Bearer {good}").user_id == 1
    later = time.time() + registry.settings.token_lifetime + 1
    monkeypatch.setattr("concertmaster.identity.tokens.time.time", lambda: later)
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {good}")


def test_a_token_is_good_in_its_own_tenant(registry: Registry) -> None:
    other = registry.create("acme", "other")
    _, secret = personal_tokens.create(registry, registry.default, 1, name="mine")
    for credentials in (token(registry), secret):
        assert who(registry, f"Bearer {credentials}").tenant is registry.default
        with pytest.raises(NotAuthenticated):
            who(registry, f"Bearer {credentials}", other)


def test_applications_stay_in_their_organization(registry: Registry) -> None:
    abroad = registry.create("globex", "Default")
    issued = registry.own(Tokens).for_application(
        registry.default, client_id="concertmaster", scopes=frozenset({"OR.Jobs"})
    )
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {issued}", abroad)


def test_personal_tokens_over_http(client: TestClient, registry: Registry) -> None:
    headers = {"Authorization": f"Bearer {token(registry)}"}
    made = client.post(
        "/_control/tokens", json={"name": "ci", "scopes": ["OR.Jobs.Read"]}, headers=headers
    )
    assert made.status_code == 201
    secret = made.json()["token"]
    assert secret.startswith("rt_")
    caller = who(registry, f"Bearer {secret}")
    assert (caller.user_id, caller.scopes) == (1, {"OR.Jobs.Read"})

    listed = client.get("/_control/tokens", headers=headers).json()["value"]
    assert listed[-1]["name"] == "ci"
    assert not any("token" in entry for entry in listed)

    own = {"Authorization": f"Bearer {secret}"}
    wider = client.post("/_control/tokens", json={"name": "x", "scopes": ["OR.Jobs"]}, headers=own)
    assert wider.status_code == 403
    narrow = client.post("/_control/tokens", json={"name": "x"}, headers=own).json()
    assert narrow["scopes"] == ["OR.Jobs.Read"]

    gone = f"/_control/tokens/{made.json()['id']}"
    assert client.delete(gone, headers=headers).status_code == 204
    assert client.delete(gone, headers=headers).status_code == 404
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {secret}")


def test_personal_tokens_need_a_person(client: TestClient, registry: Registry) -> None:
    assert client.get("/_control/tokens").status_code == 401
    issued = registry.own(Tokens).for_application(
        registry.default, client_id="concertmaster", scopes=frozenset({"OR.Default"})
    )
    headers = {"Authorization": f"Bearer {issued}"}
    assert client.get("/_control/tokens", headers=headers).status_code == 403


def test_a_personal_token_ends(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = personal_tokens.create(registry, registry.default, 1, name="short", lifetime=60)
    assert who(registry, f"Bearer {secret}").user_id == 1
    later = time.time() + 61
    monkeypatch.setattr("concertmaster.identity.personal_tokens.time.time", lambda: later)
    with pytest.raises(NotAuthenticated):
        who(registry, f"Bearer {secret}")
