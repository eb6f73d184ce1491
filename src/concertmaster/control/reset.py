"""`/_control/reset`: a tenant as it was in the beginning, or as in another scenario or a snapshot.

Requests that are under way go on with the old data to their end; the background finishes its step.
Whatever begins after the answer finds the new data. Tokens stay good: keys of tenants and ids of
users are the scenario's.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator

from concertmaster.control.admission import Administrator
from concertmaster.control.replacing import replacing
from concertmaster.control.scenarios import Scenario, named
from concertmaster.control.snapshots import put_back
from concertmaster.domain.errors import InvalidArgument
from concertmaster.edge.calls import CallRoute
from concertmaster.scenarios import ScenarioError

router = APIRouter(route_class=CallRoute, prefix="/_control/reset", tags=["Control"])


class Reset(BaseModel):
    """What the tenant shall hold: without a word, its own scenario again, on real time."""

    model_config = ConfigDict(extra="forbid")

    scenario: Scenario | None = None
    snapshot: str | None = None

    @model_validator(mode="after")
    def _one_at_most(self) -> "Reset":
        if self.scenario is not None and self.snapshot is not None:
            raise ValueError("either 'scenario' or 'snapshot' is expected")
        return self


@router.post("", status_code=204, operation_id="control_reset")
def reset(
    call: Administrator, request: Request, asked: Annotated[Reset | None, Body()] = None
) -> Response:
    """Seed the tenant again."""
    asked = asked or Reset()
    if asked.snapshot is not None:
        put_back(call, request, asked.snapshot)
        return Response(status_code=204)
    scenario = named(asked.scenario, call.settings)
    with replacing(request, call.tenant) as registry:
        try:
            registry.reset(call.tenant, scenario)
        except ScenarioError as refused:
            raise InvalidArgument(f"{refused}.") from refused
    return Response(status_code=204)
