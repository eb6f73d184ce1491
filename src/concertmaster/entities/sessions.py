"""Sessions: which robots are connected, where, and what they are doing."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity, link
from concertmaster.entities._structures import UpdateInfo
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.jobs import Job
    from concertmaster.entities.machines import Machine
    from concertmaster.entities.robots import Robot


class SessionState(IntEnum):
    """What a robot last said it is doing. All documented."""

    Available = 0
    Busy = 1
    Disconnected = 2
    Unknown = 3


class LicenseErrorCode(IntEnum):
    """Why a robot was given no licence."""

    NoLicense = 0
    LicenseExpired = 1
    LicenseUnregistered = 2
    NoAvailableLicenses = 3
    NotEnoughAvailableSlots = 4
    NotEnoughRuntimeLicenses = 5
    LicenseIsAlreadyInUse = 6
    InvalidRequest = 7
    SlotsExceedLicenseLimit = 8
    RuntimeDisabled = 9
    ExternalNotSupported = 10
    UsageExceedsLicenseLimit = 11
    LicenseNotCompatible = 12


class RobotSessionType(IntEnum):
    """Whether a session ends with its job."""

    LongLived = 0
    Ephemeral = 1


class SessionSource(IntEnum):
    """The program that opened a session."""

    Assistant = 0
    StudioWeb = 1
    StudioDesktop = 2


class Platform(IntEnum):
    """The operating system of a host."""

    Unknown = 0
    Windows = 1
    Linux = 2
    OSX = 3


class MaintenanceMode(IntEnum):
    """Whether a host takes jobs."""

    Default = 0
    Enabled = 1


class Session(
    Entity, entity_set="Sessions", permission="Robots", scope="OR.Robots", folder="optional"
):
    """A robot's connection: its state and its last sign of life."""

    host_machine_name: Mapped[str | None]
    machine_id: Mapped[Int64 | None] = prop(link("machines.id"), index=True)
    machine_name: Mapped[str | None]
    state: Mapped[SessionState]
    reporting_time: Mapped[Instant | None]
    info: Mapped[str | None]
    is_unresponsive: Mapped[bool] = prop(default=False)
    license_error_code: Mapped[LicenseErrorCode | None]
    organization_unit_id: Mapped[Int64 | None] = prop(ForeignKey("folders.id"), index=True)
    folder_name: Mapped[str | None]
    robot_session_type: Mapped[RobotSessionType | None]
    version: Mapped[str | None]
    source: Mapped[SessionSource | None]
    debug_mode_expiration_date: Mapped[Instant | None]
    installation_id: Mapped[Guid | None]
    platform: Mapped[Platform | None]
    endpoint_detection: Mapped[str | None]
    id: Mapped[Key]

    update_info: Mapped[Json | None] = prop(complex=UpdateInfo)

    robot_id: Mapped[int | None] = prop(ForeignKey("robots.id", ondelete="CASCADE"), hidden=True)
    # The job that the robot was given and has not yet been heard to be done with.
    job_id: Mapped[int | None] = prop(link("jobs.id"), hidden=True, index=True)
    # Who the robot says it is; without it no robot stands behind the session.
    service_user_name: Mapped[str | None] = prop(hidden=True)
    # A robot of ours: always there, it runs jobs whose outcome is `after`.
    simulated: Mapped[bool] = prop(default=False, server_default=false(), hidden=True)
    maintenance_mode: Mapped[MaintenanceMode] = prop(default=MaintenanceMode.Default, hidden=True)
    capabilities: Mapped[str | None] = prop(hidden=True)  # "function/python,api"; None: not said

    robot: Mapped["Robot | None"] = relationship()
    machine: Mapped["Machine | None"] = relationship()
    job: Mapped["Job | None"] = relationship()

    __table_args__ = (Index(None, "robot_id"), Index(None, "state", "reporting_time"))
