"""What no route answers: a known operation that is not built (501), or nothing (404, 405)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from concertmaster.domain.errors import NotAuthenticated, OperationNotBuilt
from concertmaster.edge.errors import answer, body_of, render
from concertmaster.identity.callers import identify
from concertmaster.odata.errors import ODataError
from concertmaster.surface import find


def unanswered(request: Request, error: Exception) -> Response:
    """The answer where the router or the OData service found nothing."""
    known = find(request.method, request.scope["path"])
    if known is not None:
        tenant, registry = request.state.tenant, request.app.state.registry
        try:
            if not known.name.startswith("RobotsService"):  # robots prove themselves by licence key
                identify(request.headers.get("authorization"), tenant, registry, registry.settings)
        except NotAuthenticated as refused:
            return render(request, refused)
        return render(request, OperationNotBuilt(operation=known.name))
    if isinstance(error, ODataError):
        return render(request, error)
    request.scope["state"]["cause"] = error
    status = error.status_code if isinstance(error, HTTPException) else 404
    message = (
        "The requested resource was not found." if status == 404 else "The method is not allowed."
    )
    return answer(request, status, body_of(request, message, 0))
