"""`/_control/faults`: failures on demand, of one tenant. See docs/howto/faults.md."""

from typing import Any

from fastapi import APIRouter, Response

from concertmaster.control.admission import Administrator
from concertmaster.domain.errors import InvalidRequest, ItemNotFound
from concertmaster.edge.calls import CallRoute
from concertmaster.faults.rules import Rule
from concertmaster.faults.standing import Fault, Faults
from concertmaster.journal.paths import nearest_set

router = APIRouter(route_class=CallRoute, prefix="/_control/faults", tags=["Control"])


# The handlers are coroutines: rules are counted on the event loop, and changed there too.


@router.get("", operation_id="control_list_faults")
async def standing(call: Administrator) -> dict[str, Any]:
    """The rules that stand, in order, with how often each matched and acted."""
    return {"value": [_shown(fault) for fault in call.tenant.own(Faults).standing]}


@router.post("", status_code=201, operation_id="control_add_fault")
async def add(call: Administrator, rule: Rule) -> dict[str, Any]:
    """Let requests fail from now on, until the rule is deleted or has acted its `times`."""
    if rule.entity_set and nearest_set(rule.entity_set, cutoff=1) is None:
        raise InvalidRequest(f"entitySet: there is no entity set '{rule.entity_set}'.")
    return {"id": call.tenant.own(Faults).add(rule).id}


@router.delete("", status_code=204, operation_id="control_clear_faults")
async def clear(call: Administrator) -> Response:
    """Take all rules away."""
    call.tenant.own(Faults).clear()
    return Response(status_code=204)


@router.delete("/{number}", status_code=204, operation_id="control_remove_fault")
async def remove(call: Administrator, number: int) -> Response:
    """Take one rule away."""
    if not call.tenant.own(Faults).remove(number):
        raise ItemNotFound(entity=f"Fault {number}")
    return Response(status_code=204)


def _shown(fault: Fault) -> dict[str, Any]:
    rule = fault.rule.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return {"id": fault.id, **rule, "matched": fault.matched, "fired": fault.fired}
