"""The tree of folders: names and paths, who works where, when a folder may go.

A path is made of display names; what lies below follows when one of them changes, and so do the
paths that stand in the answers of everything that lives there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import (
    Conflict,
    HasDependentItems,
    InvalidArgument,
    ItemNotFound,
    NameAlreadyUsed,
    NotAuthorized,
)
from concertmaster.entities import (
    Asset,
    Attachment,
    Bucket,
    Entity,
    Environment,
    Folder,
    Job,
    JobState,
    JobTrigger,
    Machine,
    PermissionModel,
    QueueDefinition,
    QueueItem,
    Release,
    Robot,
    RobotLog,
    Role,
    RoleType,
    User,
    folder_machines,
    folder_user_roles,
    folder_users,
)
from concertmaster.entities import (
    Session as RobotSession,
)
from concertmaster.odata.declare import same_name

#: What keeps a folder from being deleted, in the words of the refusal.
CONTENT: Mapping[str, Any] = {
    "folders": Folder.parent_id,
    "processes": Release.organization_unit_id,
    "queues": QueueDefinition.organization_unit_id,
    "assets": Asset.organization_unit_id,
    "robots": Robot.organization_unit_id,
    "environments": Environment.organization_unit_id,
    "buckets": Bucket.organization_unit_id,
}
#: What has passed in it, and goes with it.
HISTORY = (RobotLog, QueueItem, JobTrigger, Job, RobotSession, Attachment)

UNFINISHED = (
    JobState.Pending, JobState.Running, JobState.Stopping, JobState.Terminating,
    JobState.Suspended, JobState.Resumed,
)  # fmt: skip


def check_may(caller: Caller, verb: str, folder_id: int | None) -> None:
    """`Units.Edit` reaches every folder, `SubFolders.Edit` those in which it was given."""
    if caller.may(f"Units.{verb}"):
        return
    if folder_id is None or not caller.may(f"SubFolders.{verb}", folder_id):
        raise NotAuthorized


def find(session: Session, caller: Caller, folder_id: int | None) -> Folder:
    """A folder that the caller can enter."""
    found = session.get(Folder, folder_id) if folder_id in caller.folders else None
    if found is None:
        raise ItemNotFound(entity="Folder")
    return found


def place(session: Session, folder: Folder, parent: Folder | None) -> None:
    """Give a folder its path below a parent, which no sibling may have."""
    name = folder.display_name = folder.display_name.strip()
    if not name or "/" in name:
        raise InvalidArgument("The field DisplayName must not be empty, nor contain '/'.")
    if parent is not None and parent.permission_model == PermissionModel.InheritFromTenant:
        raise Conflict("A classic folder has no folders below it.")
    path = f"{parent.fully_qualified_name}/{name}" if parent else name
    other = is_taken(session, path)
    if other is not None and other != folder.id:
        raise NameAlreadyUsed(name=name)
    folder.parent_id = parent.id if parent else None
    folder.parent_key = parent.key if parent else None
    folder.fully_qualified_name = path


def is_taken(session: Session, path: str) -> int | None:
    """The folder that has this path, if one has."""
    taken = sa.select(Folder.id).where(same_name(Folder.fully_qualified_name, path))
    with session.no_autoflush:
        return session.scalar(taken)


def follow(session: Session, folder: Folder, old_path: str) -> None:
    """Take along what lies below a folder whose path has changed."""
    new_path = folder.fully_qualified_name
    if new_path == old_path:
        return
    _tell_content(session, folder)
    for child in session.scalars(sa.select(Folder).where(Folder.parent_id == folder.id)):
        before = child.fully_qualified_name
        child.fully_qualified_name = f"{new_path}/{child.display_name}"
        session.flush()
        follow(session, child, before)


def _tell_content(session: Session, folder: Folder) -> None:
    for mapper in Entity.registry.mappers:
        columns = mapper.columns
        if "organization_unit_fully_qualified_name" in columns:
            session.execute(
                sa.update(mapper.class_)
                .where(mapper.class_.organization_unit_id == folder.id)
                .values(organization_unit_fully_qualified_name=folder.fully_qualified_name)
            )


def check_empty(session: Session, folder: Folder) -> None:
    """Refuse to let a folder go while something lives in it, or runs."""
    for name, column in CONTENT.items():
        if session.scalar(sa.select(sa.literal(1)).where(column == folder.id).limit(1)):
            raise HasDependentItems(entity="Folder", dependents=name)
    busy = sa.select(sa.literal(1)).where(
        Job.organization_unit_id == folder.id, Job.state.in_(UNFINISHED)
    )
    if session.scalar(busy.limit(1)):
        raise HasDependentItems(entity="Folder", dependents="unfinished jobs")


def forget_history(session: Session, folder: Folder) -> None:
    for entity in HISTORY:
        session.execute(sa.delete(entity).where(entity.organization_unit_id == folder.id))


# --- people ---------------------------------------------------------------------------------


def assign_users(
    session: Session, caller: Caller, user_ids: Sequence[int], roles_of: Mapping[int, Sequence[int]]
) -> None:
    """Assign users to folders, each with exactly the roles given there."""
    _check_known(session, User, user_ids, "User")
    for folder_id, role_ids in roles_of.items():
        folder = find(session, caller, folder_id)
        check_may(caller, "Edit", folder_id)
        _check_roles(session, folder, role_ids)
        for user_id in user_ids:
            assign(session, folder_id, user_id, role_ids)


def assign(session: Session, folder_id: int, user_id: int, role_ids: Sequence[int]) -> None:
    """Assign a user to a folder, with exactly these roles there."""
    remove_user(session, folder_id, user_id)
    row = {"folder_id": folder_id, "user_id": user_id}
    session.execute(sa.insert(folder_users).values(**row))
    for role_id in dict.fromkeys(role_ids):
        session.execute(sa.insert(folder_user_roles).values(**row, role_id=role_id))


def _check_roles(session: Session, folder: Folder, role_ids: Sequence[int]) -> None:
    _check_known(session, Role, role_ids, "Role")
    if role_ids and folder.permission_model == PermissionModel.InheritFromTenant:
        raise Conflict("A classic folder takes its roles from the tenant.")
    tenant_role = sa.select(Role.name).where(Role.id.in_(role_ids), Role.type == RoleType.Tenant)
    if (name := session.scalar(tenant_role)) is not None:
        raise Conflict(f"The role {name} can be given in the tenant only.")


def _check_known(session: Session, entity: Any, ids: Sequence[int], name: str) -> None:
    known = set(session.scalars(sa.select(entity.id).where(entity.id.in_(ids))))
    missing = sorted(set(ids) - known)
    if missing:
        raise ItemNotFound(entity=name, resource_ids=missing)


def remove_user(session: Session, folder_id: int, user_id: int) -> bool:
    """End an assignment; whether there was one."""
    for table in (folder_user_roles, folder_users):
        gone = session.execute(
            sa.delete(table).where(table.c.folder_id == folder_id, table.c.user_id == user_id)
        )
    return bool(gone.rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Assigned:
    """A user of a folder: assigned to it, or to one above."""

    user: User
    folder_ids: list[int]  #: where the assignments are, the nearest first
    roles: list[tuple[Role, Folder]]  #: each with the folder that it was given in


def users_of(
    session: Session, caller: Caller, folder: Folder, *, inherited: bool
) -> list[Assigned]:
    """Who works in a folder, and with which roles, in order of name."""
    line = caller.tree.ancestry(folder.id) if inherited else [folder.id]
    folders = {f.id: f for f in session.scalars(sa.select(Folder).where(Folder.id.in_(line)))}
    where: dict[int, list[int]] = {}
    rows = sa.select(folder_users.c.user_id, folder_users.c.folder_id)
    for user_id, folder_id in session.execute(rows.where(folder_users.c.folder_id.in_(line))):
        where.setdefault(user_id, []).append(folder_id)
    roles: dict[int, list[tuple[Role, Folder]]] = {}
    given = (
        sa.select(folder_user_roles.c.user_id, folder_user_roles.c.folder_id, Role)
        .join(Role, Role.id == folder_user_roles.c.role_id)
        .where(folder_user_roles.c.folder_id.in_(line))
        .order_by(Role.id)
    )
    for user_id, folder_id, role in session.execute(given):
        roles.setdefault(user_id, []).append((role, folders[folder_id]))
    users = session.scalars(sa.select(User).where(User.id.in_(where)).order_by(User.user_name))
    return [
        Assigned(user, sorted(where[user.id], key=line.index), roles.get(user.id, []))
        for user in users
    ]


# --- machines -------------------------------------------------------------------------------


def change_machines(
    session: Session, folder_id: int, *, added: Iterable[int] = (), removed: Iterable[int] = ()
) -> None:
    """Which machines a folder may use."""
    added = list(dict.fromkeys(added))
    _check_known(session, Machine, added, "Machine")
    both = [*added, *removed]
    session.execute(
        sa.delete(folder_machines).where(
            folder_machines.c.folder_id == folder_id, folder_machines.c.machine_id.in_(both)
        )
    )
    for machine_id in added:
        row = {"folder_id": folder_id, "machine_id": machine_id}
        session.execute(sa.insert(folder_machines).values(**row))


# --- what a caller sees ---------------------------------------------------------------------


def visible(
    session: Session, caller: Caller, *, search: str = "", kinds: Sequence[Any] = ()
) -> list[Folder]:
    """The folders of a caller in order of path; of personal workspaces, only the caller's own."""
    own = sa.select(User.personal_workspace_id).where(User.id == caller.user_id)
    statement = sa.select(Folder).where(
        Folder.id.in_(caller.folders),
        sa.or_(sa.not_(Folder.is_personal), Folder.id.in_(own)),
    )
    if kinds:
        statement = statement.where(Folder.folder_type.in_(kinds))
    found = session.scalars(statement.order_by(Folder.fully_qualified_name))
    wanted = search.strip().lower()
    return [folder for folder in found if wanted in folder.display_name.lower()]


def members(folder: Folder) -> dict[str, Any]:
    """A folder in the names of the wire (FolderDto), for answers that are not of its set."""
    return {
        "Key": folder.key,
        "DisplayName": folder.display_name,
        "FullyQualifiedName": folder.fully_qualified_name,
        "Description": folder.description,
        "FolderType": folder.folder_type.name,
        "IsPersonal": folder.is_personal,
        "ProvisionType": folder.provision_type.name,
        "PermissionModel": folder.permission_model.name,
        "ParentId": folder.parent_id,
        "ParentKey": folder.parent_key,
        "FeedType": folder.feed_type.name,
        "Id": folder.id,
    }
