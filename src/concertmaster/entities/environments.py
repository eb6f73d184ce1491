"""Environments: groups of robots in a classic folder (until 2023)."""

from enum import IntEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.robots import Robot


class EnvironmentType(IntEnum):
    """What an environment is used for."""

    Dev = 0
    Test = 1
    Prod = 2


class Environment(
    Entity,
    entity_set="Environments",
    methods="GET POST PUT DELETE",
    permission="Environments",
    scope="OR.Robots",
    folder="required",
):
    """Robots that take the same jobs: a classic process runs on an environment."""

    name: Mapped[str] = prop(name_like=True, length=100, required=True)
    description: Mapped[str | None] = prop(length=500)
    type: Mapped[EnvironmentType] = prop(default=EnvironmentType.Dev)
    id: Mapped[Key]

    organization_unit_id: Mapped[int | None] = prop(
        sa.ForeignKey("folders.id"), hidden=True, index=True
    )

    robots: Mapped[list["Robot"]] = relationship(
        secondary="environment_robots", back_populates="environments"
    )

    __table_args__ = (sa.Index(None, "organization_unit_id", "name", unique=True),)


environment_robots = sa.Table(
    "environment_robots",
    Entity.metadata,
    sa.Column(
        "environment_id", sa.ForeignKey("environments.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("robot_id", sa.ForeignKey("robots.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "robot_id"),
)
