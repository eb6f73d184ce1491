"""`/api/robotsservice`: what is too large for a report, and the state of a job laid aside."""

import io
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from concertmaster.domain import clock, files, suspension, uploads
from concertmaster.domain.errors import InvalidRequest, ItemNotFound, NotAuthorized
from concertmaster.edge.calls import CallRoute
from concertmaster.entities import Attachment, Job
from concertmaster.odata.routes import spool
from concertmaster.robots.reports import Suspension
from concertmaster.robots.routes import Speaking, speaking_of_files

router = APIRouter(route_class=CallRoute, prefix="/api/robotsservice", tags=["RobotsService"])

Robots = Annotated[Speaking, Depends(speaking_of_files)]
JobKey = Annotated[str, Query(alias="jobKey")]


@router.get("/GetInputFileAccess")
def get_input_file_access(request: Request, robots: Robots, job_key: JobKey) -> dict[str, Any]:
    """Where the robot fetches the input of its job."""
    job = _job_of(robots, job_key)
    attachment = robots.session.get(Attachment, job.input_file or "")
    if attachment is None:
        raise ItemNotFound(entity="File")
    return _access(request, attachment, "GET", job)


@router.get("/GetOutputFileAccess")
def get_output_file_access(
    request: Request,
    robots: Robots,
    job_key: JobKey,
    file_name: Annotated[str, Query(alias="fileName")] = "output.json",
) -> dict[str, Any]:
    """Where the robot sends the output of its job."""
    job = _job_of(robots, job_key)
    attachment = files.new(robots.session, file_name, job.organization_unit_id, now=robots.now)
    files.attach(robots.session, job, attachment, "Output", now=robots.now)
    return _access(request, attachment, "PUT", job)


@router.get("/GetPersistentJob")
def get_persistent_job(
    robots: Robots, persistence_id: Annotated[str, Query(alias="persistenceId")]
) -> Response:
    """The state that a job goes on from."""
    robots.held()
    state = suspension.state_of(robots.session, robots.tenant.files, persistence_id)
    return Response(state, media_type="application/octet-stream")


async def form_of(request: Request) -> AsyncIterator[list[uploads.Upload]]:
    kind = request.headers.get("content-type", "")
    with await spool(request.receive) as body, uploads.parts(body, kind) as found:
        yield found


Form = Annotated[list[uploads.Upload], Depends(form_of)]


@router.post("/SuspendPersistentJob")
def suspend_persistent_job(robots: Robots, form: Form) -> dict[str, Any]:
    """The robot lays its job aside; what is to be waited for comes with it."""
    parts = {part.field.lower(): part.content for part in form}
    try:
        told = Suspension.read(orjson.loads(parts["suspendjobdto"].read()))
    except (KeyError, orjson.JSONDecodeError):
        raise InvalidRequest("The part suspendJobDto is missing or no JSON.") from None
    suspension.suspend(
        robots.session, robots.tenant.files, robots.held(),
        told.job_id.strip("{} ").lower(), told.persistence_instance_id.strip("{} ").lower(),
        parts.get("file", io.BytesIO()), [one.wait() for one in told.resume_triggers or []],
        now=robots.now, info=told.job_info, sub_state=told.sub_state, error_code=told.error_code,
    )  # fmt: skip
    return {}


def _job_of(robots: Robots, key: str) -> Job:
    """A job that this robot was given. Raises NotAuthorized for any other."""
    same = sa.select(Job).where(Job.key == key.strip("{} ").lower())
    job = robots.session.scalars(same).first()
    if job is None or job.dispatched_to != robots.held().id:
        raise NotAuthorized
    return job


def _access(request: Request, attachment: Attachment, verb: str, job: Job) -> dict[str, Any]:
    """As this client writes it: names that begin small."""
    found = files.access(str(request.base_url) + files.path_of(attachment), verb)
    headers = found["Headers"]
    return {
        "id": attachment.id,
        "name": attachment.name,
        "jobKey": job.key,
        "blobFileAccess": {
            "uri": found["Uri"],
            "verb": verb,
            "requiresAuth": False,
            "headers": {"keys": headers["Keys"], "values": headers["Values"]},
        },
        "creationTime": attachment.creation_time or clock.instant(0),
    }
