"""What can be asked of folders: a place in the tree, people and machines in them."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import clock, folders
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable, ItemNotFound
from concertmaster.entities import (
    Asset,
    FeedType,
    Folder,
    Job,
    Machine,
    QueueDefinition,
    Release,
    Robot,
    folder_machines,
)
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import Id, Payload, action, function
from concertmaster.odata.request import Request
from concertmaster.odata.service import Complex, Selection, Values, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change, hook

NAMESPACE = "UiPath.Server.Configuration.OData"
VIEW = "Units.View or SubFolders.View"
EDIT = "Units.Edit or SubFolders.Edit"

#: How many one call may name.
Ids = Annotated[list[Id], Field(max_length=1000)]


# --- what must hold -------------------------------------------------------------------------


@hook("before_read", Folder)
def leave_workspaces_out(call: Call, target: Target, request: Request) -> list[Any]:
    """Personal workspaces are not in the list."""
    return [] if target.key else [sa.not_(Folder.is_personal)]


@hook("before_create", Folder)
def before_create(call: Call, folder: Folder, change: Change) -> None:
    parent = None
    if folder.parent_id is not None:
        parent = folders.find(call.session, call.caller, folder.parent_id)
    folders.check_may(call.caller, "Create", folder.parent_id)
    folder.key = clock.new_guid()
    folder.feed_type = FeedType.Processes  # whatever was sent
    folders.place(call.session, folder, parent)


@hook("before_update", Folder)
def before_update(call: Call, folder: Folder, change: Change) -> None:
    folders.check_may(call.caller, "Edit", folder.id)
    parent_id = change.values.setdefault("parent_id", folder.parent_id)
    model = change.values.get("permission_model", folder.permission_model)
    if parent_id != folder.parent_id:
        raise FieldNotEditable(field="ParentId")
    if model != folder.permission_model:
        raise FieldNotEditable(field="PermissionModel")
    change.values["feed_type"] = folder.feed_type


@hook("after_update", Folder)
def after_update(call: Call, folder: Folder, change: Change) -> None:
    old_path = folder.fully_qualified_name
    parent = call.session.get(Folder, folder.parent_id) if folder.parent_id else None
    folders.place(call.session, folder, parent)
    call.session.flush()
    folders.follow(call.session, folder, old_path)


@hook("before_delete", Folder)
def before_delete(call: Call, folder: Folder) -> None:
    folders.check_may(call.caller, "Delete", folder.id)
    folders.check_empty(call.session, folder)
    folders.forget_history(call.session, folder)


# --- people ---------------------------------------------------------------------------------


class FolderRoles(Payload):
    """The roles to be given in a folder (FolderRolesDto)."""

    folder_id: Id
    role_ids: Ids = []


class UserAssignments(Payload):
    """Who is to work where (UserAssignmentsDto)."""

    user_ids: Ids
    roles_per_folder: Annotated[list[FolderRoles], Field(max_length=1000)]


@action("Folders", "AssignUsers", permission=EDIT)
def assign_users(call: Call, assignments: UserAssignments) -> None:
    """Assign users to folders; the roles given replace those they had there."""
    roles = {given.folder_id: given.role_ids for given in assignments.roles_per_folder}
    folders.assign_users(call.session, call.caller, assignments.user_ids, roles)


@action("Folders", "RemoveUserFromFolder", key=True, permission=EDIT)
def remove_user_from_folder(call: Call, key: int, user_id: Id) -> None:
    """End the assignment of a user."""
    folder = folders.find(call.session, call.caller, key)
    folders.check_may(call.caller, "Edit", folder.id)
    if not folders.remove_user(call.session, folder.id, user_id):
        raise ItemNotFound(entity="User")


@function("Folders", "GetUsersForFolder", permission=f"{VIEW} or Assets.Create or Assets.Edit")
def get_users_for_folder(
    call: Call, key: Id, include_inherited: bool = False, include_alerts_enabled: bool = False
) -> Values:
    """Who works in a folder, with which roles."""
    folder = folders.find(call.session, call.caller, key)
    found = folders.users_of(call.session, call.caller, folder, inherited=include_inherited)
    items = [_user_roles(assigned, folder) for assigned in found]
    return Values(f"{NAMESPACE}.UserRolesDto", items)


def _user_roles(assigned: folders.Assigned, folder: Folder) -> dict[str, Any]:
    user = assigned.user
    entity = {
        "FullName": user.full_name,
        "AuthenticationSource": user.authentication_source,
        "UserName": user.user_name,
        "IsInherited": folder.id not in assigned.folder_ids,
        "AssignedToFolderIds": assigned.folder_ids,
        "MayHaveAttended": user.may_have_robot_session,
        "MayHaveUnattended": user.may_have_unattended_session,
        "Type": user.type.name,
        "Source": "Orchestrator",
        "Id": user.id,
    }
    roles = [
        {
            "Origin": "Assigned" if at.id == folder.id else "Inherited",
            "RoleType": role.type.name,
            "InheritedFromFolder": None if at.id == folder.id else _simple(at),
            "Name": role.name,
            "Id": role.id,
        }
        for role, at in assigned.roles
    ]
    return {"Id": user.id, "UserEntity": entity, "Roles": roles, "HasAlertsEnabled": False}


def _simple(folder: Folder) -> dict[str, Any]:
    return {
        "DisplayName": folder.display_name,
        "FullyQualifiedName": folder.fully_qualified_name,
        "Id": folder.id,
    }


# --- machines -------------------------------------------------------------------------------


class MachineAssignments(Payload):
    """Which machines which folders may use (MachineAssignmentsDto)."""

    machine_ids: Ids
    folder_ids: Ids


class MachineAssociations(Payload):
    """How the machines of a folder change (MachinesFolderAssociationsDto)."""

    folder_id: Id
    added_machine_ids: Ids | None = None
    removed_machine_ids: Ids | None = None


@action("Folders", "AssignMachines", permission=EDIT)
def assign_machines(call: Call, assignments: MachineAssignments) -> None:
    """Let folders use machines."""
    for folder_id in assignments.folder_ids:
        _change_machines(call, folder_id, added=assignments.machine_ids)


@action("Folders", "UpdateMachinesToFolderAssociations", permission=EDIT)
def update_machines_to_folder_associations(call: Call, associations: MachineAssociations) -> None:
    """Add machines to a folder and take others away."""
    _change_machines(
        call, associations.folder_id,
        added=associations.added_machine_ids, removed=associations.removed_machine_ids,
    )  # fmt: skip


@action("Folders", "RemoveMachinesFromFolder", key=True, permission=EDIT)
def remove_machines_from_folder(call: Call, key: int, machine_ids: Ids) -> None:
    """Take machines away from a folder."""
    _change_machines(call, key, removed=machine_ids)


def _change_machines(
    call: Call, folder_id: Id, *, added: list[int] | None = None, removed: list[int] | None = None
) -> None:
    folder = folders.find(call.session, call.caller, folder_id)
    folders.check_may(call.caller, "Edit", folder.id)
    folders.change_machines(call.session, folder.id, added=added or (), removed=removed or ())


@function("Folders", "GetMachinesForFolder", permission=VIEW)
def get_machines_for_folder(call: Call, key: Id) -> Values:
    """Every machine, and whether the folder may use it."""
    folder = folders.find(call.session, call.caller, key)
    used = set(
        call.session.scalars(
            sa.select(folder_machines.c.machine_id).where(folder_machines.c.folder_id == folder.id)
        )
    )
    machines = call.session.scalars(sa.select(Machine).order_by(Machine.id))
    return Values(f"{NAMESPACE}.MachineFolderDto", [_machine(m, m.id in used) for m in machines])


def _machine(machine: Machine, used: bool) -> dict[str, Any]:
    return {
        "Id": machine.id, "Key": machine.key, "Name": machine.name,
        "Description": machine.description, "Type": machine.type.name,
        "Scope": machine.scope.name, "NonProductionSlots": machine.non_production_slots,
        "UnattendedSlots": machine.unattended_slots, "HeadlessSlots": machine.headless_slots,
        "TestAutomationSlots": machine.test_automation_slots,
        "IsAssignedToFolder": used, "HasMachineRobots": False, "IsInherited": False,
        "PropagateToSubFolders": False, "InheritedFromFolderName": None,
    }  # fmt: skip


# --- look-ups -------------------------------------------------------------------------------


@function("Folders", "GetByKey", permission="")
def get_by_key(call: Call, identifier: Guid) -> Selection:
    """The folder with this key, for whoever can enter it."""
    key = identifier.strip("{} ").lower()
    return select(Folder, Folder.key == key, single=ItemNotFound(entity="Folder"))


#: What a summary counts.
COUNTED = (
    ("Processes", Release), ("Queues", QueueDefinition), ("Assets", Asset),
    ("Jobs", Job), ("Robots", Robot),
)  # fmt: skip


@function("Folders", "GetEntitiesSummary", permission=VIEW)
def get_entities_summary(call: Call, folder_id: Id) -> Complex:
    """How much there is in a folder."""
    folder = folders.find(call.session, call.caller, folder_id)
    counts = {
        f"{name}Count": call.session.scalar(
            sa.select(sa.func.count()).where(entity.organization_unit_id == folder.id)
        )
        for name, entity in COUNTED
    }
    return Complex(f"{NAMESPACE}.EntitiesSummaryDto", {"FolderId": folder.id, **counts})
