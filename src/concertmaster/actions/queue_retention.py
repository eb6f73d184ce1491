"""What can be asked of the retention of queues, and what must hold when it is changed."""

from typing import Any

from concertmaster.domain import retention
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidArgument
from concertmaster.domain.queues import queue_in_folder
from concertmaster.domain.retention import Policy
from concertmaster.entities import QueueRetention, RetentionType
from concertmaster.odata.operations import read_enum
from concertmaster.odata.request import Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change, hook


@hook("before_read", QueueRetention)
def _which(call: Call, target: Target, request: Request) -> list[Any]:
    """One of a queue's two policies: `retentionType`, or that of items that are done with."""
    asked = {name.lower(): value for name, value in request.options.custom.items()}
    if "retentiontype" in asked:
        try:
            return [QueueRetention.type == read_enum(RetentionType, asked["retentiontype"])]
        except ValueError as error:
            raise InvalidArgument(str(error)) from None
    return [QueueRetention.type == RetentionType["Final"]] if target.key else []


@hook("before_update", QueueRetention)
def _before_update(call: Call, found: QueueRetention, change: Change) -> None:
    """The policy that the body is of takes what it says."""
    given = change.values
    type_ = given.get("type") or RetentionType["Final"]
    queue = queue_in_folder(call.session, call.folder, found.queue_definition_id)
    wanted = Policy(given["action"], given.get("period") or 0, given.get("bucket_id"))
    policy = retention.set_policy(call.session, queue, type_, wanted, now=call.now)
    if policy is not found:
        call.session.expunge(found)
    given.update(type=found.type, bucket_id=policy.bucket_id)


@hook("before_delete", QueueRetention)
def _before_delete(call: Call, found: QueueRetention) -> None:
    """A policy does not go: both are again those of a new queue."""
    queue = queue_in_folder(call.session, call.folder, found.queue_definition_id)
    retention.set_defaults(call.session, queue, now=call.now)
    call.session.expunge(found)
