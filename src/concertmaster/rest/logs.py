"""What robots send of their logs: one line, or many at once (not OData)."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request

from concertmaster.domain import logs
from concertmaster.domain.access import resolve_folder
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidRequest
from concertmaster.edge.calls import CallRoute, admit

router = APIRouter(route_class=CallRoute, tags=["Logs"])


async def body_of(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(body_of)]
Writing = Annotated[Call, Depends(admit(logs.PERMISSION, scope="OR.Monitoring"))]


@router.post("/api/Logs")
def post(request: Request, call: Writing, body: Body) -> dict[str, Any]:
    """Keep one line."""
    line = _read(body)
    return _submit(request, call, None if line is None else [line])


@router.post("/api/Logs/SubmitLogs")
def submit_logs(request: Request, call: Writing, body: Body) -> dict[str, Any]:
    """Keep lines, each a JSON object or the text of one."""
    return _submit(request, call, _read(body))


def _read(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequest("The request body is not valid JSON.") from None


def _submit(request: Request, call: Call, lines: Any) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    folder_id = resolve_folder(call.caller, headers)
    logs.submit(call.session, call.caller, lines, folder_id=folder_id, now=call.now)
    return {}
