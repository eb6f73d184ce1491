"""The answer of a fault: the body that Orchestrator has for its status, or one's own."""

import re
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from concertmaster.domain import errors
from concertmaster.edge.errors import answer, body_of, render
from concertmaster.edge.headers import ALWAYS
from concertmaster.faults.rules import Effect
from concertmaster.model import model

#: What a client is told when nothing else was said (seconds).
RETRY_AFTER = 1

#: Statuses that Orchestrator has an error of its own for.
_ERRORS: dict[int, type[errors.OrchestratorError]] = {
    400: errors.InvalidRequest,
    401: errors.NotAuthenticated,
    403: errors.NotAuthorized,
    409: errors.Conflict,
    500: errors.OrchestratorError,
}


def answer_of(request: Request, effect: Effect) -> Response:
    """What is answered in place of the real answer, headers of the product included."""
    status = effect.code or HTTPStatus.UNAUTHORIZED  # of a token that is made to expire
    if "body" in effect.model_fields_set:
        made = _own(effect.body, status)
    else:
        made = error_of(request, status, effect.retry_after)
    seconds = effect.retry_after
    if seconds is None and status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = RETRY_AFTER
    if seconds is not None:
        made.headers["retry-after"] = str(seconds)
    made.raw_headers += ALWAYS
    return made


def error_of(request: Request, status: int, retry_after: int | None = None) -> Response:
    """Orchestrator's error of a status; one that it has no words for gets those of HTTP."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = RETRY_AFTER if retry_after is None else retry_after
        return render(request, errors.TooManyRequests(seconds=seconds))
    if status == HTTPStatus.NOT_FOUND:
        return render(request, errors.ItemNotFound(entity=_asked_for(request)))
    if status == HTTPStatus.NOT_IMPLEMENTED:
        return render(request, errors.OperationNotBuilt(operation=request.scope["path"]))
    if status in _ERRORS:
        return render(request, _ERRORS[status]())
    if status in (204, 205, 304):
        return Response(status_code=status)
    if status < 400:
        return answer(request, status, b"{}")
    return answer(request, status, body_of(request, _phrase(status), 0))


def _own(body: Any, status: int) -> Response:
    if isinstance(body, str):
        kind = "text/html" if body.lstrip().startswith("<") else "text/plain"
        return Response(body, status, media_type=kind)
    return Response(orjson.dumps(body), status, media_type="application/json")


def _asked_for(request: Request) -> str:
    """`/odata/Jobs(5)` → `Job`: what the sentence of a 404 is about."""
    path: str = request.scope["path"]
    first = re.split("[/(]", path.removeprefix("/odata").strip("/"), maxsplit=1)[0]
    entity_set = model().set(first)
    return entity_set.type.cls.__name__ if entity_set else first


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 524, which proxies answer
        return "An error has occurred."
