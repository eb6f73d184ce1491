"""The audit: what is told of who changed what.

What is audited is a table: an entity set has a component, an operation's name begins with a verb.
Queue items and logs have no component; they come by the thousand and have a history of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from concertmaster.domain.access import Caller
from concertmaster.entities import (
    AuditAction,
    AuditComponent,
    AuditUserType,
)

#: What a change to an entity set is a change of.
COMPONENTS: Mapping[str, AuditComponent] = {
    "Assets": AuditComponent.Assets,
    "Buckets": AuditComponent.Buckets,
    "Calendars": AuditComponent.Schedules,
    "CredentialStores": AuditComponent.CredentialStores,
    "Environments": AuditComponent.Environments,
    "Folders": AuditComponent.Folders,
    "HttpTriggers": AuditComponent.HttpTriggers,
    "Jobs": AuditComponent.Jobs,
    "Libraries": AuditComponent.Libraries,
    "Machines": AuditComponent.Machines,
    "OrganizationUnits": AuditComponent.Units,
    "PersonalWorkspaces": AuditComponent.PersonalWorkspaces,
    "Processes": AuditComponent.Packages,
    "ProcessSchedules": AuditComponent.Schedules,
    "QueueDefinitions": AuditComponent.Queues,
    "QueueItemComments": AuditComponent.Comments,
    "Releases": AuditComponent.Processes,
    "Robots": AuditComponent.Robots,
    "Roles": AuditComponent.Roles,
    "Settings": AuditComponent.Settings,
    "TaskCatalogs": AuditComponent.TaskCatalogs,
    "Tasks": AuditComponent.Tasks,
    "TestDataQueues": AuditComponent.TestDataQueues,
    "TestSets": AuditComponent.TestSets,
    "TestSetSchedules": AuditComponent.TestSetSchedules,
    "Users": AuditComponent.Users,
    "Webhooks": AuditComponent.Webhooks,
}

#: How names of operations begin, and what they do; the longer beginnings first. An operation that
#: begins otherwise changes nothing worth a line.
VERBS: Mapping[str, AuditAction] = {
    "StartJob": AuditAction.StartJob,
    "RestartJob": AuditAction.StartJob,
    "StopJob": AuditAction.StopJob,
    "ResumeJob": AuditAction.ResumeJob,
    "ChangePassword": AuditAction.ChangePassword,
    "Upload": AuditAction.Upload,
    "Assign": AuditAction.Assign,
    "Add": AuditAction.Associate,
    "Share": AuditAction.Associate,
    "Remove": AuditAction.Unassign,
    "Unassign": AuditAction.Unassign,
    "Toggle": AuditAction.Toggle,
    "SetEnabled": AuditAction.Toggle,
    "Activate": AuditAction.Activate,
    "Move": AuditAction.Move,
    "Import": AuditAction.Import,
    "Archive": AuditAction.Archive,
    "Create": AuditAction.Create,
    "Delete": AuditAction.Delete,
    "Edit": AuditAction.Update,
    "Update": AuditAction.Update,
    "Rollback": AuditAction.Update,
    "Set": AuditAction.Set,
    "Forward": AuditAction.Forward,
    "Complete": AuditAction.BulkComplete,
    "Save": AuditAction.Save,
}

#: How a line tells what was done, where it is not the action's own name.
_TOLD: Mapping[AuditAction, str] = {
    AuditAction.Create: "created",
    AuditAction.Update: "updated",
    AuditAction.Delete: "deleted",
    AuditAction.StartJob: "started",
    AuditAction.StopJob: "asked to stop",
    AuditAction.ResumeJob: "resumed",
    AuditAction.Upload: "uploaded",
    AuditAction.Assign: "assigned",
    AuditAction.Unassign: "removed something from",
    AuditAction.Associate: "added something to",
    AuditAction.Toggle: "switched",
    AuditAction.Move: "moved",
    AuditAction.Set: "set",
}

#: As many entities of one action have a line of their own.
MOST_ENTITIES = 100


@dataclass(frozen=True)
class Changed:
    """An entity that was changed, with what it was and what it became, as JSON objects."""

    id: int | None
    name: str | None
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)


def verb_of(operation: str) -> AuditAction | None:
    """What an operation does, by its name; None for one that is not audited."""
    return next((done for start, done in VERBS.items() if operation.startswith(start)), None)


def log_of(
    caller: Caller,
    *,
    set_name: str,
    kind: str,
    method: str,
    action: AuditAction,
    parameters: Mapping[str, Any],
    changed: Sequence[Changed],
    now: str,
) -> dict[str, Any]:
    """A line of the audit: `method` of a set was called, with these parameters, on these."""
    first = changed[0] if changed else Changed(None, None)
    told = _TOLD.get(action, action.name)
    return {
        "service_name": set_name,
        "method_name": method,
        "parameters": orjson.dumps(parameters, default=str).decode() if parameters else None,
        "execution_time": now,
        "action": int(action),
        "component": int(COMPONENTS[set_name]),
        "display_name": first.name,
        "entity_id": first.id,
        "operation_text": f"{caller.name} {told} {kind} {first.name or first.id or ''}".rstrip(),
        "user_name": caller.name,
        "user_type": int(_type_of(caller)),
        "external_client_id": caller.application,
        "user_id": caller.user_id,
        "user_is_deleted": False,
    }


def entities_of(
    number: int, kind: str, action: AuditAction, changed: Sequence[Changed]
) -> list[dict[str, Any]]:
    """The details of a line: a row for each entity, with old and new values."""
    return [
        {
            "audit_log_id": number,
            "custom_data": _custom(one),
            "entity_id": one.id,
            "entity_name": kind,
            "action": int(action),
        }
        for one in changed[:MOST_ENTITIES]
    ]


def _custom(changed: Changed) -> str:
    told = {}
    if changed.old:
        told["OldValues"] = changed.old
    if changed.new:
        told["NewValues"] = changed.new
    return orjson.dumps(told, default=str).decode()


def _type_of(caller: Caller) -> AuditUserType:
    if caller.robot_id is not None:
        return AuditUserType.Robot
    if caller.user_id is None:
        return AuditUserType.DirectoryExternalApplication
    return AuditUserType.User
