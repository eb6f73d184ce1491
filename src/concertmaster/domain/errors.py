"""Every way a request to Orchestrator can fail: a class is a status, a number and its sentence.

    OrchestratorError
    ├── InvalidRequest              400  1000  what was sent cannot be understood
    │   └── InvalidCredentials      400  1000  sign-in with a wrong name or password
    ├── InvalidArgument             400  1009  understood, and out of bounds
    ├── UnknownWebhookEventType     400     0
    ├── SizeExceeded                400     0  Content-, Output-, Analytics-, Progress-, Exception-
    ├── schedules: InvalidCron · ScheduleWillNeverRun · InvalidTimeZone   400  0
    ├── InvalidPackage              400     0  an uploaded package that cannot be used
    ├── InvalidSchema               400     0  a queue's JSON schema that is none
    ├── InvalidSchemaType           400     0  a queue has no such schema
    ├── NullArgument                400     0  the body, or the parameter in it, is missing
    ├── FolderNotFound              400  1100  a folder header names nothing the caller may see
    ├── FolderRequired              400  1101  no folder header where one is needed
    ├── NotAuthenticated            401     0
    ├── NotAuthorized               403     0
    │   └── ForbiddenOperation      403  1017  allowed in general, not with this row
    ├── ItemNotFound                404  1002
    │   ├── AssetNameNotFound       404  1002  the sentence of the asset reads
    │   ├── ProcessNotFound         404  1002  the token StartJobs answers
    │   ├── SchemaNotFound          404  1002  the queue has no schema of that type
    │   └── AttachmentNotFound      404  1002  the token StartJobs answers
    ├── AssetNotAvailableForRobot   404  1503
    ├── FileTooLarge                413     0
    ├── TooManyRequests             429     0
    │   └── ExportTenantDailyLimitReached
    ├── OperationNotBuilt           501     0  known surface, not built yet
    └── Conflict                    409        the state of what exists is in the way
        ├── NameAlreadyUsed         1001
        ├── ItemAlreadyExists       1004
        │   └── PackageAlreadyExists
        ├── ErrorUpdating           1007
        ├── HasDependentItems       1012
        ├── ItemIsInUse             1013
        ├── DuplicateReference      1016
        ├── OptimisticConcurrency   1020
        ├── FieldNotEditable        1023
        ├── RobotNotConfiguredForUser       1302
        ├── CredentialUserNeedsPassword     1500
        ├── AssetTypeNotUpdatable           1502
        ├── jobs: JobCannotBeStopped 1657 · PendingJobsAlreadyExist 1670 ·
        │         InvalidStartJobRobotIds 1671 · NoMachineInFolder 2818 ·
        │         UnattendedRobotNotFound 1230 · CannotRestartUnfinishedJob 1697
        ├── queues: QueueParametersCannotChange
        ├── schedules: CalendarInUse · QueueHasTrigger · ScheduleNotEnabled ·
        │         ScheduleWithoutQueue
        └── transactions: TransactionReferenceRequired · TransactionNotStarted ·
                  FinalTransaction · ProgressNotInProgress · InvalidStatusForRetry ·
                  SchemaViolation

A sentence is the class's docstring; `{words}` in it are keywords of the constructor. `code` is the
name by which bulk answers call the number (the ErrorCode enumeration of the API description).
Numbers that no public source proves are 0: clients switch on numbers, so none is made up.
"""

import inspect
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, ClassVar


class OrchestratorError(Exception):
    """An error has occurred."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    number: ClassVar[int] = 0
    code: ClassVar[str] = "Unknown"

    def __init_subclass__(cls) -> None:
        if "code" not in cls.__dict__ and "number" in cls.__dict__:
            cls.code = cls.__name__

    def __init__(
        self, message: str | None = None, *, resource_ids: Sequence[int] | None = None, **words: Any
    ) -> None:
        self.message = self.sentence().format(**words) if message is None else message
        self.resource_ids = resource_ids
        self.words = words
        super().__init__(self.message)

    @classmethod
    def sentence(cls) -> str:
        return (inspect.cleandoc(cls.__doc__) if cls.__doc__ else cls.__name__).replace("\n", " ")

    @classmethod
    def family(cls) -> Iterator[type["OrchestratorError"]]:
        """The class and everything below it, in order of declaration."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.family()


# --- 400: what was sent -------------------------------------------------------------------


class InvalidRequest(OrchestratorError):
    """Invalid request!"""

    status = HTTPStatus.BAD_REQUEST
    number = 1000


class InvalidCredentials(InvalidRequest):
    """Invalid credentials, failed to login."""


class InvalidArgument(OrchestratorError):
    """The field {field} is not valid."""

    status = HTTPStatus.BAD_REQUEST
    number = 1009


class UnknownWebhookEventType(OrchestratorError):
    """There is no webhook event type '{type}'."""

    status = HTTPStatus.BAD_REQUEST
    code = "UnknownWebhookEventType"


class SizeExceeded(OrchestratorError):
    """A part of a queue item must not be longer than {limit} characters."""

    status = HTTPStatus.BAD_REQUEST


class ContentSizeExceeded(SizeExceeded):
    """The content of a queue item must not be longer than {limit} characters."""

    code = "QueueItemContentSizeExceeded"


class OutputSizeExceeded(SizeExceeded):
    """The output of a queue item must not be longer than {limit} characters."""

    code = "QueueItemOutputDataSizeExceeded"


class AnalyticsSizeExceeded(SizeExceeded):
    """The analytics of a queue item must not be longer than {limit} characters."""

    code = "QueueItemAnalyticsDataSizeExceeded"


class ProgressSizeExceeded(SizeExceeded):
    """The progress of a queue item must not be longer than {limit} characters."""

    code = "QueueItemProgressDataSizeExceeded"


class ExceptionSizeExceeded(SizeExceeded):
    """A field of a processing exception must not be longer than {limit} characters."""

    code = "QueueProcessingExceptionFieldSizeExceeded"


class InvalidPackage(OrchestratorError):
    """The package is not valid."""

    status = HTTPStatus.BAD_REQUEST
    code = "InvalidPackageDetails"


class InvalidSchema(OrchestratorError):
    """{field} is not a valid JSON schema: {reason}"""

    status = HTTPStatus.BAD_REQUEST
    code = "InvalidQueueSchemaDefinition"


class InvalidSchemaType(OrchestratorError):
    """'{name}' is none of the JSON schemas of a queue."""

    status = HTTPStatus.BAD_REQUEST
    code = "InvalidQueueSchemaType"


class InvalidCron(OrchestratorError):
    """The cron expression '{expression}' is not valid: {reason}."""

    status = HTTPStatus.BAD_REQUEST
    code = "InvalidCron"


class ScheduleWillNeverRun(OrchestratorError):
    """The cron expression '{expression}' names no moment that is still to come."""

    status = HTTPStatus.BAD_REQUEST
    code = "ScheduleWillNeverRun"


class InvalidTimeZone(OrchestratorError):
    """{zone} is not a valid windows time zone id"""

    status = HTTPStatus.BAD_REQUEST
    code = "InvalidTimeZoneId"


class FileTooLarge(OrchestratorError):
    """A file must not be larger than {limit} bytes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NullArgument(OrchestratorError):
    """{name} must not be null"""

    status = HTTPStatus.BAD_REQUEST


class FolderNotFound(OrchestratorError):
    """Folder does not exist or the user does not have access to the folder."""

    status = HTTPStatus.BAD_REQUEST
    number = 1100
    code = "InvalidOrganizationUnit"


class FolderRequired(OrchestratorError):
    """An organization unit is required for this action."""

    status = HTTPStatus.BAD_REQUEST
    number = 1101
    code = "RequiredOrganizationUnit"


# --- 401, 403, 404, 429, 501 --------------------------------------------------------------


class NotAuthenticated(OrchestratorError):
    """You are not authenticated!"""

    status = HTTPStatus.UNAUTHORIZED


class NotAuthorized(OrchestratorError):
    """You are not authorized!"""

    status = HTTPStatus.FORBIDDEN


class ForbiddenOperation(NotAuthorized):
    """This operation is not allowed on {entity}."""

    number = 1017


class ItemNotFound(OrchestratorError):
    """{entity} does not exist."""

    status = HTTPStatus.NOT_FOUND
    number = 1002


class AssetNameNotFound(ItemNotFound):
    """Could not find an asset with this name."""


class ProcessNotFound(ItemNotFound):
    """AssociatedProcessNotFound"""


class SchemaNotFound(ItemNotFound):
    """The queue has no JSON schema for {name}."""

    code = "QueueSchemaDefinitionNotFound"


class AttachmentNotFound(ItemNotFound):
    """AttachmentNotFound"""


class AssetNotAvailableForRobot(OrchestratorError):
    """The asset does not have a value associated with this robot"""

    status = HTTPStatus.NOT_FOUND
    number = 1503


class TooManyRequests(OrchestratorError):
    """Too many requests. Try again in {seconds} seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class ExportTenantDailyLimitReached(TooManyRequests):
    """The tenant has reached its limit of exports for today."""


class OperationNotBuilt(OrchestratorError):
    """{operation} is not built yet."""

    status = HTTPStatus.NOT_IMPLEMENTED


# --- 409: what exists is in the way -------------------------------------------------------


class Conflict(OrchestratorError):
    """The current state does not allow this."""

    status = HTTPStatus.CONFLICT


class NameAlreadyUsed(Conflict):
    """The name {name} is already used."""

    number = 1001


class ItemAlreadyExists(Conflict):
    """{entity} already exists."""

    number = 1004


class PackageAlreadyExists(ItemAlreadyExists):
    """The package {package} already exists."""


class ErrorUpdating(Conflict):
    """{entity} could not be updated."""

    number = 1007


class HasDependentItems(Conflict):
    """{entity} cannot be deleted while {dependents} depend on it."""

    number = 1012


class ItemIsInUse(Conflict):
    """{entity} is in use."""

    number = 1013


class DuplicateReference(Conflict):
    """Error creating Transaction. Duplicate Reference."""

    number = 1016


class OptimisticConcurrency(Conflict):
    """{entity} was changed by someone else in the meantime."""

    number = 1020  # by its place in the list of codes


class FieldNotEditable(Conflict):
    """{field} cannot be changed."""

    number = 1023  # by its place in the list of codes


class RobotNotConfiguredForUser(Conflict):
    """The provided robot is not configured for the current user."""

    number = 1302


class CredentialUserNeedsPassword(Conflict):
    """A new user name needs its password."""

    number = 1500
    code = "CredentialAssetEmptyPasswordForNewUser"


class AssetTypeNotUpdatable(Conflict):
    """The type of an asset cannot be changed."""

    number = 1502
    code = "AssetTypeNonUpdatable"


# --- 409: jobs ----------------------------------------------------------------------------


class JobCannotBeStopped(Conflict):
    """A job that is {state} cannot be stopped."""

    number = 1657
    code = "JobTypeCannotBeStopped"


class PendingJobsAlreadyExist(Conflict):
    """The robots already have pending jobs for this Process"""

    number = 1670


class InvalidStartJobRobotIds(Conflict):
    """Couldn't find any user with unattended robot permissions in the current folder."""

    number = 1671


class NoMachineInFolder(Conflict):
    """Could not find a machine with Unattended or NonProduction runtimes in the current folder"""

    number = 2818
    code = "NoMachineAssociatedWithFolder"


class UnattendedRobotNotFound(Conflict):
    """Foreground job requires an unattended robot to be defined on your user"""

    number = 1230


class CannotRestartUnfinishedJob(Conflict):
    """Only a job that has ended can be restarted."""

    number = 1697  # by its place in the list of codes


# --- 409: transactions --------------------------------------------------------------------


class TransactionNotStarted(Conflict):
    """The transaction is not in progress."""

    code = "TransactionNotStarted"


class FinalTransaction(Conflict):
    """A transaction that is {status} has reached its end and cannot change any more."""

    code = "QueueItemInvalidTransitionFromFinalStatus"


class TransactionReferenceRequired(Conflict):
    """Error creating Transaction. Reference is required for Unique Reference Queues."""

    code = "TransactionReferenceRequired"


class ProgressNotInProgress(Conflict):
    """Progress can be set on a transaction that is in progress only."""

    code = "InvalidTransactionProgressStatus"


class InvalidStatusForRetry(Conflict):
    """A queue item that is {status} cannot be retried."""

    code = "QueueItemInvalidStatusForRetry"


class SchemaViolation(Conflict):
    """{part} does not fit the JSON schema of the queue: {reason}"""

    code = "QueueItemSchemaViolationException"


# --- 409: queues --------------------------------------------------------------------------


class QueueParametersCannotChange(Conflict):
    """{field} of a queue cannot be changed."""

    code = "QueueDefinitionParametersCannotChange"


# --- 409: schedules -----------------------------------------------------------------------


class CalendarInUse(Conflict):
    """The calendar {name} cannot be deleted while triggers use it."""

    code = "CannotDeleteCalendarWhenUsedBySchedule"


class QueueHasTrigger(Conflict):
    """The queue {name} has a trigger already."""

    code = "ScheduleCannotBeAssociatedWithAQueue"


class ScheduleNotEnabled(Conflict):
    """The trigger {name} is not enabled."""

    code = "ScheduleIsNotEnabled"


class ScheduleWithoutQueue(Conflict):
    """The trigger {name} is not associated with a queue."""

    code = "ScheduleNotAssociatedWithAQueue"
