"""Robots: who executes jobs."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import CredentialType, ProvisionType, RobotType
from concertmaster.entities._kinds import Entity, SetAt, SetBy, link
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.environments import Environment
    from concertmaster.entities.users import User


class HostingType(IntEnum):
    """Whether a robot is bound to one machine."""

    Standard = 0
    Floating = 1


class Robot(
    Entity,
    entity_set="Robots",
    methods="GET POST PUT PATCH DELETE",
    permission="Robots",
    scope="OR.Robots",
    folder="optional",
    type_name="RobotDto",
):
    """An executor of jobs, signed in to Windows under a name of its own."""

    license_key: Mapped[str | None] = prop(length=255, masked=True)
    machine_name: Mapped[str | None] = prop(length=450)
    machine_id: Mapped[Int64 | None] = prop(link("machines.id"), index=True)
    name: Mapped[str] = prop(length=19, required=True, unique=True)
    username: Mapped[str | None] = prop(length=100, index=True)
    external_name: Mapped[str | None] = prop(length=450)
    description: Mapped[str | None] = prop(length=500)
    version: Mapped[str | None] = prop(computed=True)  # until 2018; later a session's
    type: Mapped[RobotType] = prop(required=True)
    hosting_type: Mapped[HostingType] = prop(default=HostingType.Standard)
    provision_type: Mapped[ProvisionType] = prop(default=ProvisionType.Manual)
    password: Mapped[str | None] = prop(length=100, secret=True)
    credential_store_id: Mapped[Int64 | None]
    user_id: Mapped[Int64 | None] = prop(link("users.id"), index=True)
    enabled: Mapped[bool] = prop(default=True)
    credential_type: Mapped[CredentialType | None]
    robot_environments: Mapped[str] = prop(default="", computed=True)  # names, comma between
    is_external_licensed: Mapped[bool] = prop(default=False)
    limit_concurrent_execution: Mapped[bool] = prop(default=False)
    last_modification_time: Mapped[SetAt | None]
    last_modifier_user_id: Mapped[SetBy | None]
    creation_time: Mapped[SetAt | None]
    creator_user_id: Mapped[SetBy | None]
    id: Mapped[Key]

    execution_settings: Mapped[Json | None] = prop()

    # What it signs its calls with: `Authorization: UiRobot <robot key>`.
    robot_key: Mapped[Guid | None] = prop(hidden=True, unique=True)
    license_id: Mapped[int | None] = prop(link("robot_licenses.id"), hidden=True)
    # A robot of a classic folder lives in it; a modern one goes where its user goes.
    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )

    user: Mapped["User | None"] = relationship()
    license: Mapped["RobotLicense | None"] = relationship()
    environments: Mapped[list["Environment"]] = relationship(
        secondary="environment_robots", back_populates="robots"
    )


class RobotLicense(Entity):
    """The licence that a robot holds while it is connected."""

    robot_id: Mapped[Int64] = prop(computed=True)
    timestamp: Mapped[Instant | None] = prop(computed=True)
    id: Mapped[Key]
