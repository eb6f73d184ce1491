"""Plain routes: a call for the handler, and its end in the thread that it ran in.

    router = APIRouter(route_class=CallRoute)

    @router.get("/api/Status/Version")
    def version(call: Annotated[Call, Depends(admit(reads=True))]) -> …

A handler runs in a worker thread. Were its transaction ended by the framework afterwards, the end
would have to wait for the event loop, which may itself wait for the transaction to end.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request

from concertmaster.domain.call import Call
from concertmaster.edge.admission import FolderRule, Need, enter, scopes_of


def admit(
    permission: str = "",
    *,
    scope: str | None = None,
    folder: FolderRule = None,
    reads: bool = False,
) -> Callable[[Request], Call]:
    """A FastAPI dependency: the call of an admitted request. For routes of class `CallRoute`."""
    need = Need(permission, scopes_of(scope, reading=reads), folder, writes=not reads)

    def admitted(request: Request) -> Call:
        root = str(request.base_url).rstrip("/")
        headers = {name.lower(): value for name, value in request.headers.items()}
        return enter(
            request.state.tenant, request.app.state.registry, headers, need, base_url=f"{root}/"
        )

    return admitted


#: On an endpoint that ends its call: a router that is included makes its routes once more.
CLOSES = "__closes_call__"


class CallRoute(APIRoute):
    """A route whose handler takes a call: committed when the handler ends well, else undone."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **words: Any) -> None:
        super().__init__(path, _closing(endpoint), **words)


def _closing(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    takes_call = "call" in inspect.signature(endpoint).parameters
    if not takes_call or hasattr(endpoint, CLOSES):
        return endpoint

    @functools.wraps(endpoint)
    def run(*arguments: Any, call: Call, **words: Any) -> Any:
        with _ending(call):
            return endpoint(*arguments, call=call, **words)

    @functools.wraps(endpoint)
    async def run_async(*arguments: Any, call: Call, **words: Any) -> Any:
        with _ending(call):
            return await endpoint(*arguments, call=call, **words)

    wrapped = run_async if inspect.iscoroutinefunction(endpoint) else run
    setattr(wrapped, CLOSES, True)
    return wrapped


@contextmanager
def _ending(call: Call) -> Iterator[None]:
    try:
        yield
    except BaseException:
        call.close(commit=False)
        raise
    call.close(commit=call.writes)
