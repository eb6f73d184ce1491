"""`/_control/robots`: the keys that robots sign their calls with, which the API never shows.

A robot learns its key when it connects; whoever writes automations needs one on the desk
(`UIPATH_ROBOT_KEY` of the Python SDK).
"""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from concertmaster.control.admission import Administrator
from concertmaster.edge.calls import CallRoute
from concertmaster.entities import Robot

router = APIRouter(route_class=CallRoute, prefix="/_control/robots", tags=["Control"])


@router.get("", operation_id="control_list_robots")
def robots(call: Administrator) -> dict[str, Any]:
    """Every robot with its key, in order of id."""
    columns = sa.select(Robot.id, Robot.name, Robot.robot_key).order_by(Robot.id)
    found = call.session.execute(columns.where(Robot.robot_key.is_not(None)))
    return {"value": [{"id": row.id, "name": row.name, "robotKey": row.robot_key} for row in found]}
