"""`/_control/background/triggers`: a trigger fired now, out of its turn."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from concertmaster.control.admission import Administrator
from concertmaster.domain import firing, reactions
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute
from concertmaster.entities import ProcessSchedule

router = APIRouter(route_class=CallRoute, prefix="/_control/background/triggers", tags=["Control"])


@router.post("/{schedule_id}/fire", operation_id="control_fire_trigger")
def fire(call: Administrator, schedule_id: Annotated[int, Path(ge=0, lt=2**63)]) -> dict[str, Any]:
    """Start the jobs of a trigger now, in whichever folder it is, even while it is off.

    Its next occurrence stays what it was. A trigger of a queue counts it, and starts the jobs
    that are missing: none, perhaps.
    """
    with call.tenant.session() as session:
        schedule = session.get(ProcessSchedule, schedule_id)
        if schedule is None:
            raise ItemNotFound(entity="ProcessSchedule", resource_ids=[schedule_id])
        started = firing.fire_now(session, schedule, now=call.now)
        shown = [{"id": job.id, "key": job.key} for job in started]
        reactions.commit(session, by=call.caller.user_id)
    return {"jobs": shown}
