"""What robots send, read leniently: names in any letter case, states by name or by number."""

from typing import Any, Self

import pydantic

from concertmaster.domain.clock import parse
from concertmaster.domain.errors import InvalidRequest
from concertmaster.domain.suspension import Wait
from concertmaster.entities import JobState, JobTriggerType
from concertmaster.odata.operations import Payload, read_enum

#: The most of an output that is kept in the job itself.
LONGEST_OUTPUT = 10_240


class Said(Payload):
    """A body, or a part of one."""

    @classmethod
    def read(cls, body: Any) -> Self:
        """Raises InvalidRequest for what does not fit."""
        try:
            return cls.model_validate(body)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise InvalidRequest(f"{where}: {first['msg']}") from None


class ServiceUser(Said):
    """The account under which a robot service runs."""

    service_user_name: str | None = None


class BeginSession(Said):
    """Whose robot is to work."""

    user_name: str | None = None


class OfRobot(Said):
    """Which robot is meant."""

    robot_key: str


class Error(Said):
    """Why a job failed."""

    code: str | None = None
    title: str | None = None
    category: str | None = None
    detail: str | None = None
    status: int | None = None


class Report(Said):
    """How far a job has come."""

    robot_key: str | None = None
    job_key: str | None = None
    job_state: JobState | None = None
    info: str | None = None
    output_arguments: str | None = None
    output_file: str | None = None
    error: Error | None = None
    trace_id: str | None = None
    parent_span_id: str | None = None
    root_span_id: str | None = None

    def said(self, now: str) -> dict[str, Any]:
        """By the names of a job's attributes; what is not said is None."""
        error = self.error
        told = "\n".join(part for part in (error.title, error.detail) if part) if error else None
        output = self.output_arguments
        return {
            "info": self.info or told,
            "output_arguments": output
            if output is None or len(output) <= LONGEST_OUTPUT
            else None,
            "output_file": self.output_file,
            "error_code": error.code if error else None,
            "job_error": error
            and {
                "Code": error.code, "Title": error.title, "Detail": error.detail,
                "Category": error.category, "Status": error.status, "Timestamp": now,
            },
            "trace_id": self.trace_id,
            "parent_span_id": self.parent_span_id,
            "root_span_id": self.root_span_id,
        }  # fmt: skip


class Heartbeat(Said):
    """A sign of life, with or without reports."""

    heartbeats: list[Report] | None = None


class Inbox(Said):
    """Where the payload that a job waits for is delivered."""

    inbox_id: str | None = None


class Trigger(Said):
    """One thing that a job waits for. Of a kind that we do not know, only its name is kept."""

    trigger_type: str | int | None = None
    item_key: str | None = None
    item_id: str | int | None = None
    resume_time: str | None = None
    trigger_message: str | None = None
    api_resume: Inbox | None = None
    integration_resume: Inbox | None = None

    def wait(self) -> Wait:
        inbox = self.api_resume or self.integration_resume
        key = (inbox.inbox_id if inbox else None) or self.item_key
        number = str(self.item_id or "")
        return Wait(
            kind=self._kind(),
            item_key=key.strip("{} ").lower() if key else None,
            item_id=int(number) if number.isdecimal() and len(number) < 19 else None,
            timer=parse(self.resume_time) if self.resume_time else None,
            message=self.trigger_message
            or (str(self.trigger_type) if self._kind() is JobTriggerType["None"] else None),
        )

    def _kind(self) -> JobTriggerType:
        try:
            return read_enum(JobTriggerType, self.trigger_type) or JobTriggerType["None"]
        except ValueError:
            return JobTriggerType["None"]


class Suspension(Said):
    """A job laid aside."""

    job_id: str  #: its key
    persistence_instance_id: str
    job_info: str | None = None
    sub_state: str | None = None
    error_code: str | None = None
    resume_triggers: list[Trigger] | None = None
