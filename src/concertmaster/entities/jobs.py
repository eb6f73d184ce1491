"""Jobs: the runs of processes."""

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import Index
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import JobPriority, ProcessType, RemoteControlAccess, RobotType
from concertmaster.entities._kinds import Entity, FolderId, FolderPath, UniqueKey, link
from concertmaster.entities._structures import AutopilotForRobotsSettings
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop

if TYPE_CHECKING:
    from concertmaster.entities.machines import Machine
    from concertmaster.entities.releases import Release
    from concertmaster.entities.robots import Robot


class JobState(IntEnum):
    """How far a job has come. All documented."""

    Pending = 0
    Running = 1
    Stopping = 2
    Terminating = 3
    Faulted = 4
    Successful = 5
    Stopped = 6
    Suspended = 7
    Resumed = 8


class JobSourceType(IntEnum):
    """Who or what started a job. 0 to 3, 6, 8 and 10 are documented."""

    Manual = 0
    Schedule = 1
    Agent = 2
    Queue = 3
    StudioWeb = 4
    IntegrationTrigger = 5
    StudioDesktop = 6
    AutomationOpsPipelines = 7
    Apps = 8
    SAP = 9
    HttpTrigger = 10
    HttpTriggerCallback = 11
    RobotAPI = 12
    CommandLine = 13
    RobotNetAPI = 14
    Autopilot = 15
    TestManager = 16
    AgentService = 17
    ProcessOrchestration = 18
    PluginEcosystem = 19
    PerformanceTesting = 20
    AgentHub = 21
    ApiWorkflow = 22


class JobType(IntEnum):
    """Whether somebody sits beside the robot. 0 and 1 are documented."""

    Unattended = 0
    Attended = 1
    ServerlessGeneric = 2


class StopStrategy(IntEnum):
    """How a job is to end: when it next looks, or at once. Documented."""

    SoftStop = 1
    Kill = 2


class ServerlessJobType(IntEnum):
    """What runs a serverless job."""

    RobotJob = 0
    WebApp = 1
    LoadTest = 2
    StudioWebDesigner = 3
    PublishStudioProject = 4
    JsApi = 5
    PythonCodedAgent = 6
    MCPServer = 7


class JobError:
    """What made a job fail."""

    code: str | None
    title: str | None
    detail: str | None
    category: str | None
    status: int | None
    timestamp: Instant | None


#: @uipath/uipath-typescript 1.3.8 calls members by names of its own, and puts them into queries
#: untranslated: `$filter=packageType eq 'Agent'&$orderby=createdTime desc`. (1.6 translates them.)
TYPESCRIPT_NAMES = {
    "createdTime": "CreationTime",
    "lastModifiedTime": "LastModificationTime",
    "folderId": "OrganizationUnitId",
    "folderName": "OrganizationUnitFullyQualifiedName",
    "processName": "ReleaseName",
    "processVersionId": "ReleaseVersionId",
    "packageType": "ProcessType",
    "process": "Release",
}


class Job(
    Entity,
    entity_set="Jobs",
    permission="Jobs",
    scope="OR.Jobs",
    folder="required",
    aliases=TYPESCRIPT_NAMES,
):
    """One run of a process, from waiting for a robot to its result."""

    key: Mapped[UniqueKey]
    start_time: Mapped[Instant | None]
    end_time: Mapped[Instant | None]
    state: Mapped[JobState] = prop(default=JobState.Pending)
    sub_state: Mapped[str | None]
    job_priority: Mapped[JobPriority | None]
    specific_priority_value: Mapped[int | None] = prop(minimum=1, maximum=100)
    resource_overwrites: Mapped[str | None]
    source: Mapped[str | None]
    source_type: Mapped[JobSourceType] = prop(default=JobSourceType.Manual)
    batch_execution_key: Mapped[Guid]
    info: Mapped[str | None]
    creation_time: Mapped[Instant]
    starting_schedule_id: Mapped[Int64 | None] = prop(index=True)
    release_name: Mapped[str | None]
    type: Mapped[JobType] = prop(default=JobType.Unattended)
    input_arguments: Mapped[str | None]
    input_file: Mapped[Guid | None]
    environment_variables: Mapped[str | None]
    output_arguments: Mapped[str | None]
    output_file: Mapped[Guid | None]
    host_machine_name: Mapped[str | None]
    has_media_recorded: Mapped[bool] = prop(default=False)
    has_video_recorded: Mapped[bool] = prop(default=False)
    persistence_id: Mapped[Guid | None]
    resume_version: Mapped[int | None]
    stop_strategy: Mapped[StopStrategy | None]
    runtime_type: Mapped[RobotType | None]
    requires_user_interaction: Mapped[bool] = prop(default=True)
    release_version_id: Mapped[Int64 | None]
    entry_point_path: Mapped[str | None] = prop(length=512)
    organization_unit_id: Mapped[FolderId]
    organization_unit_fully_qualified_name: Mapped[FolderPath | None]
    reference: Mapped[str | None] = prop(length=128)
    process_type: Mapped[ProcessType] = prop(default=ProcessType.Process)
    profiling_options: Mapped[str | None]
    resume_on_same_context: Mapped[bool] = prop(default=False)
    local_system_account: Mapped[str | None]
    orchestrator_user_identity: Mapped[str | None]
    remote_control_access: Mapped[RemoteControlAccess] = prop(default=RemoteControlAccess["None"])
    starting_trigger_id: Mapped[Guid | None]
    max_expected_running_time_seconds: Mapped[Int64 | None]
    serverless_job_type: Mapped[ServerlessJobType | None]
    parent_job_key: Mapped[Guid | None]
    resume_time: Mapped[Instant | None]
    last_modification_time: Mapped[Instant | None]
    error_code: Mapped[str | None]
    fps_properties: Mapped[str | None]
    trace_id: Mapped[str | None]
    parent_span_id: Mapped[str | None]
    root_span_id: Mapped[str | None]
    fps_context: Mapped[str | None]
    id: Mapped[Key]

    job_error: Mapped[Json | None] = prop(complex=JobError)
    autopilot_for_robots: Mapped[Json | None] = prop(complex=AutopilotForRobotsSettings)

    robot_id: Mapped[int | None] = prop(link("robots.id"), hidden=True)
    release_id: Mapped[int | None] = prop(link("releases.id"), hidden=True, index=True)
    machine_id: Mapped[int | None] = prop(link("machines.id"), hidden=True, index=True)
    run_as_user_id: Mapped[Int64 | None] = prop(hidden=True)  # only a robot of this user takes it
    wanted_robot_id: Mapped[Int64 | None] = prop(hidden=True)  # only this one takes it
    wanted_runtime_type: Mapped[RobotType | None] = prop(hidden=True)  # only such a one takes it
    # The session that was given the job. No foreign key: a session speaks of its job, too.
    dispatched_to: Mapped[Int64 | None] = prop(hidden=True)
    dispatched_at: Mapped[Instant | None] = prop(hidden=True)
    state_file: Mapped[str | None] = prop(hidden=True)  # what it left when it was suspended
    resume_source: Mapped[str | None] = prop(hidden=True)  # "Manual": with input of its own
    # When it is to be stopped, and how; after a soft stop, killed so many seconds later.
    stop_at: Mapped[Instant | None] = prop(hidden=True, index=True)
    stop_as: Mapped[StopStrategy | None] = prop(hidden=True)
    kill_after: Mapped[int | None] = prop(hidden=True)
    alert_pending_seconds: Mapped[Int64 | None] = prop(hidden=True)  # as StartJobs was told
    # Past this moment it has waited or run for longer than expected; None once that was told.
    overdue_at: Mapped[Instant | None] = prop(hidden=True, index=True)

    robot: Mapped["Robot | None"] = relationship()
    release: Mapped["Release | None"] = relationship()
    machine: Mapped["Machine | None"] = relationship()

    __table_args__ = (
        Index(None, "state"),
        Index(None, "organization_unit_id", "id"),
    )


# As jobs are listed, the newest first: what an index has in order is not sorted.
_NEWEST = Job.creation_time.desc()
Index("ix_jobs_newest", Job.organization_unit_id, _NEWEST)
Index("ix_jobs_newest_of_state", Job.organization_unit_id, Job.state, _NEWEST)
Index("ix_jobs_newest_of_robot", Job.robot_id, Job.state, Job.organization_unit_id, _NEWEST)
