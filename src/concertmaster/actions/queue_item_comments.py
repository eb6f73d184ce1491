"""What can be asked of comments on queue items, and who may change them: their authors."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain.call import Call
from concertmaster.domain.errors import ErrorUpdating
from concertmaster.domain.queues import item_in_folder
from concertmaster.entities import QueueItemComment
from concertmaster.odata.operations import function
from concertmaster.odata.service import Selection, select
from concertmaster.odata.write import Change, hook

ItemId = Annotated[int, Field(ge=0, le=2**63 - 1)]


@function(
    "QueueItemComments", "GetQueueItemCommentsHistory",
    permission="Queues.View and Transactions.View",
)  # fmt: skip
def get_queue_item_comments_history(call: Call, queue_item_id: ItemId) -> Selection:
    """All comments on an item."""
    return select(QueueItemComment, QueueItemComment.queue_item_id == queue_item_id)


@hook("before_create", QueueItemComment)
def _before_create(call: Call, comment: QueueItemComment, change: Change) -> None:
    item_in_folder(call.session, call.folder, comment.queue_item_id)
    comment.user_id, comment.user_name = call.caller.user_id, call.caller.name


@hook("before_update", QueueItemComment)
def _before_update(call: Call, comment: QueueItemComment, change: Change) -> None:
    _only_the_author(call, comment)


@hook("before_delete", QueueItemComment)
def _before_delete(call: Call, comment: QueueItemComment) -> None:
    _only_the_author(call, comment)


def _only_the_author(call: Call, comment: QueueItemComment) -> None:
    caller = call.caller
    if (comment.user_id, comment.user_name) != (caller.user_id, caller.name):
        raise ErrorUpdating("Only its author can change a comment.")
