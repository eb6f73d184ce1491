"""Plain routes: a call for the handler, and its end in the thread that it ran in.

    router = APIRouter(route_class=CallRoute)

    @router.get("/api/Status/Version")
    def version(call: Annotated[Call, Depends(admit(reads=True))]) -> …

A handler runs in a worker thread. Were its transaction ended by the framework afterwards, the end
would have to wait for the event loop, which may itself wait for the transaction to end.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

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


@runtime_checkable
class Ends(Protocol):
    """What an endpoint may be given that has to be ended: a call, or something of its kind."""

    writes: bool

    def close(self, *, commit: bool) -> None: ...


def _closing(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(endpoint, CLOSES):
        return endpoint

    @functools.wraps(endpoint)
    def run(**words: Any) -> Any:
        with _ending(words):
            return endpoint(**words)

    @functools.wraps(endpoint)
    async def run_async(**words: Any) -> Any:
        with _ending(words):
            return await endpoint(**words)

    wrapped = run_async if inspect.iscoroutinefunction(endpoint) else run
    setattr(wrapped, CLOSES, True)
    return wrapped


@contextmanager
def _ending(given: Mapping[str, Any]) -> Iterator[None]:
    calls = [value for value in given.values() if isinstance(value, Ends)]
    try:
        yield
    except BaseException:
        for call in calls:
            call.close(commit=False)
        raise
    for call in calls:
        call.close(commit=call.writes)
