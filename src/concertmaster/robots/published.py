"""`/api/robotsservice/GetProcesses`: what a robot may run, for the one that sits beside it."""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from concertmaster.domain.access_cache import AccessCache
from concertmaster.edge.calls import CallRoute
from concertmaster.entities import Release
from concertmaster.robots.reports import OfRobot
from concertmaster.robots.routes import Body, Robots

router = APIRouter(route_class=CallRoute, prefix="/api/robotsservice", tags=["RobotsService"])


@router.post("/GetProcesses")
def get_processes(robots: Robots, body: Body) -> list[dict[str, Any]]:
    """The processes of the folders in which a robot works."""
    key = OfRobot.read(body).robot_key
    caller = robots.tenant.own(AccessCache).robot(key.strip("{} ").lower())
    found = robots.session.scalars(
        sa.select(Release)
        .where(Release.organization_unit_id.in_(caller.folders))
        .order_by(Release.name, Release.id)
    )
    return [
        {
            "processName": one.name,
            "processDescription": one.description,
            "processKey": one.key,
            "packageId": one.process_key,
            "packageVersion": one.process_version,
            "inputArguments": one.input_arguments,
            "folderId": one.organization_unit_id,
            "folderName": (one.organization_unit_fully_qualified_name or "").rpartition("/")[2],
            "folderFullyQualifiedName": one.organization_unit_fully_qualified_name,
            "feedId": one.feed_id or robots.tenant.key,
        }
        for one in found
    ]
