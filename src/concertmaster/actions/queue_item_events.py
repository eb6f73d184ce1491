"""What can be asked of the history of queue items."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain.call import Call
from concertmaster.entities import QueueItemEvent
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, select

ItemId = Annotated[int, Field(ge=0, le=2**63 - 1)]


@function(
    "QueueItemEvents", "GetQueueItemEventsHistory",
    permission="Queues.View and Transactions.View",
)  # fmt: skip
def get_queue_item_events_history(call: Call, queue_item_id: ItemId) -> Selection:
    """Everything that happened to an item."""
    return select(QueueItemEvent, QueueItemEvent.queue_item_id == queue_item_id)
