"""Which files belong to which job (not OData)."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from concertmaster.domain import files
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import Job

router = APIRouter(route_class=CallRoute, tags=["JobAttachments"])

Reading = Annotated[Call, Depends(admit("Jobs.View", scope="OR.Jobs", folder="across", reads=True))]
Writing = Annotated[Call, Depends(admit("Jobs.Edit", scope="OR.Jobs", folder="across"))]


class JobAttachment(BaseModel):
    """A file to make a job's (JobAttachmentDto)."""

    attachment_id: str = Field(alias="attachmentId")
    job_key: str = Field(alias="jobKey")
    category: str | None = None


@router.get("/api/JobAttachments/GetByJobKey")
def get_by_job_key(
    call: Reading, job_key: Annotated[str, Query(alias="jobKey")]
) -> list[dict[str, Any]]:
    """The files of a job."""
    return files.of_job(call.session, _job(call, job_key).key)


@router.post("/api/JobAttachments/Post", status_code=201)
def post(call: Writing, body: JobAttachment) -> dict[str, Any]:
    """Make a file a job's."""
    job, attachment = _job(call, body.job_key), files.find(call.session, body.attachment_id)
    row = files.attach(
        call.session, job, attachment, body.category, now=call.now, user_id=call.caller.user_id
    )
    return files.members(row, attachment.name)


def _job(call: Call, key: str) -> Job:
    """A job in one of the folders that the caller may work in."""
    same = sa.select(Job).where(
        Job.key == key.strip("{} ").lower(), Job.organization_unit_id.in_(call.across or ())
    )
    job = call.session.scalars(same).first()
    if job is None:
        raise ItemNotFound(entity="Job")
    return job
