"""`/api/robotsservice`: robots connect, ask for work and report on it.

A robot proves itself by its machine's licence key (`X-ROBOT-LICENSE`); where a user stands behind
the call, by the user's token as well. Paths are taken in any letter case.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session

from concertmaster.domain import dispatch, reactions, sessions
from concertmaster.domain.access_cache import AccessCache
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidRequest
from concertmaster.domain.sessions import Host
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import Robot
from concertmaster.entities import Session as RobotSession
from concertmaster.identity.callers import identify
from concertmaster.robots.hosts import read_host
from concertmaster.robots.reports import BeginSession, Heartbeat, OfRobot, Report, ServiceUser
from concertmaster.store import Tenant

router = APIRouter(route_class=CallRoute, prefix="/api/robotsservice", tags=["RobotsService"])


# --- who speaks -----------------------------------------------------------------------------


async def body_of(request: Request) -> Any:
    """The JSON of a body; nothing is an empty object."""
    content = await request.body()
    if not content.strip():
        return {}
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidRequest("The request body is not valid JSON.") from None


Body = Annotated[Any, Depends(body_of)]


@dataclass
class Speaking:
    """A robot's call: in which tenant, from which host, when; ended by its route."""

    tenant: Tenant
    host: Host
    now: str
    session: Session
    writes: bool = True

    def close(self, *, commit: bool) -> None:
        with self.session:
            if commit:
                reactions.commit(self.session)

    def held(self) -> RobotSession:
        return sessions.heard(self.session, self.host, now=self.now)


def speaking(request: Request, body: Body) -> Speaking:
    named = ServiceUser.read(body).service_user_name if isinstance(body, dict) else None
    return _speaking(request, named)


def speaking_of_files(request: Request) -> Speaking:
    """The same where the body is no JSON."""
    return _speaking(request, None)


def _speaking(request: Request, service_user: str | None) -> Speaking:
    tenant: Tenant = request.state.tenant
    host = read_host({n.lower(): v for n, v in request.headers.items()}, service_user)
    return Speaking(tenant, host, tenant.clock.now(), tenant.session())


Robots = Annotated[Speaking, Depends(speaking)]
User = Annotated[Call, Depends(admit())]


# --- connecting -----------------------------------------------------------------------------


@router.get("/getsharedconnectiondata")
def get_shared_connection_data(call: User) -> dict[str, Any]:
    """The licence key with which the robot of the calling user connects."""
    return {"licenseKey": sessions.shared_machine(call.session, call.caller).license_key}


@router.post("/startservice")
def start_service(robots: Robots) -> dict[str, Any]:
    """A host's robot service is up."""
    sessions.start(robots.session, robots.host, now=robots.now)
    return {}


@router.post("/BeginSession")
def begin_session(request: Request, robots: Robots, body: Body) -> dict[str, Any]:
    """A robot goes to work; its key signs what it sends from now on.

    With a user's token it is that user's; without one, the one set up for the name given.
    """
    name = BeginSession.read(body).user_name
    authorization = request.headers.get("authorization")
    if authorization:
        registry = request.app.state.registry
        caller = identify(authorization, robots.tenant, registry, registry.settings)
        robot, _ = sessions.begin(robots.session, caller, robots.host, name, now=robots.now)
    else:
        host = replace(robots.host, user_name=name or robots.host.user_name)
        held = sessions.heard(robots.session, host, now=robots.now)
        robot = robots.session.get_one(Robot, held.robot_id)
    return {
        "robotKey": robot.robot_key,
        "robotName": robot.name,
        "robotType": int(robot.type),
        "userName": robot.username,
        "hasLicense": True,
        "isExternalLicensed": robot.is_external_licensed,
    }


@router.post("/EndSession")
def end_session(robots: Robots, body: Body) -> dict[str, Any]:
    """The robot ends its work."""
    key = OfRobot.read(body).robot_key
    sessions.end_of(robots.session, robots.host, key, now=robots.now)
    return {}


@router.post("/stopservice")
def stop_service(robots: Robots) -> dict[str, Any]:
    """A host's robot service goes down."""
    sessions.stop(robots.session, robots.host, now=robots.now)
    return {}


# --- working --------------------------------------------------------------------------------


@router.post("/Heartbeat")
@router.post("/heartbeatv2")
def heartbeat(robots: Robots, body: Body) -> dict[str, Any]:
    """A sign of life; the answer says what is to be done."""
    held = robots.held()
    _take(robots, held, Heartbeat.read(body).heartbeats or [])
    robot = robots.session.get_one(Robot, held.robot_id)
    caller = robots.tenant.own(AccessCache).robot(robot.robot_key or "")
    job = dispatch.give(robots.session, held, caller, now=robots.now)
    told = job and dispatch.command(robots.session, held, job, robots.tenant.key)
    return {
        "commands": [told] if told else [],
        "serviceSettingsStamp": "1",
        "isUnattended": robot.user_id is None,
        "isUnattendedLicensed": True,
    }


@router.post("/SubmitJobState")
def submit_job_state(robots: Robots, body: Body) -> dict[str, Any]:
    """How far the robot's jobs have come."""
    listed = body if isinstance(body, list) else [body]
    _take(robots, robots.held(), [Report.read(item) for item in listed])
    return {}


def _take(robots: Speaking, held: RobotSession, reports: list[Report]) -> None:
    for one in reports:
        if one.job_key:
            key = one.job_key.strip("{} ").lower()
            dispatch.report(
                robots.session, held, key, one.job_state, one.said(robots.now), now=robots.now
            )
