"""What can be asked of queues as such, and what must hold when one is made or changed."""

from collections.abc import Mapping
from typing import Any

from concertmaster.domain import queue_schemas, queue_sharing, retention, sharing
from concertmaster.domain.call import Call
from concertmaster.domain.errors import (
    InvalidArgument,
    ItemNotFound,
    QueueParametersCannotChange,
)
from concertmaster.domain.queues import queue_in_folder, settled_changes
from concertmaster.entities import (
    QueueDefinition,
    QueueRetention,
    RetentionAction,
    RetentionType,
    queue_folders,
)
from concertmaster.model import NAMESPACE
from concertmaster.odata.declare import Guid, pascal
from concertmaster.odata.inserting import insert_all
from concertmaster.odata.operations import (
    Body,
    Id,
    Nothing,
    Payload,
    Rows,
    action,
    function,
    read_payload,
    replacement,
)
from concertmaster.odata.response import Response, file_response
from concertmaster.odata.selection import Extended
from concertmaster.odata.service import Complex, Selection, select
from concertmaster.odata.write import Change, hook


@function("QueueDefinitions", "GetQueuesAcrossFolders", permission="Queues.View", folder="across")
def get_queues_across_folders(call: Call, exclude_folder_id: Id | None = None) -> Selection:
    """The queues of all folders that the caller may see, but for one that is left out."""
    if exclude_folder_id is None:
        return select(QueueDefinition)
    return select(QueueDefinition, QueueDefinition.organization_unit_id != exclude_folder_id)


@function("QueueDefinitions", "GetByKey", permission="Queues.View", folder="across")
def get_by_key(call: Call, identifier: Guid) -> Selection:
    """The queue with this key, in whichever folder it is."""
    key = identifier.strip("{}").lower()
    missing = ItemNotFound(entity="QueueDefinition")
    return select(QueueDefinition, QueueDefinition.key == key, single=missing)


@function("QueueDefinitions", "GetQueue", permission="Queues.View")
def get_queue(call: Call, id: Id) -> Extended:
    """The queue with this id, and for how long it keeps its items."""
    queue = queue_in_folder(call.session, call.folder, id)
    return Extended(queue, retention.members(call.session, queue.id))


@function("QueueDefinitions", "ListQueues", permission="Queues.View")
def list_queues(call: Call) -> Selection:
    """The queues of the folder."""
    return select(QueueDefinition)


@function("QueueDefinitions", "GetFoldersForQueue", permission="Queues.View", folder="across")
def get_folders_for_queue(call: Call, id: Id) -> Complex:
    """The folders in which a queue can be seen: those that the caller can enter, and how many."""
    queue = call.session.get(QueueDefinition, id)
    if queue is None:
        raise ItemNotFound(entity="QueueDefinition")
    members = sharing.accessible(call.session, call.caller, queue, queue_folders)
    if not members["AccessibleFolders"]:
        raise ItemNotFound(entity="QueueDefinition")
    return Complex(f"{NAMESPACE}.AccessibleFoldersDto", members)


@action("QueueDefinitions", "ShareToFolders", permission="Queues.View")
def share_to_folders(
    call: Call,
    queue_ids: list[Id],
    to_add_folder_ids: list[Id] | None = None,
    to_remove_folder_ids: list[Id] | None = None,
) -> None:
    """Let queues be seen in other folders, and no longer in some."""
    queue_sharing.share(
        call.session, call.caller, call.folder, queue_ids,
        add=to_add_folder_ids or (), remove=to_remove_folder_ids or (),
    )  # fmt: skip


@function(
    "QueueDefinitions", "UiPathODataSvc.GetJsonSchemaDefinition", key=True,
    permission="Queues.Edit",
)  # fmt: skip
def get_json_schema_definition(call: Call, key: int, json_schema_type: str) -> Response:
    """A JSON schema of a queue as a file: SpecificData, OutputData or AnalyticsData."""
    queue = queue_in_folder(call.session, call.folder, key)
    name, text = queue_schemas.definition(queue, json_schema_type)
    return file_response(f"{queue.name}_{name}.json", text.encode(), "application/octet-stream")


# --- made and changed together with their retention ------------------------------------------


class QueueAndRetention(Payload):
    """What a queue is told of its retention, beside its own members."""

    id: Id | None = None
    retention_action: RetentionAction | None = None
    retention_period: int | None = None
    retention_bucket_id: Id | None = None
    stale_retention_action: RetentionAction | None = None
    stale_retention_period: int | None = None
    stale_retention_bucket_id: Id | None = None

    def keep(self, call: Call, queue: QueueDefinition) -> None:
        final = (self.retention_action, self.retention_period, self.retention_bucket_id)
        stale = (
            self.stale_retention_action, self.stale_retention_period,
            self.stale_retention_bucket_id,
        )  # fmt: skip
        for type_, told in (("Final", final), ("Stale", stale)):
            if told != (None, None, None):
                retention.amend(call.session, queue, RetentionType[type_], *told, now=call.now)


@action("QueueDefinitions", "CreateQueue", status=201, permission="Queues.Create")
def create_queue(call: Call, body: Body, rows: Rows) -> Extended:
    """Make a queue and say for how long it keeps its items; RetentionPeriod must be given."""
    payload = body.members()
    told = read_payload(QueueAndRetention, payload)
    if told.retention_period is None:
        raise InvalidArgument("Invalid argument 'Period'")
    queue = rows.create(QueueDefinition, _own_members(payload))
    told.keep(call, queue)
    return Extended(queue, retention.members(call.session, queue.id))


@replacement("QueueDefinitions", "EditQueue", permission="Queues.Edit")
@action("QueueDefinitions", "EditQueue", permission="Queues.Edit")
def edit_queue(call: Call, body: Body, rows: Rows) -> Nothing:
    """Change a queue, which the body names by its Id, and for how long it keeps its items."""
    payload = body.members()
    told = read_payload(QueueAndRetention, payload)
    queue = queue_in_folder(call.session, call.folder, told.id or 0)
    rows.replace(queue, _own_members(payload))
    told.keep(call, queue)
    return Nothing()


def _own_members(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if "retention" not in name.lower()}


# --- what must hold -------------------------------------------------------------------------


@hook("before_create", QueueDefinition)
def _before_create(call: Call, queue: QueueDefinition, change: Change) -> None:
    _check_schemas(change)
    if call.caller.tree.shared_queues([call.folder]):  # those at home are asked for anyway
        queue_sharing.check_free(call.connection, queue, queue.name, [call.folder])


@hook("created", QueueDefinition)
def _created(call: Call, queue: QueueDefinition, change: Change) -> None:
    insert_all(call.connection, QueueRetention, retention.of_new_queue(queue, now=call.now))


@hook("before_update", QueueDefinition)
def _before_update(call: Call, queue: QueueDefinition, change: Change) -> None:
    """The items of a queue rely on some of its parameters."""
    _check_schemas(change)
    if change.values.get("name"):
        folders = sharing.folders_of(call.session, queue, queue_folders)
        queue_sharing.check_free(call.connection, queue, change.values["name"], folders)
    for attribute in settled_changes(queue, change.values):
        raise QueueParametersCannotChange(field=pascal(attribute))


def _check_schemas(change: Change) -> None:
    for attribute in queue_schemas.SCHEMAS.values():
        text = change.values.get(attribute)
        if text:
            queue_schemas.check_definition(pascal(attribute), text)


@hook("before_delete", QueueDefinition)
def _before_delete(call: Call, queue: QueueDefinition) -> None:
    """In a folder of several, a queue leaves just that folder."""
    if queue_sharing.leave(call.session, call.caller, queue, call.folder):
        call.session.expunge(queue)
