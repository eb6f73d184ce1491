"""`/_control/journal`: what a tenant was asked, for assertions and for finding out why.

See docs/howto/journal.md.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from concertmaster.control.admission import Administrator
from concertmaster.edge.calls import CallRoute
from concertmaster.journal.entries import Asked, Journal

router = APIRouter(route_class=CallRoute, prefix="/_control/journal", tags=["Control"])

Asking = Annotated[Asked, Depends()]


@router.get("", operation_id="control_read_journal")
def read(
    call: Administrator, asked: Asking, limit: Annotated[int | None, Query(ge=0)] = None
) -> dict[str, Any]:
    """The requests that fit, oldest first; with `limit` the last so many of them."""
    found = list(call.tenant.own(Journal).find(asked))
    if limit is not None:
        found = found[len(found) - min(limit, len(found)) :]
    return {"value": [entry.shown() for entry in found]}


@router.get("/count", operation_id="control_count_journal")
def count(call: Administrator, asked: Asking) -> dict[str, int]:
    """How many requests fit."""
    return {"count": sum(1 for _ in call.tenant.own(Journal).find(asked))}


@router.get("/unbuilt", operation_id="control_list_unbuilt")
def unbuilt(call: Administrator) -> dict[str, Any]:
    """What was asked for and is not built, the most wanted first."""
    missed = list(call.tenant.own(Journal).missed.values())
    return {"value": [one.shown() for one in sorted(missed, key=lambda one: -one.count)]}


@router.delete("", status_code=204, operation_id="control_clear_journal")
def clear(call: Administrator) -> Response:
    """Forget all requests so far."""
    call.tenant.own(Journal).clear()
    return Response(status_code=204)
