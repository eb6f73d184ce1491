"""What can be asked of job triggers: those of one job."""

import sqlalchemy as sa

from concertmaster.domain.call import Call
from concertmaster.entities import Job, JobTrigger
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, select


@function("JobTriggers", "GetByJobKey", permission="Jobs.View")
def get_by_job_key(call: Call, job_key: Guid) -> Selection:
    """What a job waits for."""
    of_job = sa.select(Job.id).where(Job.key == job_key.strip("{}").lower())
    return select(JobTrigger, JobTrigger.job_id.in_(of_job))
