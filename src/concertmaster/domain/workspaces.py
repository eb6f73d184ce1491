"""Personal workspaces: made for a user, looked into by administrators, turned into folders."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, folders
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.entities import (
    FeedType,
    Folder,
    FolderType,
    PermissionModel,
    Role,
    User,
    folder_machines,
)
from concertmaster.entities._enums import ProvisionType

#: The static role of whoever works in a workspace.
ROLE = "Personal Workspace Administrator"


def make(session: Session, user: User) -> Folder:
    """A workspace for a user who has none, in which the user may do everything."""
    folder = Folder(
        key=clock.new_guid(), display_name=_free_name(session, user), is_personal=True,
        folder_type=FolderType.Personal, feed_type=FeedType.PersonalWorkspace,
        provision_type=ProvisionType.Automatic, permission_model=PermissionModel.FineGrained,
    )  # fmt: skip
    folders.place(session, folder, None)
    session.add(folder)
    session.flush()
    _let_in(session, folder, user.id)
    user.personal_workspace_id = folder.id
    return folder


def _free_name(session: Session, user: User) -> str:
    wanted = name = f"{user.user_name[:100]}'s workspace".replace("/", "-")
    number = 1
    while folders.is_taken(session, name) is not None:
        number += 1
        name = f"{wanted} {number}"
    return name


def _let_in(session: Session, folder: Folder, user_id: int) -> None:
    role = session.scalar(sa.select(Role.id).where(Role.name == ROLE))
    folders.assign(session, folder.id, user_id, [role] if role is not None else [])


def owner(session: Session, folder_id: int) -> User:
    """Whose workspace a folder is. Raises ItemNotFound where it is nobody's."""
    owned = sa.select(User).where(User.personal_workspace_id == folder_id)
    found = session.scalars(owned).first()
    if found is None:
        raise ItemNotFound(entity="PersonalWorkspace")
    return found


# --- looking into others' -------------------------------------------------------------------


def explore(session: Session, folder_id: int, user_id: int | None) -> None:
    """Let a user work in somebody else's workspace. Doing so twice changes nothing."""
    whose = owner(session, folder_id)
    if user_id is None or whose.id == user_id:
        raise Conflict("Only another user can explore a personal workspace.")
    folder = session.get_one(Folder, folder_id)
    if user_id not in folder.exploring_user_ids:
        folder.exploring_user_ids = [*folder.exploring_user_ids, user_id]
        _let_in(session, folder, user_id)


def leave(session: Session, folder_id: int, user_id: int | None) -> None:
    """End that again."""
    owner(session, folder_id)
    folder = session.get_one(Folder, folder_id)
    if user_id is not None and user_id in folder.exploring_user_ids:
        folder.exploring_user_ids = [id_ for id_ in folder.exploring_user_ids if id_ != user_id]
        folders.remove_user(session, folder.id, user_id)


# --- becoming a folder ----------------------------------------------------------------------


def convert(session: Session, folder_id: int, name: str) -> Folder:
    """A workspace becomes a folder with a feed of its own; its owner may get a new one.

    Who worked in it goes on doing so, and its packages stay where they are.

    Raises:
        ItemNotFound: it is nobody's workspace.
        InvalidArgument, NameAlreadyUsed: a folder cannot be called so.
    """
    whose = owner(session, folder_id)
    folder = session.get_one(Folder, folder_id)
    before = folder.fully_qualified_name
    folder.display_name = name
    folders.place(session, folder, None)
    folder.is_personal, folder.folder_type = False, FolderType.Standard
    folder.feed_type, folder.exploring_user_ids = FeedType.FolderHierarchy, []
    whose.personal_workspace_id = None
    # The machine beside the user goes with the user, not with the folder.
    session.execute(sa.delete(folder_machines).where(folder_machines.c.folder_id == folder.id))
    session.flush()
    folders.follow(session, folder, before)
    return folder
