"""Audit logs: who changed what, and when."""

from enum import IntEnum

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Instant, Int64, Key, Mapped, prop

AuditAction = IntEnum(
    "AuditAction",
    "Unknown Create Update Delete StartJob StopJob Associate Upload ChangeStatus Import "
    "ChangePassword Register Toggle ResetPassword PasswordResetAttempt Download Acknowledge "
    "Activate Assign BulkUpload UpdateFeature ResumeJob Start End Skip Unassign Deactivate "
    "CreateBlobFileSas DeleteBlobFile Move Set StartDelete ExploreStart ExploreEnd Save Convert "
    "Forward BulkComplete BulkSave ForceStopJob MigrateFolder EditTaskMetadata Archive "
    "StartMigrateFolders ToggleUserFolderSubscription StartUninstall StartInstall VideoAccess "
    "AutomaticallyExploreEnd InstallState FinishInstall FinishUninstall",
    start=0,
)
AuditAction.__doc__ = "What was done. Names are documented, numbers follow their order."

AuditComponent = IntEnum(
    "AuditComponent",
    "Unknown Assets Environments Processes Queues Robots Roles Schedules Users Comments Units "
    "Jobs Settings Packages License Tenant Machines Libraries Webhooks ExecutionMedia Monitoring "
    "CredentialStores DefaultCredentialStores TaskCatalogs Tasks Maintenance Folders "
    "DirectoryService Buckets Secrets PersonalWorkspaces CloudSubscriptions CloudSnapshots "
    "Sessions CredentialsProxies StudioWeb AutomationSolutions RemoteControl TaskSolutions "
    "TaskDefinitions HttpTriggers AutopilotForRobotsData BusinessRules IntegrationTriggers "
    "JobAttachments TestSets TestSetSchedules TestDataQueues TestDataQueueItems",
    start=0,
)
AuditComponent.__doc__ = "What it was done to. Names are documented, numbers follow their order."


class AuditUserType(IntEnum):
    """What the one who did it is."""

    User = 0
    Robot = 1
    DirectoryUser = 2
    DirectoryGroup = 3
    DirectoryRobot = 4
    DirectoryExternalApplication = 5


class AuditLog(
    Entity,
    entity_set="AuditLogs",
    permission="Audit",
    scope="OR.Audit",
    default_order="Id desc",
):
    """One change, with the one who made it."""

    service_name: Mapped[str | None]
    method_name: Mapped[str | None]
    parameters: Mapped[str | None]
    execution_time: Mapped[Instant]
    action: Mapped[AuditAction]
    component: Mapped[AuditComponent]
    display_name: Mapped[str | None]
    entity_id: Mapped[Int64 | None]
    operation_text: Mapped[str | None]
    user_name: Mapped[str | None]
    user_type: Mapped[AuditUserType]
    external_client_id: Mapped[str | None]
    user_id: Mapped[Int64 | None]
    user_is_deleted: Mapped[bool] = prop(default=False)
    id: Mapped[Key]

    entities: Mapped[list["AuditLogEntity"]] = relationship(viewonly=True)

    __table_args__ = (sa.Index(None, "execution_time"),)  # one only: every change pays for it


class AuditLogEntity(Entity, table="audit_log_entities"):
    """One entity that a change was made to, with its old and new values."""

    audit_log_id: Mapped[Int64] = prop(
        sa.ForeignKey("audit_logs.id", ondelete="CASCADE"), index=True
    )
    custom_data: Mapped[str | None]
    entity_id: Mapped[Int64 | None]
    entity_name: Mapped[str | None]
    action: Mapped[AuditAction]
    id: Mapped[Key]
