"""Releases: what the product calls processes, a package in a version, ready to run in a folder."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import (
    JobPriority,
    ProcessType,
    RemoteControlAccess,
    TargetFramework,
)
from concertmaster.entities._kinds import (
    Entity,
    FolderId,
    FolderPath,
    SetAt,
    SetBy,
    UniqueKey,
    link,
)
from concertmaster.entities._structures import ArgumentMetadata, AutopilotForRobotsSettings, Tag
from concertmaster.odata.declare import Guid, Int64, Json, Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.environments import Environment
    from concertmaster.entities.processes import EntryPoint


class RobotSize(IntEnum):
    """How large a cloud robot a process needs."""

    Small = 0
    Standard = 1
    Medium = 2
    Large = 3


VideoRecordingType = IntEnum("VideoRecordingType", {"None": 0, "Failed": 1, "All": 2})
VideoRecordingType.__doc__ = "Which runs are filmed."


class AgentSettings:
    """What an agent may keep."""

    __edm__ = "AgentSettings"

    memory: bool


class ProcessSettings:
    """How the runs of a process are watched over."""

    error_recording_enabled: bool
    duration: int
    frequency: int
    quality: int
    auto_start_process: bool
    always_running: bool
    autopilot_for_robots: AutopilotForRobotsSettings | None
    agent_settings: AgentSettings | None


class VideoRecordingSettings:
    """Which runs are filmed, and how long."""

    video_recording_type: VideoRecordingType | None
    queue_item_video_recording_type: VideoRecordingType | None
    max_duration_seconds: int | None


#: Names of @uipath/uipath-typescript 1.3.8 for members, which it sends untranslated. Its own
#: example of a list says `$expand=robot`; a release has none, so nothing comes with it. Its
#: processKey is left out: ProcessKey is a member, and means the package.
TYPESCRIPT_NAMES = {
    "createdTime": "CreationTime",
    "lastModifiedTime": "LastModificationTime",
    "folderId": "OrganizationUnitId",
    "folderName": "OrganizationUnitFullyQualifiedName",
    "packageType": "ProcessType",
    "packageKey": "ProcessKey",
    "packageVersion": "ProcessVersion",
    "isPackageDeleted": "IsProcessDeleted",
    "robot": "",
}


class Release(
    Entity,
    entity_set="Releases",
    methods="GET POST PUT PATCH DELETE",
    permission="Processes",
    scope="OR.Execution",
    folder="required",
    aliases=TYPESCRIPT_NAMES,
):
    """A package in a version, with its settings, that jobs of a folder can be started from."""

    key: Mapped[UniqueKey]
    process_key: Mapped[str] = prop(length=450, required=True, index=True)
    process_version: Mapped[str] = prop(length=128, required=True)
    is_latest_version: Mapped[bool] = prop(default=False, computed=True)
    is_process_deleted: Mapped[bool] = prop(default=False, computed=True)
    description: Mapped[str | None]
    name: Mapped[str] = prop(
        name_like=True, length=450, required=True
    )  # no limit is documented; an index has one
    environment_id: Mapped[Int64 | None] = prop(link("environments.id"), index=True)
    environment_name: Mapped[str | None] = prop(computed=True)  # both until 2023
    entry_point_id: Mapped[Int64 | None] = prop(link("entry_points.id"))
    entry_point_path: Mapped[str | None]
    input_arguments: Mapped[str | None] = prop(length=10_000)
    environment_variables: Mapped[str | None] = prop(length=4_000)
    process_type: Mapped[ProcessType] = prop(default=ProcessType.Process)
    supports_multiple_entry_points: Mapped[bool] = prop(default=False)
    requires_user_interaction: Mapped[bool] = prop(default=True)
    is_conversational: Mapped[bool | None]
    min_required_robot_version: Mapped[str | None]
    is_attended: Mapped[bool] = prop(default=False)
    is_compiled: Mapped[bool] = prop(default=False)
    automation_hub_idea_url: Mapped[str | None]
    auto_update: Mapped[bool] = prop(default=False)
    hidden_for_attended_user: Mapped[bool] = prop(default=False)
    feed_id: Mapped[Guid | None]
    job_priority: Mapped[JobPriority | None]
    specific_priority_value: Mapped[int | None] = prop(minimum=1, maximum=100)
    folder_key: Mapped[Guid | None] = prop(computed=True)
    organization_unit_id: Mapped[FolderId]
    organization_unit_fully_qualified_name: Mapped[FolderPath | None]
    target_framework: Mapped[TargetFramework] = prop(default=TargetFramework.Portable)
    robot_size: Mapped[RobotSize | None]
    remote_control_access: Mapped[RemoteControlAccess] = prop(default=RemoteControlAccess["None"])
    last_modification_time: Mapped[SetAt | None]
    last_modifier_user_id: Mapped[SetBy | None]
    creation_time: Mapped[SetAt | None]
    creator_user_id: Mapped[SetBy | None]
    id: Mapped[Key]

    arguments: Mapped[Json | None] = prop(complex=ArgumentMetadata)
    process_settings: Mapped[Json | None] = prop(complex=ProcessSettings)
    video_recording_settings: Mapped[Json | None] = prop(complex=VideoRecordingSettings)
    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    # No foreign key: versions belong to releases, and two tables cannot wait for each other.
    current_version_id: Mapped[Int64 | None] = prop(hidden=True)

    environment: Mapped["Environment | None"] = relationship()
    entry_point: Mapped["EntryPoint | None"] = relationship()
    current_version: Mapped["ReleaseVersion | None"] = relationship(
        primaryjoin="foreign(Release.current_version_id) == ReleaseVersion.id", viewonly=True
    )
    release_versions: Mapped[list["ReleaseVersion"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (Index(None, "organization_unit_id", "name", unique=True),)


class ReleaseVersion(Entity):
    """A version that a release has or once had."""

    release_id: Mapped[Int64] = prop(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    version_number: Mapped[str] = prop(length=50)
    creation_time: Mapped[SetAt | None]
    release_name: Mapped[str | None]
    id: Mapped[Key]
