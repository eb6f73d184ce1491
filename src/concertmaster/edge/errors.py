"""What a failure looks like to a client: Orchestrator's body, whatever raised it.

    {"message": "QueueItem does not exist.", "errorCode": 1002, "traceId": "00-…-…-00", …}

Refusals at the door (401, 403) come in the envelope of the framework behind the real product,
which clients know by `unAuthorizedRequest`. (Observed bodies; see docs/reference/errors.)
"""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from sqlalchemy.exc import DataError, IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from concertmaster.domain import clock
from concertmaster.domain.errors import Conflict, InvalidRequest, OrchestratorError
from concertmaster.odata import errors as odata
from concertmaster.store.contention import gave_way

log = logging.getLogger("concertmaster")

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

#: Number of an engine's error; the first class that fits wins.
_NUMBERS: tuple[tuple[type[odata.ODataError], int], ...] = (
    (odata.InvalidQuery, 1000),
    (odata.InvalidPayload, 1009),
    (odata.BadRequest, 1000),
    (odata.NoSuchResource, 0),
    (odata.NotFound, 1002),
    (odata.Conflict, 1001),
    (odata.PreconditionFailed, 1020),
)


def trace_of(request: Request) -> str:
    """The caller's own trace id, if it sent one, so that its logs and ours meet."""
    for name in ("traceparent", "x-uipath-traceparent-id"):
        sent = request.headers.get(name, "")
        if _TRACEPARENT.fullmatch(sent):
            return sent
    return clock.new_trace()


def cause_of(scope: Scope) -> Exception | None:
    """What a request failed of, once it was answered."""
    found: Exception | None = scope["state"].get("cause")
    return found


def body_of(
    request: Request, message: str, number: int, *, resource_ids: Any = None, **more: Any
) -> bytes:
    return orjson.dumps(
        {
            "message": message,
            "errorCode": number,
            "traceId": trace_of(request),
            "resourceIds": resource_ids,
            **more,
        }
    )


def answer(
    request: Request, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(body, status, media_type="application/json", headers=headers)


def render(request: Request, error: Exception) -> Response:
    """Any exception → the answer that a client of Orchestrator expects."""
    request.scope.setdefault("state", {})["cause"] = error
    error = _of_the_database(error) or error
    if isinstance(error, OrchestratorError):
        if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return _at_the_door(request, error)
        body = body_of(request, error.message, error.number, resource_ids=error.resource_ids)
        return answer(request, error.status, body)
    if isinstance(error, odata.ODataError):
        return _from_engine(request, error)
    log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
    return answer(request, 500, body_of(request, "An error has occurred.", 0))


def _of_the_database(error: Exception) -> OrchestratorError | None:
    """What the database saw and checks could not, in our words."""
    if isinstance(error, IntegrityError):
        return Conflict("What exists already is in the way.")
    if gave_way(error):  # and did so again and again (`edge/again.py`)
        return Conflict("Others are changing the same data. Try again.")
    if isinstance(error, DataError | OverflowError):
        return InvalidRequest("A value is out of range.")
    return None


def _from_engine(request: Request, error: odata.ODataError) -> Response:
    number = next((n for kind, n in _NUMBERS if isinstance(error, kind)), 0)
    message = error.message
    if isinstance(error, odata.InvalidQuery):
        message = f"Invalid OData query options. {message}"
    elif isinstance(error, odata.Conflict):
        message = f"The name {error.details.get('value')} is already used."
    elif message.endswith("must not be null"):
        number = 0
    headers = {"allow": error.details["allow"]} if "allow" in error.details else None
    return answer(request, error.status, body_of(request, message, number), headers)


def _at_the_door(request: Request, error: OrchestratorError) -> Response:
    details = {
        HTTPStatus.UNAUTHORIZED: "You have to sign in for this operation.",
        HTTPStatus.FORBIDDEN: "You are not allowed to perform this operation.",
    }[error.status]
    envelope = {
        "result": None,
        "targetUrl": None,
        "success": False,
        "error": {
            "code": error.number,
            "message": error.message,
            "details": details,
            "validationErrors": None,
        },
        "unAuthorizedRequest": True,
        "__abp": True,
    }
    body = body_of(request, error.message, error.number, **envelope)
    challenge = {"www-authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return answer(request, error.status, body, challenge)
