"""What can be asked of the figures of queues: how each stands, and how its last days went."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain import clock, queue_figures
from concertmaster.domain.call import Call
from concertmaster.entities import QueueProcessingRecord, QueueProcessingStatus
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, select

STATUSES = "Collection(UiPath.Core.Model.Queues.QueueProcessingStatus)"

#: An item in progress for longer will be abandoned, and does not count as being worked on.
STALE_AFTER = 86_400

Days = Annotated[int, Field(ge=0, le=36_500)]
QueueId = Annotated[int, Field(ge=0, le=2**63 - 1)]


@function(
    "QueueProcessingRecords", "UiPathODataSvc.RetrieveQueuesProcessingStatus",
    permission="Queues.View",
)  # fmt: skip
def retrieve_queues_processing_status(call: Call) -> Selection:
    """How the queues of the folder stand. Filtered by a queue's name or description only."""
    return select(
        QueueProcessingStatus,
        values={"stale_before": clock.add(call.now, -STALE_AFTER)},
        context=STATUSES,
    )


@function(
    "QueueProcessingRecords", "UiPathODataSvc.RetrieveLastDaysProcessingRecords",
    permission="Queues.View and Transactions.View",
)  # fmt: skip
def retrieve_last_days_processing_records(
    call: Call, days_no: Days, queue_definition_id: QueueId
) -> Selection:
    """What was done of a queue in the last days, hour by hour."""
    return select(
        QueueProcessingRecord,
        QueueProcessingRecord.queue_definition_id == queue_definition_id,
        queue_figures.since(call.now, days_no),
    )
