"""`/_control/background`: whether things happen by themselves, and what will next."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from concertmaster.control.admission import Administrator
from concertmaster.edge.calls import CallRoute
from concertmaster.work.runner import Runner
from concertmaster.work.working import Working

router = APIRouter(route_class=CallRoute, prefix="/_control/background", tags=["Control"])


class BackgroundSetting(BaseModel):
    """Whether the background rests."""

    model_config = ConfigDict(extra="forbid")

    paused: bool


def shown(working: Working) -> dict[str, Any]:
    next_ones = [{"at": moment, "what": kind.name} for moment, kind in sorted(
        working.due(), key=lambda one: one[0]
    )]  # fmt: skip
    return {"paused": working.tenant.clock.paused, "next": next_ones}


@router.get("", operation_id="control_background")
def read(call: Administrator, request: Request) -> dict[str, Any]:
    """Whether it rests, and when which kind of work falls due next."""
    runner: Runner = request.app.state.runner
    return shown(runner.working(call.tenant))


@router.put("", operation_id="control_set_background")
def pause(call: Administrator, request: Request, setting: BackgroundSetting) -> dict[str, Any]:
    """Pause or resume it. What falls due while it rests is done when it works again."""
    runner: Runner = request.app.state.runner
    call.tenant.clock.pause(setting.paused)
    call.tenant.bell.ring()
    return shown(runner.working(call.tenant))
