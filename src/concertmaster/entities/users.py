"""Users: the people, robots and applications that sign in."""

from enum import IntEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import CredentialType, ProvisionType, RobotType
from concertmaster.entities._kinds import Entity, SetAt, SetBy, UniqueKey, link
from concertmaster.entities._structures import UpdatePolicy
from concertmaster.entities.folders import OrganizationUnit, folder_users
from concertmaster.entities.roles import RoleType
from concertmaster.odata.declare import Instant, Int64, Json, Key, Mapped, prop


class UserType(IntEnum):
    """How a user came to be. 0 to 3 are documented."""

    User = 0
    Robot = 1
    DirectoryUser = 2
    DirectoryGroup = 3
    DirectoryRobot = 4
    DirectoryExternalApplication = 5


class AttendedRobot:
    """The robot that works beside a user."""

    user_name: str | None
    execution_settings: dict[str, Any] | None
    robot_id: Int64 | None
    robot_type: RobotType | None


class UnattendedRobot:
    """The robot that works in a user's name."""

    user_name: str | None
    password: str | None  # may be written, is always answered null
    credential_store_id: Int64 | None
    credential_type: CredentialType | None
    credential_external_name: str | None
    execution_settings: dict[str, Any] | None
    limit_concurrent_execution: bool | None
    robot_id: Int64 | None
    machine_mappings_count: int | None


class UserNotificationSubscription:
    """What a user is told about."""

    __edm__ = "UserNotificationSubscription"

    queues: bool
    robots: bool
    jobs: bool
    schedules: bool
    tasks: bool
    queue_items: bool
    insights: bool
    cloud_robots: bool
    serverless: bool
    export: bool
    rate_limits_daily: bool
    rate_limits_real_time: bool
    autopilot_for_robots_detected_issues: bool
    webhooks: bool


class User(
    Entity,
    entity_set="Users",
    methods="GET POST PUT PATCH DELETE",
    permission="Users",
    permissions={
        "GET(key)": "",  # one's own; another's needs Users.View
        "PUT": "Users.Edit or Robots.Create or Robots.Edit or Robots.Delete",
        "PATCH": "",  # one's own unattended robot; more needs Users.Edit
    },
    scope="OR.Users",
):
    """Someone or something that signs in: a person, a robot, a group, an application."""

    name: Mapped[str | None] = prop(length=1024)
    surname: Mapped[str | None] = prop(length=1024)
    user_name: Mapped[str] = prop(length=256, required=True, unique=True)
    domain: Mapped[str | None]
    directory_identifier: Mapped[str | None]
    full_name: Mapped[str | None] = prop(computed=True)
    email_address: Mapped[str | None] = prop(length=256, index=True)
    is_email_confirmed: Mapped[bool] = prop(default=False, computed=True)  # until 2020.10
    last_login_time: Mapped[Instant | None] = prop(computed=True)
    is_active: Mapped[bool] = prop(default=True)
    creation_time: Mapped[SetAt]
    authentication_source: Mapped[str | None]
    password: Mapped[str | None] = prop(secret=True)
    is_external_licensed: Mapped[bool] = prop(default=False)
    roles_list: Mapped[Json] = prop(complex=str, collection=True, default=list)
    login_providers: Mapped[Json] = prop(complex=str, collection=True, default=list, computed=True)
    tenant_id: Mapped[int | None] = prop(computed=True)
    tenancy_name: Mapped[str | None] = prop(computed=True)
    tenant_display_name: Mapped[str | None] = prop(computed=True)
    tenant_key: Mapped[str | None] = prop(computed=True)
    type: Mapped[UserType] = prop(default=UserType.User)
    provision_type: Mapped[ProvisionType] = prop(default=ProvisionType.Manual)
    license_type: Mapped[RobotType | None]
    key: Mapped[UniqueKey]
    may_have_user_session: Mapped[bool] = prop(default=True)
    may_have_robot_session: Mapped[bool] = prop(default=False)
    may_have_unattended_session: Mapped[bool] = prop(default=False)
    bypass_basic_auth_restriction: Mapped[bool] = prop(default=False)  # until 2020.10
    may_have_personal_workspace: Mapped[bool] = prop(default=False)
    restrict_to_personal_workspace: Mapped[bool] = prop(default=False)
    account_id: Mapped[str | None]
    has_only_inherited_privileges: Mapped[bool] = prop(default=False, computed=True)
    explicit_may_have_user_session: Mapped[bool | None]
    explicit_may_have_robot_session: Mapped[bool | None]
    explicit_may_have_personal_workspace: Mapped[bool | None]
    explicit_restrict_to_personal_workspace: Mapped[bool | None]
    last_modification_time: Mapped[SetAt | None]
    last_modifier_user_id: Mapped[SetBy | None]
    creator_user_id: Mapped[SetBy | None]
    id: Mapped[Key]

    robot_provision: Mapped[Json | None] = prop(complex=AttendedRobot)
    unattended_robot: Mapped[Json | None] = prop(complex=UnattendedRobot)
    notification_subscription: Mapped[Json | None] = prop(complex=UserNotificationSubscription)
    update_policy: Mapped[Json | None] = prop(complex=UpdatePolicy)

    password_hash: Mapped[str | None] = prop(hidden=True)
    personal_workspace_id: Mapped[int | None] = prop(link("folders.id"), hidden=True)

    user_roles: Mapped[list["UserRole"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    organization_units: Mapped[list[OrganizationUnit]] = relationship(
        secondary=folder_users,
        primaryjoin=lambda: User.id == folder_users.c.user_id,
        secondaryjoin=lambda: OrganizationUnit.id == folder_users.c.folder_id,
        viewonly=True,
    )


class UserRole(Entity):
    """A role that a user has in the tenant."""

    user_id: Mapped[Int64] = prop(ForeignKey("users.id", ondelete="CASCADE"))
    role_id: Mapped[int] = prop(ForeignKey("roles.id", ondelete="CASCADE"), index=True)
    user_name: Mapped[str | None] = prop(computed=True)
    role_name: Mapped[str | None] = prop(computed=True)
    role_type: Mapped[RoleType] = prop(default=RoleType.Mixed, computed=True)
    id: Mapped[Key]

    __table_args__ = (Index(None, "user_id", "role_id", unique=True),)
