"""What can be asked of job triggers: those of one job, and what stands behind them."""

import sqlalchemy as sa

from concertmaster.domain import jobs, suspension
from concertmaster.domain.call import Call
from concertmaster.entities import Job, JobTrigger
from concertmaster.model import NAMESPACE
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import Id, function
from concertmaster.odata.service import Selection, Values, select


@function("JobTriggers", "GetByJobKey", permission="Jobs.View")
def get_by_job_key(call: Call, job_key: Guid) -> Selection:
    """What a job waits for."""
    of_job = sa.select(Job.id).where(Job.key == job_key.strip("{}").lower())
    return select(JobTrigger, JobTrigger.job_id.in_(of_job))


@function("JobTriggers", "GetWithWaitEvents", permission="Jobs.View")
def get_with_wait_events(call: Call, job_id: Id) -> Values:
    """What a job waits for, with the names of it."""
    (job,) = jobs.find_jobs(call.session, call.folder, [job_id])
    rows = suspension.awaited(call.session, job.id)
    return Values(f"{NAMESPACE}.JobTriggerWithWaitEventsDto", rows)
