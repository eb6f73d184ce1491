"""`/_control/tokens`: personal access tokens of the one who calls."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import NotAuthorized
from concertmaster.identity import personal_tokens
from concertmaster.identity.callers import identify
from concertmaster.identity.personal_tokens import PersonalToken

router = APIRouter(prefix="/_control/tokens", tags=["Control"])


class NewToken(BaseModel):
    """What a token shall be called and be good for; without scopes, for all of the caller's."""

    name: str = Field(min_length=1, max_length=128, pattern=r"^[^\x00]+$")
    scopes: list[Annotated[str, Field(pattern=r"^[A-Za-z][\w.]*$")]] | None = None
    expires_in: int | None = Field(None, alias="expiresIn", ge=1, le=315_360_000)


def person(request: Request) -> Caller:
    """The caller, who must be a user: applications and robots have no tokens of their own."""
    registry = request.app.state.registry
    authorization = request.headers.get("authorization")
    caller = identify(authorization, request.state.tenant, registry, registry.settings)
    if caller.user_id is None or caller.robot_id is not None:
        raise NotAuthorized
    return caller


Person = Annotated[Caller, Depends(person)]


@router.post("", status_code=201, operation_id="control_create_token")
def create(request: Request, asked: NewToken, caller: Person) -> dict[str, Any]:
    """Make a token; the answer is the only place where it is ever shown."""
    scopes = caller.scopes if asked.scopes is None else frozenset(asked.scopes)
    if scopes is not None and not all(caller.allows(scope) for scope in scopes):
        raise NotAuthorized  # a token never reaches further than the one that made it
    made, secret = personal_tokens.create(
        request.app.state.registry,
        caller.tenant,
        _user(caller),
        name=asked.name,
        scopes=scopes,
        lifetime=asked.expires_in,
    )
    return {**_shown(made), "token": secret}


@router.get("", operation_id="control_list_tokens")
def mine(request: Request, caller: Person) -> dict[str, Any]:
    """The caller's tokens, without what would sign in."""
    found = personal_tokens.mine(request.app.state.registry, caller.tenant, _user(caller))
    return {"value": [_shown(token) for token in found]}


@router.delete("/{token_id}", status_code=204, operation_id="control_revoke_token")
def revoke(request: Request, token_id: UUID, caller: Person) -> Response:
    """From now on the token signs nobody in."""
    personal_tokens.revoke(request.app.state.registry, caller.tenant, _user(caller), str(token_id))
    return Response(status_code=204)


def _user(caller: Caller) -> int:
    assert caller.user_id is not None  # person() saw to it
    return caller.user_id


def _shown(token: PersonalToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": None if token.scopes is None else sorted(token.scopes),
        "created": _written(token.created),
        "expires": None if token.expires is None else _written(token.expires),
    }


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
