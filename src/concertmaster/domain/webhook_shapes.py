"""What webhooks say of entities: the members of each, as a table, and how rows become them.

Shapes are those of the published event schemas and of the documentation's examples: short objects,
arguments and content as objects instead of JSON text, and no member that has nothing to say.
"""

import enum
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from concertmaster.entities import (
    Environment,
    Folder,
    Job,
    Machine,
    ProcessSchedule,
    QueueDefinition,
    QueueItem,
    Release,
    Robot,
    User,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.entities.process_schedules import process_schedule_robots
from concertmaster.odata.declare import InstantText, snake

Members = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """An entity as events show it: members by name, and entities inside of it."""

    cls: type[Any]
    members: Mapping[str, Any]  #: name → column
    objects: Mapping[str, Any] = field(default_factory=dict)  #: JSON text, shown as what it says
    inner: Mapping[str, tuple[Any, "Shape"]] = field(default_factory=dict)  #: by what refers to it
    altered: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def read(self, session: Session, ids: Iterable[int]) -> dict[int, Members]:
        """Entities by id, as they stand in this very transaction; one statement for each shape."""
        wanted = sorted({one for one in ids if one is not None})
        if not wanted:
            return {}
        columns = [*self.members.values(), *self.objects.values()]
        references = [column for column, _ in self.inner.values()]
        rows = [
            row
            for part in range(0, len(wanted), _MANY)
            for row in session.execute(
                sa.select(self.cls.id, *columns, *references).where(
                    self.cls.id.in_(wanted[part : part + _MANY])
                )
            )
        ]
        found = {row[0]: self._written(row) for row in rows}
        for index, (name, (_, shape)) in enumerate(self.inner.items(), 1 + len(columns)):
            others = shape.read(session, (row[index] for row in rows))
            for row in rows:
                if row[index] in others:
                    found[row[0]][name] = others[row[index]]
        return found

    def _written(self, row: Any) -> Members:
        written: Members = {}
        for (name, column), value in zip(self.members.items(), row[1:], strict=False):
            if value is not None:
                value = _write(column, value)
                written[name] = self.altered[name](value) if name in self.altered else value
        for name, value in zip(self.objects, row[1 + len(self.members) :], strict=False):
            written[name] = _read_object(value)
        return written


#: Rows asked for in one statement; SQLite binds 32,766 values at most.
_MANY = 5_000


def _write(column: Any, value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(column.type, InstantText):
        return instant(value)
    return value


def instant(text: str) -> str:
    """`…33.4400000Z` → `…33.44Z`, as .NET writes it."""
    whole, _, fraction = text[:-1].partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def _read_object(value: Any) -> Any:
    """Arguments as the object that they are; what is no JSON stays text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _own(cls: type[Any], names: str, **others: Any) -> dict[str, Any]:
    """Members that are called like the attributes, then those that are not."""
    return {name: getattr(cls, snake(name)) for name in names.split()} | others


def _of(column: InstrumentedAttribute[Any], reference: InstrumentedAttribute[Any]) -> Any:
    """A column of the entity that a reference names."""
    inside = sa.select(column).where(column.class_.id == reference)
    return inside.correlate(reference.class_).scalar_subquery()


def _lower_first(error: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in error.items()}


def _exception(told: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"CreationTime": "Timestamp"}
    return {renamed.get(k, k): v for k, v in told.items() if v is not None}


# --- the shapes -----------------------------------------------------------------------------

ENVIRONMENT = Shape(Environment, _own(Environment, "Id Name Description"))

SIMPLE_ROBOT = Shape(Robot, _own(Robot, "Id Name Type MachineName"))

ROBOT = Shape(
    Robot,
    _own(
        Robot, "Id Name MachineId MachineName Description Type HostingType ExecutionSettings",
        UserName=Robot.username, MachineKey=_of(Machine.key, Robot.machine_id),
    ),
)  # fmt: skip

SIMPLE_MACHINE = Shape(Machine, _own(Machine, "Id Key Name Type Scope"))

SIMPLE_RELEASE = Shape(Release, _own(Release, "Id Key ProcessKey Name ProcessType"))

RELEASE = Shape(
    Release,
    _own(
        Release,
        "Id Key ProcessKey ProcessVersion ProcessType FeedId Name Description IsLatestVersion "
        "Tags EnvironmentId",
    ),
    objects={"InputArguments": Release.input_arguments},
    inner={"Environment": (Release.environment_id, ENVIRONMENT)},
)

#: A job as it moves.
SIMPLE_JOB = Shape(
    Job,
    _own(
        Job,
        "Id Key Type State StartTime ResumeTime EndTime CreationTime Info SpecificPriorityValue "
        "ErrorCode RuntimeType SourceType FpsContext TraceId ParentSpanId RootSpanId FpsProperties "
        "ServerlessJobType ParentJobKey EntryPointPath",
        JobSubState=Job.sub_state, Error=Job.job_error,
    ),
    objects={"OutputArguments": Job.output_arguments},
    inner={
        "Robot": (Job.robot_id, SIMPLE_ROBOT),
        "Machine": (Job.machine_id, SIMPLE_MACHINE),
        "Release": (Job.release_id, SIMPLE_RELEASE),
    },
    altered={"Error": _lower_first},
)  # fmt: skip

#: A job that was created.
JOB = Shape(
    Job,
    _own(
        Job,
        "Id Key CreationTime StartTime EndTime State Source SourceType BatchExecutionKey Info "
        "StartingScheduleId ReleaseName Type HostMachineName RuntimeType ProcessType "
        "SpecificPriorityValue ServerlessJobType FpsContext TraceId ParentSpanId RootSpanId "
        "FpsProperties ParentJobKey EntryPointPath",
    ),
    objects={"InputArguments": Job.input_arguments, "OutputArguments": Job.output_arguments},
    inner={"Robot": (Job.robot_id, ROBOT), "Release": (Job.release_id, RELEASE)},
)

QUEUE = Shape(
    QueueDefinition,
    _own(
        QueueDefinition,
        "Id Key Name Description MaxNumberOfRetries AcceptAutomaticallyRetry RetryAbandonedItems "
        "EnforceUniqueReference SlaInMinutes RiskSlaInMinutes Tags",
        ReleaseKey=_of(Release.key, QueueDefinition.release_id),
    ),
)

USER = Shape(
    User,
    _own(
        User,
        "Id Key UserName Domain FullName EmailAddress Type IsActive LastLoginTime CreationTime "
        "AuthenticationSource",
    ),
)

QUEUE_ITEM = Shape(
    QueueItem,
    _own(
        QueueItem,
        "Id Key Reference QueueDefinitionId Status ReviewStatus ProcessingException Error DueDate "
        "Priority CreationTime DeferDate StartProcessing EndProcessing CreatorJobKey "
        "ExecutorJobKey RiskSlaDate SecondsInPreviousAttempts AncestorId AncestorUniqueKey "
        "RetryNumber ManualAncestorId ManualAncestorUniqueKey ManualRetryNumber UniqueKey Progress "
        "ReviewerUserId ParentOperationId OperationId",
    ),
    objects={"SpecificContent": QueueItem.specific_content, "Output": QueueItem.output},
    inner={
        "Robot": (QueueItem.robot_id, ROBOT),
        "ReviewerUser": (QueueItem.reviewer_user_id, USER),
    },
    altered={"ProcessingException": _exception},
)

#: How often a trigger starts its process, in words of old.
_STRATEGIES = {-1: "All", 0: "Specific"}

SCHEDULE = Shape(
    ProcessSchedule,
    _own(
        ProcessSchedule,
        "Id Name Enabled EnvironmentId EnvironmentName StartProcessCron StartStrategy StopStrategy "
        "ExternalJobKey ExternalJobKeyScheduler TimeZoneId TimeZoneIana UseCalendar CalendarId "
        "MachineRobots",
    ),
    objects={"InputArguments": ProcessSchedule.input_arguments},
    inner={"Release": (ProcessSchedule.release_id, SIMPLE_RELEASE)},
    altered={"StartStrategy": lambda number: _STRATEGIES.get(number, str(number))},
)

SESSION = Shape(
    RobotSession,
    _own(
        RobotSession,
        "RobotId MachineId HostMachineName State ReportingTime IsUnresponsive LicenseErrorCode",
        SessionId=RobotSession.id, ServiceUsername=RobotSession.service_user_name,
        MachineKey=_of(Machine.key, RobotSession.machine_id),
    ),
)  # fmt: skip


def robots_of_schedule(session: Session, schedule_id: int) -> list[Members]:
    """The robots that a trigger names, in order of id."""
    links = process_schedule_robots
    named = sa.select(links.c.robot_id).where(links.c.process_schedule_id == schedule_id)
    return list(SIMPLE_ROBOT.read(session, sorted(session.scalars(named))).values())


def folder_keys(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Keys of folders by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = session.execute(sa.select(Folder.id, Folder.key).where(Folder.id.in_(wanted)))
    return {row.id: row.key for row in rows}
