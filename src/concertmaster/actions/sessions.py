"""What can be asked of sessions: all there are, whatever the folder."""

import sqlalchemy as sa

from concertmaster.domain.call import Call
from concertmaster.entities import Robot, Session
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, select


@function(
    "Sessions", "GetGlobalSessions", folder="across",
    permission="Robots.View or Users.View or Machines.Create or Machines.Edit",
)  # fmt: skip
def get_global_sessions(call: Call) -> Selection:
    """Every session that the caller may see."""
    return select(Session)


@function("Sessions", "GetUserRobots", folder="across", permission="Robots.View or Users.View")
def get_user_robots(call: Call) -> Selection:
    """The sessions of the robots that belong to a user."""
    owned = sa.select(Robot.id).where(Robot.user_id.is_not(None))
    return select(Session, Session.robot_id.in_(owned))
