"""What suspended jobs wait for comes in, and is read by them (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from concertmaster.domain import suspension
from concertmaster.domain.call import Call
from concertmaster.domain.errors import NotAuthorized
from concertmaster.edge.calls import CallRoute, admit

router = APIRouter(route_class=CallRoute, tags=["JobTriggers"])

Reading = Annotated[Call, Depends(admit(reads=True))]
Writing = Annotated[Call, Depends(admit("Jobs.Edit", scope="OR.Jobs", folder="across"))]


@router.post("/api/JobTriggers/DeliverPayload/{inbox_id}", status_code=202)
def deliver_payload(call: Writing, inbox_id: str, body: Annotated[Any, Body()] = None) -> Response:
    """Give a job what it waits for, and let it go on; 208 when it had that already."""
    payload = body.get("payload") if isinstance(body, dict) and "payload" in body else body
    came = suspension.deliver(call.session, inbox_id, payload, call.across or (), now=call.now)
    return Response(status_code=202 if came else 208)


@router.get("/api/JobTriggers/GetPayload/{inbox_id}")
def get_payload(call: Reading, inbox_id: str) -> dict[str, Any]:
    """What was delivered."""
    trigger, payload = suspension.payload(call.session, inbox_id)
    if trigger.organization_unit_id not in call.caller.folders:
        raise NotAuthorized
    return {"payload": payload}
