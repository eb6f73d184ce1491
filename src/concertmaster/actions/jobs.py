"""What can be asked of jobs: start, stop, restart, look up by key."""

from collections.abc import Callable
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import jobs, pending_reasons, suspension
from concertmaster.domain.call import Call
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.domain.pending_reasons import Validation
from concertmaster.domain.time_limits import seconds
from concertmaster.entities import Job
from concertmaster.entities._enums import JobPriority, RemoteControlAccess, RobotType
from concertmaster.entities.jobs import StopStrategy
from concertmaster.model import NAMESPACE
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import Nothing, Payload, action, function
from concertmaster.odata.service import Complex, Selection, select

#: How many jobs one call may stop.
JobIds = Annotated[list[int], Field(max_length=1000)]


class StartProcess(Payload):
    """What StartJobs is told (StartProcessDto)."""

    release_key: str | None = None
    release_name: str | None = None
    strategy: str | None = None
    robot_ids: list[int] | None = None
    no_of_robots: int | None = None
    jobs_count: int | None = None
    source: str | int | None = None
    stop_process_expression: Annotated[str, Field(max_length=20)] | None = None
    stop_strategy: StopStrategy | None = None
    kill_process_expression: Annotated[str, Field(max_length=20)] | None = None
    job_priority: JobPriority | None = None
    specific_priority_value: Annotated[int, Field(ge=1, le=100)] | None = None
    runtime_type: RobotType | None = None
    input_arguments: str | None = None
    input_file: str | None = None
    environment_variables: Annotated[str, Field(max_length=4000)] | None = None
    reference: Annotated[str, Field(max_length=128)] | None = None
    resume_on_same_context: bool | None = None
    batch_execution_key: str | None = None
    requires_user_interaction: bool | None = None
    remote_control_access: RemoteControlAccess | None = None
    profiling_options: Annotated[str, Field(max_length=4000)] | None = None
    fps_context: Annotated[str, Field(max_length=2048)] | None = None
    fps_properties: Annotated[str, Field(max_length=4000)] | None = None
    trace_id: Annotated[str, Field(max_length=255)] | None = None
    parent_span_id: Annotated[str, Field(max_length=255)] | None = None
    root_span_id: Annotated[str, Field(max_length=255)] | None = None
    entry_point_path: Annotated[str, Field(max_length=512)] | None = None
    run_as_me: bool | None = None
    alert_pending_expression: Annotated[str, Field(max_length=20)] | None = None
    alert_running_expression: Annotated[str, Field(max_length=20)] | None = None

    def start(self, user_id: int | None) -> jobs.Start:
        return jobs.Start(
            release_key=self.release_key,
            release_name=self.release_name,
            strategy=self.strategy,
            robot_ids=self.robot_ids or (),
            number_of_robots=self.no_of_robots or 0,
            stop_after=seconds(self, "stop_process_expression"),
            stop_as=self.stop_strategy,
            kill_after=seconds(self, "kill_process_expression"),
            jobs_count=self.jobs_count or 0,
            input_arguments=self.input_arguments,
            input_file=self.input_file,
            job_priority=self.job_priority,
            specific_priority_value=self.specific_priority_value,
            source=None if self.source is None else str(self.source),
            batch_key=self.batch_execution_key,
            run_as_user_id=user_id if self.run_as_me else None,
            values={
                **{name: getattr(self, name) for name in STARTED_WITH},
                "alert_pending_seconds": seconds(self, "alert_pending_expression"),
                "max_expected_running_time_seconds": seconds(self, "alert_running_expression"),
            },
        )


#: Members that a job takes over as they are.
STARTED_WITH = (
    "runtime_type", "environment_variables", "reference", "resume_on_same_context",
    "requires_user_interaction", "remote_control_access", "profiling_options", "fps_context",
    "fps_properties", "trace_id", "parent_span_id", "root_span_id", "entry_point_path",
)  # fmt: skip


@action("Jobs", "StartJobs", status=201, permission="Jobs.Create")
def start_jobs(call: Call, start_info: StartProcess) -> list[Job]:
    """Start a process: as many jobs as the strategy says, all pending."""
    return jobs.start(
        call.session, call.folder, start_info.start(call.caller.user_id), now=call.now
    )


@action("Jobs", "StopJobs", permission="Jobs.Edit")
def stop_jobs(call: Call, job_ids: JobIds, strategy: StopStrategy) -> Nothing:
    """Ask jobs to end: SoftStop (1) when they next look, Kill (2) at once."""
    found = jobs.find_jobs(call.session, call.folder, job_ids)
    jobs.stop(call.session, found, strategy, now=call.now)
    return Nothing()


@action("Jobs", "StopJob", key=True, permission="Jobs.Edit")
def stop_job(call: Call, key: int, strategy: StopStrategy) -> Nothing:
    """Ask one job to end."""
    jobs.stop(
        call.session, jobs.find_jobs(call.session, call.folder, [key]), strategy, now=call.now
    )
    return Nothing()


@action("Jobs", "RestartJob", permission="Jobs.Create")
def restart_job(call: Call, job_id: int) -> Job:
    """Run a job that has ended once more, as a new job."""
    (job,) = jobs.find_jobs(call.session, call.folder, [job_id])
    return jobs.restart(call.session, job, now=call.now)


@action("Jobs", "ResumeJob", permission="Jobs.Edit")
def resume_job(call: Call, job_key: Guid, input_arguments: str | None = None) -> Job:
    """Let a suspended job go on, with other input where some is given."""
    same = (Job.key == job_key.strip("{}").lower()) & (Job.organization_unit_id == call.folder)
    job = call.session.scalars(sa.select(Job).where(same)).first()
    if job is None:
        raise ItemNotFound(entity="Job")
    return suspension.resume(call.session, job, now=call.now, arguments=input_arguments)


# --- asked beforehand -----------------------------------------------------------------------


@action("Jobs", "ValidateDynamicJob", permission="Jobs.Create", reads=True)
def validate_dynamic_job(call: Call, start_info: StartProcess) -> Complex:
    """Whether jobs that were started like this would find a robot at once; if not, why."""
    asked = start_info.start(call.caller.user_id)
    return _validity(lambda: pending_reasons.of_start(call.session, call.folder, asked))


@action("Jobs", "ValidateExistingJob", key=True, permission="Jobs.View", reads=True)
def validate_existing_job(call: Call, key: int) -> Complex:
    """Whether a job that waits, or is run once more, finds a robot at once; if not, why."""
    (job,) = jobs.find_jobs(call.session, call.folder, [key])
    return _validity(lambda: pending_reasons.of_job(call.session, job))


def _validity(ask: Callable[[], Validation]) -> Complex:
    try:
        told = {reason.name: reason.value for reason in ask().reasons}
    except Conflict as refused:  # StartJobs would answer so
        told = {refused.code: str(refused)}
    members = {"IsValid": not told, "Errors": [*told.values()], "ErrorCodes": [*told]}
    return Complex(f"{NAMESPACE}.ValidationResultDto", members)


# --- looked up ------------------------------------------------------------------------------


@function("Jobs", "GetByKey", permission="Jobs.View", folder="across")
def get_by_key(call: Call, identifier: Guid) -> Selection:
    """The job with this key, in whichever folder it runs."""
    return select(Job, Job.key == identifier.strip("{}").lower(), single=ItemNotFound(entity="Job"))
