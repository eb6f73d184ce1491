"""Roles: named sets of permissions, given to users in the tenant or in a folder."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity, SmallKey
from concertmaster.odata.declare import Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.permissions import Permission


class RoleType(IntEnum):
    """Where a role may be given."""

    Mixed = 0
    Tenant = 1
    Folder = 2


class Role(
    Entity,
    entity_set="Roles",
    methods="GET POST PUT DELETE",
    permission="Roles",
    permissions={"GET": "Roles.View or Units.Edit or SubFolders.Edit", "GET(key)": "Roles.View"},
    scope="OR.Users",
):
    """What those who have the role may do."""

    name: Mapped[str] = prop(length=64, required=True, unique=True)
    display_name: Mapped[str | None] = prop(length=64)
    type: Mapped[RoleType] = prop(default=RoleType.Mixed)
    groups: Mapped[str | None]
    is_static: Mapped[bool] = prop(default=False, computed=True)  # ours: neither edited nor deleted
    is_editable: Mapped[bool] = prop(default=True, computed=True)
    id: Mapped[SmallKey]

    permissions: Mapped[list["Permission"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
