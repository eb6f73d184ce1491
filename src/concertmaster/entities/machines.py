"""Machines: the hosts, and the templates of hosts, that robots run on."""

from collections.abc import Mapping
from enum import IntEnum

import sqlalchemy as sa

from concertmaster.entities._enums import RobotType
from concertmaster.entities._kinds import Entity, UniqueKey
from concertmaster.entities._structures import Tag, UpdatePolicy
from concertmaster.odata.declare import Instant, Int64, Json, Key, Mapped, prop


class MachineType(IntEnum):
    """One host, or any host that connects with the template's key."""

    Standard = 0
    Template = 1


class MachineScope(IntEnum):
    """What a machine was made for."""

    Default = 0
    Shared = 1
    PersonalWorkspace = 2
    Cloud = 3
    Serverless = 4
    AutomationCloudRobot = 5
    ElasticRobot = 6
    ProcessOrchestration = 7
    AgentService = 8


class EndpointDetectionStatus(IntEnum):
    """Whether the hosts are watched by endpoint protection."""

    NotAvailable = 0
    Mixed = 1
    Enabled = 2


class AutomationType(IntEnum):
    """Which jobs a machine takes: those with a screen, those without, or both."""

    Any = 0
    Foreground = 1
    Background = 2


class MachineTargetFramework(IntEnum):
    """For which framework the packages that a machine runs may be compiled."""

    Any = 0
    Windows = 1
    Portable = 2


class ServerlessLicensingModel(IntEnum):
    """How serverless work is paid for."""

    RobotUnits = 0
    LicenseSlots = 1


MaintenanceStopStrategy = IntEnum("MaintenanceStopStrategy", {"None": 0, "Kill": 1})
MaintenanceStopStrategy.__doc__ = "What happens to running jobs when maintenance begins."


class MachinesRobotVersion:
    """How many robots of a machine have which version."""

    count: Int64
    version: str | None
    machine_id: Int64


class RobotUser:
    """A robot that is tied to a template."""

    user_name: str | None
    robot_id: Int64
    has_triggers: bool


class MaintenanceWindow:
    """When a machine takes no jobs."""

    enabled: bool
    job_stop_strategy: MaintenanceStopStrategy | None
    cron_expression: str | None
    timezone_id: str | None
    duration: int
    next_execution_time: Instant | None


class MachineVpnSettings:
    """The addresses of a cloud machine."""

    cidr: str | None


class Machine(
    Entity,
    entity_set="Machines",
    methods="GET POST PUT PATCH DELETE",
    permission="Machines",
    scope="OR.Machines",
):
    """A host for robots, with as many runtimes as it has slots."""

    license_key: Mapped[str | None] = prop(length=255, unique=True, computed=True)
    name: Mapped[str] = prop(length=450, required=True, unique=True)
    description: Mapped[str | None] = prop(length=500)
    type: Mapped[MachineType] = prop(default=MachineType.Standard)
    scope: Mapped[MachineScope] = prop(default=MachineScope.Default)
    non_production_slots: Mapped[int] = prop(default=0, minimum=0)
    unattended_slots: Mapped[int] = prop(default=0, minimum=0)
    headless_slots: Mapped[int] = prop(default=0, minimum=0)
    test_automation_slots: Mapped[int] = prop(default=0, minimum=0)
    hosting_slots: Mapped[int] = prop(default=0, minimum=0)
    app_test_slots: Mapped[int] = prop(default=0, minimum=0)
    performance_test_slots: Mapped[int] = prop(default=0, minimum=0)
    automation_cloud_slots: Mapped[int] = prop(default=0, minimum=0)
    automation_cloud_test_automation_slots: Mapped[int] = prop(default=0, minimum=0)
    key: Mapped[UniqueKey]
    endpoint_detection_status: Mapped[EndpointDetectionStatus] = prop(
        default=EndpointDetectionStatus.NotAvailable, computed=True
    )
    automation_type: Mapped[AutomationType] = prop(default=AutomationType.Any)
    target_framework: Mapped[MachineTargetFramework] = prop(default=MachineTargetFramework.Any)
    serverless_licensing_model: Mapped[ServerlessLicensingModel | None] = prop(computed=True)
    client_secret: Mapped[str | None] = prop(computed=True)
    id: Mapped[Key]

    robot_versions: Mapped[Json] = prop(
        complex=MachinesRobotVersion, collection=True, default=list, computed=True
    )
    robot_users: Mapped[Json] = prop(complex=RobotUser, collection=True, default=list)
    update_policy: Mapped[Json | None] = prop(complex=UpdatePolicy)
    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)
    maintenance_window: Mapped[Json | None] = prop(complex=MaintenanceWindow)
    vpn_settings: Mapped[Json | None] = prop(complex=MachineVpnSettings)


#: Kind of runtime → the slots of a machine for it, in the order in which they are taken.
SLOTS: Mapping[RobotType, str] = {
    RobotType.Unattended: "unattended_slots",
    RobotType.NonProduction: "non_production_slots",
    RobotType.Headless: "headless_slots",
    RobotType.TestAutomation: "test_automation_slots",
    RobotType.Hosting: "hosting_slots",
    RobotType.AppTest: "app_test_slots",
    RobotType.PerformanceTest: "performance_test_slots",
    RobotType.AutomationCloud: "automation_cloud_slots",
    RobotType.AutomationCloudTestAutomation: "automation_cloud_test_automation_slots",
}


class MachineSecret(Entity):
    """A secret that a machine signs in with, beside its licence key."""

    machine_id: Mapped[Int64] = prop(sa.ForeignKey("machines.id", ondelete="CASCADE"), index=True)
    creation_time: Mapped[Instant]
    id: Mapped[Key]

    secret_hash: Mapped[str] = prop(hidden=True)


#: Which machines a folder may use. An assignment does not reach the folders below.
folder_machines = sa.Table(
    "folder_machines",
    Entity.metadata,
    sa.Column("folder_id", sa.ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("machine_id", sa.ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "machine_id"),
)
