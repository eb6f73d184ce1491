"""What can be asked of queues as such, and what must hold when one is made or changed."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain import clock, queue_schemas
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound, QueueParametersCannotChange
from concertmaster.domain.queues import queue_in_folder, settled_changes
from concertmaster.entities import QueueDefinition
from concertmaster.odata.declare import Guid, pascal
from concertmaster.odata.operations import function
from concertmaster.odata.response import Response, file_response
from concertmaster.odata.service import Selection, select
from concertmaster.odata.write import Change, hook

Id = Annotated[int, Field(ge=0, le=2**63 - 1)]


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
def get_queue(call: Call, id: Id) -> Selection:
    """The queue with this id."""
    missing = ItemNotFound(entity="QueueDefinition")
    return select(QueueDefinition, QueueDefinition.id == id, single=missing)


@function(
    "QueueDefinitions", "UiPathODataSvc.GetJsonSchemaDefinition", key=True,
    permission="Queues.Edit",
)  # fmt: skip
def get_json_schema_definition(call: Call, key: int, json_schema_type: str) -> Response:
    """A JSON schema of a queue as a file: SpecificData, OutputData or AnalyticsData."""
    queue = queue_in_folder(call.session, call.folder, key)
    name, text = queue_schemas.definition(queue, json_schema_type)
    return file_response(f"{queue.name}_{name}.json", text.encode(), "application/octet-stream")


# --- what must hold -------------------------------------------------------------------------


@hook("before_create", QueueDefinition)
def _before_create(call: Call, queue: QueueDefinition, change: Change) -> None:
    _check_schemas(change)
    queue.key = clock.new_guid()
    queue.organization_unit_fully_qualified_name = call.caller.tree.by_id[call.folder].path


@hook("before_update", QueueDefinition)
def _before_update(call: Call, queue: QueueDefinition, change: Change) -> None:
    """The items of a queue rely on some of its parameters."""
    _check_schemas(change)
    for attribute in settled_changes(queue, change.values):
        raise QueueParametersCannotChange(field=pascal(attribute))


def _check_schemas(change: Change) -> None:
    for attribute in queue_schemas.SCHEMAS.values():
        text = change.values.get(attribute)
        if text:
            queue_schemas.check_definition(pascal(attribute), text)
