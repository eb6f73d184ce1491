"""What can be asked of job triggers: those of one job, and what stands behind them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, jobs, suspension
from concertmaster.domain.call import Call
from concertmaster.entities import Job, JobTrigger
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, Values, select


@function("JobTriggers", "GetByJobKey", permission="Jobs.View")
def get_by_job_key(call: Call, job_key: Guid) -> Selection:
    """What a job waits for."""
    of_job = sa.select(Job.id).where(Job.key == job_key.strip("{}").lower())
    return select(JobTrigger, JobTrigger.job_id.in_(of_job))


@function("JobTriggers", "GetWithWaitEvents", permission="Jobs.View")
def get_with_wait_events(call: Call, job_id: int) -> Values:
    """What a job waits for, with what is known of it: its name, since when it is there."""
    (job,) = jobs.find_jobs(call.session, call.folder, [job_id])
    shown = [_shown(call.session, one) for one in suspension.triggers_of(call.session, job)]
    return Values(
        "Collection(UiPath.Server.Configuration.OData.JobTriggerWithWaitEventsDto)", shown
    )


def _shown(session: Session, trigger: JobTrigger) -> dict[str, Any]:
    item = suspension.waited_for(session, trigger)
    return {
        "Id": trigger.id,
        "JobId": trigger.job_id,
        "TriggerType": trigger.trigger_type.name,
        "Status": trigger.status.name,
        "ItemKey": trigger.item_key,
        "ItemId": trigger.item_id,
        "Timer": _short(trigger.timer),
        "TriggerMessage": trigger.trigger_message,
        "ItemName": item.name if item else None,
        "AssignedToUserId": None,  # tasks have somebody who is to do them
        "Name": None,
        "Surname": None,
        "UserName": None,
        "EmailAddress": None,
        "CreationTime": _short(item.created) if item else None,
        "ModifiedTime": _short(item.modified) if item else None,
    }


def _short(moment: str | None) -> str | None:
    return clock.short(moment) if moment else None
