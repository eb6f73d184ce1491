"""Structured values that several entities hold: no key, no table, JSON in a column."""

from enum import IntEnum

from concertmaster.entities._enums import UpdatePolicyType


class Tag:
    """A label on an entity, with or without a value."""

    name: str
    display_name: str | None
    value: str | None
    display_value: str | None


class ArgumentMetadata:
    """What a process takes and gives, as JSON texts that list its arguments."""

    __edm__ = "ArgumentMetadata"

    input: str | None
    output: str | None


class AutopilotForRobotsSettings:
    """Whether a failing job is looked at, and mended, by Autopilot."""

    enabled: bool
    healing_enabled: bool


class UpdatePolicy:
    """Which version a client or a robot updates itself to."""

    type: UpdatePolicyType | None
    specific_version: str | None


UpdateStatus = IntEnum(
    "UpdateStatus",
    {
        "None": 0,
        "InProgress": 1,
        "Failed": 2,
        "NonCompliant": 3,
        "Compliant": 4,
        "NotApplicable": 5,
        "Scheduled": 6,
        "FailedRescheduled": 7,
    },
)
UpdateStatus.__doc__ = "How far an update has come."


class UpdateReason(IntEnum):
    """Why an update does not apply."""

    NonCompliantWithDifferentVersion = 0
    NonCompliantWithoutTargetVersion = 1
    NotApplicableForOlderSessions = 2
    NotApplicableForMachineType = 3
    NotApplicableTemplateWithoutRobotSessions = 4
    NotApplicableForPlatform = 5
    NotApplicableForTargetFramework = 6


class UpdateInfo:
    """The state of a host's update."""

    update_status: UpdateStatus | None
    reason: UpdateReason | None
    target_update_version: str | None
    is_community: bool | None
    status_info: str | None


class CustomKeyValuePair:
    """One entry of a list of names and values."""

    __edm__ = "CustomKeyValuePair"

    key: str | None
    value: str | None


class ResponseDictionary:
    """Names and values, side by side."""

    keys: list[str]
    values: list[str]


class BlobFileAccess:
    """Where a file can be sent to or fetched from, and how."""

    uri: str | None
    verb: str | None
    requires_auth: bool
    headers: ResponseDictionary | None
