"""Figures about a tenant as a whole, as its dashboard shows them (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from concertmaster.domain import statistics
from concertmaster.domain.call import Call
from concertmaster.edge.calls import CallRoute, admit

router = APIRouter(route_class=CallRoute, prefix="/api/Stats", tags=["Stats"])


def _reading(permission: str = "") -> Any:
    return Depends(admit(permission, scope="OR.Monitoring", folder="across", reads=True))


#: How far back; the description names no bounds.
Days = Annotated[int, Query(ge=0, le=3650)]

Titled = list[dict[str, Any]]


def _titled(counts: dict[str, int]) -> Titled:
    return [
        {"title": title, "count": count, "hasPermissions": True} for title, count in counts.items()
    ]


@router.get("/GetCountStats")
def get_count_stats(call: Annotated[Call, _reading()]) -> Titled:
    """How many processes, assets, queues and schedules the caller may see."""
    return [
        {"title": title, "count": count, "hasPermissions": seen}
        for title, count, seen in statistics.entities(call.session, call.caller)
    ]


@router.get("/GetJobsStats")
def get_jobs_stats(call: Annotated[Call, _reading("Jobs.View")]) -> Titled:
    """How many jobs were successful, faulted or canceled."""
    return _titled(statistics.jobs_by_end(call.session, call.across or ()))


@router.get("/GetSessionsStats")
def get_sessions_stats(call: Annotated[Call, _reading("Robots.View")]) -> Titled:
    """How many robots are available, busy, disconnected or unresponsive."""
    return _titled(statistics.sessions_by_state(call.session, call.across or ()))


@router.get("/GetLicenseStats")
def get_license_stats(call: Annotated[Call, _reading("License.View")], days: Days = 7) -> Titled:
    """How many robots of each kind were at work on each of the last days."""
    used = statistics.licenses_by_day(call.session, days, now=call.now)
    return [
        {"robotType": kind.name, "count": count, "timestamp": midnight}
        for kind, count, midnight in used
    ]


@router.get("/GetConsumptionLicenseStats")
def get_consumption_license_stats(
    call: Annotated[Call, _reading("License.View")], days: Days = 7
) -> Titled:
    """What was consumed of licences that are used up: there are none, so nothing was."""
    return []
