"""Folders: where everything that is worked with lives, and who may work there."""

from enum import IntEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import ProvisionType
from concertmaster.entities._kinds import Entity, UniqueKey
from concertmaster.odata.declare import HIDDEN, Guid, Int64, Json, Key, Mapped, prop


class FolderType(IntEnum):
    """What a folder is for."""

    Standard = 0
    Personal = 1
    Virtual = 2
    Solution = 3
    DebugSolution = 4


class PermissionModel(IntEnum):
    """Where roles are given: in the tenant (classic), or in each folder."""

    InheritFromTenant = 0
    FineGrained = 1


class FeedType(IntEnum):
    """Where the packages of a folder come from."""

    Undefined = 0
    Processes = 1
    Libraries = 2
    PersonalWorkspace = 3
    FolderHierarchy = 4


class Folder(
    Entity,
    entity_set="Folders",
    methods="GET POST PUT DELETE",
    permissions={
        "GET": "Units.View or SubFolders.View",
        "GET(key)": "",  # whoever is assigned to a folder may read it
        "POST": "Units.Create or SubFolders.Create",
        "PUT": "Units.Edit or SubFolders.Edit",
        "DELETE": "Units.Delete or SubFolders.Delete",
    },
    scope="OR.Folders",
):
    """A place for processes, queues, assets and jobs, with people and robots of its own."""

    key: Mapped[UniqueKey]
    display_name: Mapped[str] = prop(length=115, required=True)
    fully_qualified_name: Mapped[str] = prop(unique=True, computed=True)
    description: Mapped[str | None] = prop(length=500)
    folder_type: Mapped[FolderType] = prop(default=FolderType.Standard)
    is_personal: Mapped[bool] = prop(default=False, computed=True)
    # A classic folder is Manual and inherits; a modern one is Automatic and FineGrained.
    provision_type: Mapped[ProvisionType] = prop(default=ProvisionType.Automatic)
    permission_model: Mapped[PermissionModel] = prop(default=PermissionModel.FineGrained)
    parent_id: Mapped[Int64 | None] = prop(sa.ForeignKey("folders.id"), index=True)
    parent_key: Mapped[Guid | None] = prop(computed=True)
    feed_type: Mapped[FeedType] = prop(default=FeedType.Processes)
    id: Mapped[Key]

    # Who looks into a personal workspace that is not their own.
    exploring_user_ids: Mapped[Json] = prop(
        complex=int, collection=True, default=list, hidden=True, server_default="[]"
    )

    parent: Mapped["Folder | None"] = relationship(remote_side="Folder.id", info=HIDDEN)


#: Who is assigned to which folder. An assignment reaches the folders below.
folder_users = sa.Table(
    "folder_users",
    Entity.metadata,
    sa.Column("folder_id", sa.ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "user_id"),
)

#: With which roles. Only modern folders give roles of their own.
folder_user_roles = sa.Table(
    "folder_user_roles",
    Entity.metadata,
    sa.Column("folder_id", sa.BigInteger, primary_key=True),
    sa.Column("user_id", sa.BigInteger, primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    sa.ForeignKeyConstraint(
        ["folder_id", "user_id"],
        ["folder_users.folder_id", "folder_users.user_id"],
        ondelete="CASCADE",
    ),
)


class OrganizationUnit(Entity):
    """A folder as a user's assignments show it: by name."""

    __table__ = Folder.__table__
    __mapper_args__ = {"include_properties": ["id", "display_name"]}

    if TYPE_CHECKING:
        id: Mapped[Key]
        display_name: Mapped[str]
