"""Feeds: where packages lie. The tenant has one; a workspace, or a folder, may have its own.

A feed of its own is named by its folder's key, the tenant's by the tenant's; in a row None stands
for the tenant's.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import ItemNotFound, NotAuthorized
from concertmaster.entities import FeedType, Folder

OWN = (FeedType.PersonalWorkspace, FeedType.FolderHierarchy)


def of_folder(session: Session, folder: Folder) -> str | None:
    """The feed of the folder, or of the nearest above that has one; None is the tenant's."""
    at: Folder | None = folder
    while at is not None:
        if at.feed_type in OWN:
            return at.key
        at = session.get(Folder, at.parent_id) if at.parent_id is not None else None
    return None


def folder_of(session: Session, feed: str | None) -> Folder | None:
    """The folder that a feed belongs to."""
    if feed is None:
        return None
    return session.scalars(sa.select(Folder).where(Folder.key == feed)).first()


def find(session: Session, caller: Caller, asked: str | None, permission: str) -> str | None:
    """The feed that a request names; without a name it is the tenant's.

    `permission` is the word after `Packages.`; a feed of a folder asks for `FolderPackages.` there.

    Raises:
        ItemNotFound: there is no such feed, or the caller cannot enter its folder.
        NotAuthorized: the caller may not do that there.
    """
    feed = (asked or "").strip("{} '").lower()
    if not feed or feed == caller.tenant.key:
        if not caller.may(f"Packages.{permission}"):
            raise NotAuthorized
        return None
    folder = folder_of(session, feed)
    if folder is None or folder.feed_type not in OWN or folder.id not in caller.folders:
        raise ItemNotFound(entity="Feed")
    if not folder.is_personal and not caller.may(f"FolderPackages.{permission}", folder.id):
        raise NotAuthorized
    return folder.key


def reachable(session: Session, caller: Caller) -> list[Folder]:
    """The folders with a feed of their own that the caller can enter."""
    inside = Folder.id.in_(caller.folders) & Folder.feed_type.in_(OWN)
    return list(session.scalars(sa.select(Folder).where(inside).order_by(Folder.id)))
