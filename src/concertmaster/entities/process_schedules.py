"""Process schedules (the product's triggers): what starts jobs at its time, or as a queue fills."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import JobPriority, RobotType
from concertmaster.entities._kinds import Entity, UniqueKey, link
from concertmaster.entities._structures import Tag
from concertmaster.entities.jobs import StopStrategy
from concertmaster.entities.robots import Robot
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop


class MachineRobotSession:
    """A pair of a robot and a machine that a trigger's jobs are meant for; either may be open."""

    machine_id: Int64 | None
    machine_name: str | None
    robot_id: Int64 | None
    robot_user_name: str | None
    session_id: Int64 | None
    session_name: str | None


class ProcessSchedule(
    Entity,
    entity_set="ProcessSchedules",
    methods="GET POST PUT DELETE",
    permission="Schedules",
    scope="OR.Jobs",
    folder="required",
):
    """A trigger of a process: by time, or of a queue when `QueueDefinitionId` is given."""

    key: Mapped[UniqueKey]
    enabled: Mapped[bool] = prop(default=True)
    name: Mapped[str] = prop(name_like=True, length=255, required=True)
    release_id: Mapped[Int64] = prop(sa.ForeignKey("releases.id"), index=True)
    release_key: Mapped[str | None] = prop(length=64)  # may stand for the id in a payload,
    release_name: Mapped[str | None] = prop(length=450)  # as may the name
    entry_point_path: Mapped[str | None] = prop(length=512)
    package_name: Mapped[str | None] = prop(computed=True)
    environment_name: Mapped[str | None] = prop(computed=True)
    environment_id: Mapped[str] = prop(default="", computed=True)  # a text, as the API has it
    job_priority: Mapped[JobPriority | None]
    specific_priority_value: Mapped[int | None] = prop(minimum=1, maximum=100)
    runtime_type: Mapped[RobotType | None]
    start_process_cron: Mapped[str | None] = prop(length=500)
    start_process_cron_details: Mapped[str | None]
    start_process_cron_summary: Mapped[str | None] = prop(computed=True)
    start_process_next_occurrence: Mapped[Instant | None] = prop(computed=True)
    # -1: all robots of the environment; 0: those of ExecutorRobots; else that many jobs.
    start_strategy: Mapped[int] = prop(default=1, minimum=-1, maximum=10_000)
    stop_process_expression: Mapped[str | None] = prop(length=20)
    stop_strategy: Mapped[StopStrategy | None]
    kill_process_expression: Mapped[str | None] = prop(length=20)
    external_job_key: Mapped[str | None] = prop(length=128)
    external_job_key_scheduler: Mapped[Guid | None] = prop(computed=True)
    time_zone_id: Mapped[str] = prop(length=80, required=True)
    time_zone_iana: Mapped[str | None] = prop(computed=True)
    use_calendar: Mapped[bool] = prop(default=False)
    calendar_id: Mapped[Int64 | None] = prop(sa.ForeignKey("calendars.id"), index=True)
    calendar_name: Mapped[str | None] = prop(computed=True)
    calendar_key: Mapped[Guid | None] = prop(computed=True)
    stop_process_date: Mapped[Instant | None]
    input_arguments: Mapped[str | None] = prop(length=10_000)
    input_file: Mapped[Guid | None]
    queue_definition_id: Mapped[Int64 | None] = prop(
        sa.ForeignKey("queue_definitions.id", ondelete="CASCADE"), unique=True
    )
    queue_definition_name: Mapped[str | None] = prop(computed=True)
    activate_on_job_complete: Mapped[bool] = prop(default=False)
    items_activation_threshold: Mapped[Int64 | None] = prop(minimum=1, maximum=10_000)
    items_per_job_activation_target: Mapped[Int64 | None] = prop(minimum=1, maximum=10_000)
    max_jobs_for_activation: Mapped[int | None] = prop(minimum=1, maximum=10_000)
    resume_on_same_context: Mapped[bool] = prop(default=False)
    description: Mapped[str | None] = prop(length=512)
    machine_robots: Mapped[Json] = prop(complex=MachineRobotSession, collection=True, default=list)
    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)
    alert_pending_expression: Mapped[str | None] = prop(length=20)
    alert_running_expression: Mapped[str | None] = prop(length=20)
    run_as_me: Mapped[bool] = prop(default=False)
    consecutive_job_failures_threshold: Mapped[int | None] = prop(minimum=0, maximum=100)
    job_failures_grace_period_in_hours: Mapped[int | None] = prop(minimum=0, maximum=720)
    is_connected: Mapped[bool] = prop(default=False, computed=True)
    id: Mapped[Key]

    organization_unit_id: Mapped[int] = prop(sa.ForeignKey("folders.id"), hidden=True)
    run_as_user_id: Mapped[Int64 | None] = prop(link("users.id"), hidden=True)  # who set RunAsMe
    # When it is looked at next: its next occurrence, or when its queue is counted.
    due_at: Mapped[Instant | None] = prop(hidden=True, index=True)
    enabled_at: Mapped[Instant | None] = prop(hidden=True)  # failures before then do not count
    launched_at: Mapped[Instant | None] = prop(hidden=True)  # when it last started jobs
    failed_launches: Mapped[int] = prop(default=0, hidden=True)  # since then

    executor_robots: Mapped[list["RobotExecutor"]] = relationship(
        secondary="process_schedule_robots", order_by="RobotExecutor.id"
    )

    __table_args__ = (sa.Index(None, "organization_unit_id", "name", unique=True),)


class RobotExecutor(Entity):
    """A robot, as the triggers that are meant for it show it."""

    __table__ = Robot.__table__
    __mapper_args__ = {
        "include_properties": ["id", "name", "machine_name", "description", "organization_unit_id"]
    }

    if TYPE_CHECKING:
        id: Mapped[Key]
        name: Mapped[str]
        machine_name: Mapped[str | None]
        description: Mapped[str | None]
        organization_unit_id: Mapped[int | None]


#: Which robots a trigger with `StartStrategy` 0 starts its jobs on.
process_schedule_robots = sa.Table(
    "process_schedule_robots",
    Entity.metadata,
    sa.Column(
        "process_schedule_id",
        sa.ForeignKey("process_schedules.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("robot_id", sa.ForeignKey("robots.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "robot_id"),
)
