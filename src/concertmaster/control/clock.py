"""`/_control/clock`: what time it is for a tenant, and how fast it goes by."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from concertmaster.control.admission import Administrator
from concertmaster.domain import clock
from concertmaster.domain.errors import InvalidArgument
from concertmaster.edge.calls import CallRoute
from concertmaster.store import Tenant
from concertmaster.work.advancing import advance as advance_to
from concertmaster.work.runner import Runner

router = APIRouter(route_class=CallRoute, prefix="/_control/clock", tags=["Control"])


class ClockSetting(BaseModel):
    """What is not said stays as it is."""

    model_config = ConfigDict(extra="forbid")

    now: str | None = None  #: ISO 8601; without an offset it is UTC
    frozen: bool | None = None
    scale: Annotated[float | None, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = None


class Advance(BaseModel):
    """How far: by a span, or to a moment."""

    model_config = ConfigDict(extra="forbid")

    by: timedelta | None = None  #: ISO 8601 (`PT2H`, `P30D`)
    to: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Advance":
        if (self.by is None) == (self.to is None):
            raise ValueError("either 'by' or 'to' is expected")
        return self

    def moment(self, now: str) -> str:
        if self.by is not None:
            return clock.add(now, self.by)
        return clock.parse(self.to or "")


def shown(tenant: Tenant) -> dict[str, Any]:
    time = tenant.clock
    return {"now": time.now(), "frozen": time.frozen, "scale": time.scale}


@router.get("", operation_id="control_clock")
def read(call: Administrator) -> dict[str, Any]:
    """The tenant's time (UTC), whether it stands, and its seconds in a second on the wall."""
    return shown(call.tenant)


@router.put("", operation_id="control_set_clock")
def set_clock(call: Administrator, setting: ClockSetting) -> dict[str, Any]:
    """Set, freeze, thaw or scale the time. Nothing runs: what fell due meanwhile is late."""
    moment = None if setting.now is None else clock.parse(setting.now)
    call.tenant.clock.set(moment, scale=setting.scale, frozen=setting.frozen)
    call.tenant.bell.ring()
    return shown(call.tenant)


@router.post("/advance", operation_id="control_advance_clock")
def advance(call: Administrator, request: Request, asked: Advance) -> dict[str, Any]:
    """Move ahead, doing all that falls due on the way at its moment; answers what was done."""
    runner: Runner = request.app.state.runner
    to = asked.moment(call.tenant.clock.now())
    if asked.by is not None and asked.by < timedelta(0):
        raise InvalidArgument("The clock cannot be advanced by a negative span; set it instead.")
    fired = advance_to(runner.working(call.tenant), to)
    return {
        "now": call.tenant.clock.now(),
        "fired": [{"at": one.at, "what": one.what, "id": one.id} for one in fired],
    }
