"""Enumerations that several entity sets share.

The numbers are stored and may be asked for (`State eq '1'`). Where the comment says so they are
documented; otherwise they count the published names from 0.

An enumeration with a member `None`, which Python reserves, is made from a mapping and read as
`RemoteControlAccess["None"]`.
"""

from enum import IntEnum


class RobotType(IntEnum):
    """What a robot, a runtime or a licence is for. 0 to 13 are documented."""

    NonProduction = 0
    Attended = 1
    Unattended = 2
    Development = 3
    Studio = 4
    RpaDeveloper = 5
    StudioX = 6
    CitizenDeveloper = 7
    Headless = 8
    RpaDeveloperPro = 9
    StudioPro = 10
    TestAutomation = 11
    AutomationCloud = 12
    Serverless = 13
    AutomationKit = 14
    ServerlessTestAutomation = 15
    AutomationCloudTestAutomation = 16
    AttendedStudioWeb = 17
    Hosting = 18
    AssistantWeb = 19
    ProcessOrchestration = 20
    AgentService = 21
    AppTest = 22
    PerformanceTest = 23


class ProvisionType(IntEnum):
    """Who made a folder, user or robot: a person, or Orchestrator. Documented by use."""

    Manual = 0
    Automatic = 1


class JobPriority(IntEnum):
    """Which of two waiting jobs starts first."""

    Low = 0
    Normal = 1
    High = 2


class ProcessType(IntEnum):
    """What kind of thing a process runs. Undefined 0 and Process 1 are documented by use."""

    Undefined = 0
    Process = 1
    ProcessOrchestration = 2
    WebApp = 3
    Agent = 4
    TestAutomationProcess = 5
    Api = 6
    MCPServer = 7
    BusinessRules = 8
    CaseManagement = 9


class TargetFramework(IntEnum):
    """What a package was compiled for."""

    Legacy = 0
    Windows = 1
    Portable = 2


class CredentialType(IntEnum):
    """How a robot signs in to Windows."""

    Default = 0
    SmartCard = 1
    NCipher = 2
    SafeNet = 3
    NoCredential = 4


RemoteControlAccess = IntEnum("RemoteControlAccess", {"None": 0, "ReadOnly": 1, "Full": 2})
RemoteControlAccess.__doc__ = "Whether a running job may be watched or taken over."

UpdatePolicyType = IntEnum(
    "UpdatePolicyType", {"None": 0, "SpecificVersion": 1, "LatestVersion": 2, "LatestPatch": 3}
)
UpdatePolicyType.__doc__ = "Which version a client or a robot updates itself to."
