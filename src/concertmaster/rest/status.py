"""Whether the service is up, and which version it is; whether another host can be reached."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from concertmaster import __version__
from concertmaster.domain import webhooks
from concertmaster.domain.call import Call
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.work.posting import reach

router = APIRouter(route_class=CallRoute, tags=["Status"])


@router.get("/api/Status/Get")
def get() -> dict[str, str]:
    """Up: whoever reads this has been answered."""
    return {"status": "ok"}


@router.get("/api/Status/Version")
def version() -> dict[str, str]:
    """The version of the stand-in."""
    return {"version": __version__}


@router.get("/api/Status/VerifyHostAvailibility")  # spelt as the real product spells it
def verify_host(
    call: Annotated[Call, Depends(admit("Webhooks.Create or Webhooks.Edit", reads=True))],
    url: Annotated[str, Query()] = "",
) -> dict[str, Any]:
    """Whether the host of an address can be connected to, and proves who it is."""
    webhooks.check(url, [])
    found = reach(url, call.settings.webhook_timeout)
    return {
        "canConnect": found.connects,
        "hasBadSsl": found.bad_ssl,
        "connectionError": found.error,
    }
