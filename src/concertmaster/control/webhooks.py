"""`/_control/webhooks`: what was sent to whom and what came back, and how to send it once more."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from concertmaster.control.admission import Administrator
from concertmaster.domain import deliveries, reactions
from concertmaster.edge.calls import CallRoute

router = APIRouter(route_class=CallRoute, prefix="/_control/webhooks", tags=["Control"])


@router.get("/deliveries", operation_id="control_list_deliveries")
def list_deliveries(
    call: Administrator,
    webhook: Annotated[int | None, Query()] = None,
    status: Annotated[str | None, Query()] = None,
    type: Annotated[str | None, Query()] = None,
    before: Annotated[int | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Deliveries, the newest first, without what was sent; for administrators."""
    found = deliveries.listed(
        call.session, webhook_id=webhook, status=status, type_=type, before=before, limit=limit
    )
    return {"value": found}


@router.get("/deliveries/{number}", operation_id="control_get_delivery")
def get_delivery(call: Administrator, number: int) -> dict[str, Any]:
    """One delivery: the request with its body as it was signed, and the answer."""
    return deliveries.one(call.session, number)


@router.post("/deliveries/{number}/redeliver", status_code=202, operation_id="control_redeliver")
def redeliver(call: Administrator, number: int) -> dict[str, Any]:
    """Send a message once more, under its old event id; the number of the new delivery."""
    with call.tenant.session() as session:
        again = deliveries.redeliver(session, number, now=call.now)
        reactions.commit(session)
    return {"id": again}
