"""Permissions: the single rights that roles grant."""

from enum import IntEnum

from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Key, Mapped, prop


class PermissionScope(IntEnum):
    """Where a permission can be used."""

    Global = 0
    Folder = 1
    GlobalOrFolder = 2


class Permission(Entity, entity_set="Permissions", permissions={"GET": ""}):
    """One right, such as `Jobs.View`: granted by a role, or without a role in the list of all."""

    name: Mapped[str] = prop(length=128)
    is_granted: Mapped[bool] = prop(default=False)
    role_id: Mapped[int | None] = prop(ForeignKey("roles.id", ondelete="CASCADE"))
    scope: Mapped[PermissionScope] = prop(default=PermissionScope.GlobalOrFolder)
    id: Mapped[Key]

    __table_args__ = (Index(None, "role_id", "name", unique=True),)
