"""What two official clients were recorded to call, as facts: method, path, body, what they read.

`<job_key>` stands for something that the tenant of clients.yaml has (see `known` in
test_captures.py); alone in a string it keeps its type. ids and keys of nothing are `<unknown>`.
"""

from dataclasses import dataclass, field
from typing import Any

ODATA = "UiPath.Server.Configuration.OData"


@dataclass(frozen=True)
class Recorded:
    """One call and the answer that the client can go on with."""

    method: str
    path: str  #: below `orchestrator_`; with a leading slash, below the server
    body: Any = None
    status: int = 200
    reads: tuple[str, ...] = ()  #: members of the answer; `value/Id` of every row of it
    code: int | None = None  #: errorCode, where the answer is an error
    says: str = ""  #: a part of the error's message
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        expected = self.says or self.status
        return (
            f"{self.method} {self.path.split('?')[0].rsplit(ODATA, 1)[-1].strip('/.')} {expected}"
        )


def later(method: str, path: str, operation: str, body: Any = None, **more: Any) -> Recorded:
    """A call whose operation is known and not built yet: 501, and it says which."""
    return Recorded(method, path, body, 501, says=operation, **more)


def missing(method: str, path: str, body: Any = None, **more: Any) -> Recorded:
    """A call for something that is not there."""
    return Recorded(method, path, body, **{"status": 404, "code": 1002, **more})


JOB = ("Id", "Key", "State", "CreationTime", "InputArguments", "OutputArguments", "Info")
ITEM = ("Id", "Key", "Status", "Priority", "Reference", "SpecificContent", "QueueDefinitionId")
ASSET = ("Name", "ValueType", "Value", "StringValue", "BoolValue", "IntValue", "CredentialUsername")


def rows(*members: str) -> tuple[str, ...]:
    return ("@odata.count", *(f"value/{member}" for member in members))


# --- `uipath` 2.14.44 from PyPI -------------------------------------------------------------

PYTHON_HEADERS = {
    "accept": "application/json",
    "x-uipath-folderpath": "Shared",
    "x-uipath-user-agent": "UiPath.Python.Sdk/UiPath.Python.Sdk.Activities./2.14.44",
}

_BY_KEY = f"odata/Jobs/{ODATA}.GetByKey(identifier={{}})"
_KEY_IN = "odata/Jobs?$filter=Key in ('{}')&$select=Id,Key&$top=1"
_FOR_ROBOT = f"odata/Assets/{ODATA}.GetRobotAssetByNameForRobotKey"
_RELEASES = (
    f"odata/Releases/{ODATA}.ListReleases"
    "?$select=Id,Key,ProcessVersion&$top=25&$filter=ProcessKey eq '{}'"
)
_ME = f"odata/Users/{ODATA}.GetCurrentUserExtended"
_BUCKET = f"odata/Buckets(<bucket_id>)/{ODATA}"
BUCKET = ("Id", "Identifier", "Name")
ACCESS = ("Uri", "Verb", "RequiresAuth", "Headers/Keys", "Headers/Values")
_BUCKETS = "odata/Buckets?$filter=Name eq 'b'&$top=1"


def _asked_asset(name: str, robot_key: str = "<robot_key>") -> dict[str, Any]:
    return {
        "assetName": name,
        "robotKey": robot_key,
        "supportsCredentialsProxyDisconnected": True,
    }


PYTHON = [
    # jobs
    Recorded(
        "POST", f"odata/Jobs/{ODATA}.StartJobs",
        {"startInfo": {
            "ReleaseName": "MailTriage",
            "InputArguments": '{"Mailbox": "orders@example.com"}',
            "Source": "AgentService",
        }},
        201, tuple(f"value/{member}" for member in JOB),
        headers={"x-uipath-jobkey": "<job_key>"},
    ),
    missing("POST", f"odata/Jobs/{ODATA}.StartJobs", {"startInfo": {"ReleaseName": "P"}}),
    Recorded("GET", _BY_KEY.format("<job_key>"), reads=JOB),
    missing("GET", _BY_KEY.format("<unknown>")),
    Recorded(
        "GET", "odata/Jobs?$skip=0&$top=5&$filter=State eq 'Running'&$orderby=CreationTime desc",
        reads=rows(*JOB),
    ),
    Recorded("GET", _KEY_IN.format("<job_key>"), reads=rows("Id", "Key")),
    Recorded("GET", _KEY_IN.format("<unknown>"), reads=("value",)),
    Recorded(
        "POST", f"odata/Jobs/{ODATA}.StopJobs", {"jobIds": ["<job_id>"], "strategy": "SoftStop"}
    ),
    missing("POST", f"odata/Jobs/{ODATA}.StopJobs", {"jobIds": [999999], "strategy": "SoftStop"}),
    Recorded("POST", f"odata/Jobs/{ODATA}.RestartJob", {"jobId": "<ended_job_id>"}, reads=JOB),
    missing("POST", f"odata/Jobs/{ODATA}.RestartJob", {"jobId": 999999}),
    Recorded("GET", "odata/JobTriggers?$filter=JobId eq 5&$top=1&$select=ItemKey",
             reads=("value",)),
    missing("POST", "api/JobTriggers/DeliverPayload/<unknown>", {"payload": {"a": 1}}),
    missing("GET", "api/JobAttachments/GetByJobKey?jobKey=<unknown>"),
    missing("POST", "api/JobAttachments/Post",
            {"attachmentId": "<unknown>", "jobKey": "<job_key>", "category": "x"}),
    Recorded("POST", "odata/Attachments", {"Name": "n.txt"}, 201,
             ("Id", "BlobFileAccess/Uri", "BlobFileAccess/Headers", "BlobFileAccess/RequiresAuth")),
    missing("GET", "odata/Attachments(<unknown>)"),
    missing("DELETE", "odata/Attachments(<unknown>)"),
    # queues
    Recorded("GET", "odata/QueueItems?$filter=QueueDefinitionName eq 'CustomerRequests'",
             reads=rows(*ITEM)),
    Recorded(
        "POST", "odata/Queues/UiPathODataSvc.AddQueueItem",
        {"itemData": {
            "Name": "Work", "Priority": "High", "SpecificContent": {"a": 1}, "Reference": "r1",
        }},
        201, ITEM,
    ),
    Recorded("POST", "odata/Queues/UiPathODataSvc.AddQueueItem",
             {"itemData": {"SpecificContent": {"a": 1}, "Name": "Work"}}, 201, ITEM),
    missing("POST", "odata/Queues/UiPathODataSvc.AddQueueItem", {"itemData": {"Name": "q"}}),
    Recorded(
        "POST", "odata/Queues/UiPathODataSvc.BulkAddQueueItems",
        {
            "queueName": "Work", "commitType": "ProcessAllIndependently",
            "queueItems": [{"Name": "Work", "SpecificContent": {"a": 1}}],
        },
        reads=("Success", "Message", "FailedItems"),
    ),
    Recorded(
        "POST", "odata/Queues/UiPathODataSvc.StartTransaction",
        {"transactionData": {"Name": "CustomerRequests", "RobotIdentifier": "<robot_key>"}},
        reads=ITEM,
    ),
    *(
        Recorded("POST", f"odata/QueueItems({key})/UiPathODataSvc.SetTransactionProgress",
                 {"progress": "50%"})
        for key in ("<item_key>", "<item_id>")
    ),
    *(
        Recorded("POST", f"odata/Queues({key})/UiPathODataSvc.SetTransactionResult",
                 {"transactionResult": {"IsSuccessful": True, "Output": {"x": 1}}})
        for key in ("<item_key>", "<item_id>")
    ),
    missing("POST", "odata/QueueItems(<unknown>)/UiPathODataSvc.SetTransactionProgress",
            {"progress": "50%"}),
    missing("POST", "odata/Queues(<unknown>)/UiPathODataSvc.SetTransactionResult",
            {"transactionResult": {"IsSuccessful": True}}),
    # assets
    Recorded("POST", _FOR_ROBOT, _asked_asset("Greeting"), reads=("Id", *ASSET)),
    Recorded("POST", _FOR_ROBOT, _asked_asset("MailAccount"),
             reads=("CredentialUsername", "CredentialPassword")),
    Recorded("POST", _FOR_ROBOT, _asked_asset("ApiToken"), reads=("SecretValue",)),
    missing("POST", _FOR_ROBOT, _asked_asset("A")),
    missing("POST", _FOR_ROBOT, _asked_asset("Greeting", "<unknown>"), status=409, code=1302),
    Recorded("GET", f"odata/Assets/{ODATA}.GetFiltered?$skip=0&$top=100&$filter=Name eq 'Greeting'",
             reads=rows("Key", *ASSET)),
    Recorded("GET", f"odata/Assets/{ODATA}.GetFiltered?$skip=0&$top=100",
             reads=rows("Key", *ASSET)),
    # folders and processes
    Recorded(
        "GET", "api/FoldersNavigation/GetFoldersForCurrentUser?searchText=Shared&skip=0&take=20",
        reads=("Count", "PageItems/Key", "PageItems/FullyQualifiedName"),
    ),
    Recorded("GET", f"{_ME}?$select=PersonalWorkspace&$expand=PersonalWorkspace",
             reads=tuple(f"PersonalWorkspace/{m}" for m in ("Id", "Key", "FullyQualifiedName"))),
    # The spelling is the product's own.
    Recorded("GET", f"{_ME}?$expand=PersonalWorkspace",
             reads=("PersonalWorkspace/Id", "PersonalWorskpaceFeedId")),
    Recorded("GET", _RELEASES.format("DailyReport"), reads=rows("Id", "Key", "ProcessVersion"),
             headers={"x-uipath-organizationunitid": "1", "x-uipath-folderpath": ""}),
    Recorded("GET", _RELEASES.format("hello-fn"), reads=("value",),
             headers={"x-uipath-organizationunitid": "<workspace_id>", "x-uipath-folderpath": ""}),
    Recorded(
        "POST", f"odata/Jobs/{ODATA}.StartJobs",
        {"StartInfo": {
            "ReleaseKey": "<release_key>", "RunAsMe": True,
            "InputArguments": '{"Mailbox":"a"}', "EntryPointPath": "Main.xaml",
        }},
        201, ("value/Key",),
        headers={"x-uipath-organizationunitid": "1", "x-uipath-folderpath": ""},
    ),
    # The recording left the file out; tests/clients/test_robot_loop.py sends one.
    Recorded("POST", f"odata/Processes/{ODATA}.UploadPackage()", None, 400, code=1000,
             says="A form with a file is expected"),
    # buckets, and the schemas of another service
    Recorded("GET", "odata/Buckets?$skip=0&$top=100&$filter=contains(tolower(Name), tolower('b'))",
             reads=rows(*BUCKET)),
    Recorded("GET", _BUCKETS, reads=rows(*BUCKET)),
    Recorded("GET", f"odata/Buckets/{ODATA}.GetByKey(identifier='<bucket_key>')", reads=BUCKET),
    missing("GET", f"odata/Buckets/{ODATA}.GetByKey(identifier='<unknown>')"),
    Recorded("POST", "odata/Buckets", {"Name": "new", "Identifier": "<unknown>"}, 201, BUCKET),
    missing("DELETE", "odata/Buckets(999999)"),
    Recorded("GET", f"{_BUCKET}.GetWriteUri?path=a.txt&contentType=text/plain", reads=ACCESS),
    Recorded("GET", f"{_BUCKET}.GetReadUri?path=a.txt", reads=ACCESS),
    Recorded("GET", f"{_BUCKET}.GetFiles?directory=/&fileNameGlob=*.txt&$top=500",
             reads=rows("FullPath", "ContentType", "Size", "IsDirectory")),
    missing("DELETE", f"{_BUCKET}.DeleteFile?path=none.txt"),
    # These two leave `orchestrator_` out, or the tenant.
    Recorded("GET", "/acme/Default/api/Buckets/<bucket_id>/ListFiles?prefix=a&takeHint=500",
             reads=("items/fullPath", "items/contentType", "items/size", "items/lastModified")),
    later("GET", "/acme/apps_/default/api/v1/default/deployed-action-apps-schemas"
          "?search=app&filterByDeploymentTitle=true", "Apps_", headers={
              "x-uipath-tenantid": "<tenant_key>"}),
]  # fmt: skip

# --- `@uipath/uipath-typescript` 1.3.8 from npm ---------------------------------------------

TRACE_ID = "9b2d8395034f48609b165ebfaef5be13"
TYPESCRIPT_HEADERS = {
    "content-type": "application/json",
    "accept-language": "*",
    "sec-fetch-mode": "cors",
    "x-uipath-traceparent-id": f"00-{TRACE_ID}-79783cd28e044257-01",
    "x-uipath-organizationunitid": "1",
}
#: Members that it renames (`createdTime`…) or shows, in the names that it makes them from.
TS_JOB = (*JOB, "ReleaseName", "ProcessType", "OrganizationUnitId", "LastModificationTime")
TS_PROCESS = ("Id", "Key", "Name", "ProcessKey", "ProcessVersion", "ProcessType", "CreationTime",
              "OrganizationUnitId", "OrganizationUnitFullyQualifiedName")  # fmt: skip
TS_QUEUE = ("Id", "Key", "Name", "Description", "CreationTime", "OrganizationUnitId")
TS_ASSET = ("Id", "Key", "CreationTime", "LastModificationTime", "ValueScope", *ASSET)

#: Takes the folder's id where 1.3.8 is given an object instead.
OBJECT = {"x-uipath-organizationunitid": "[object Object]"}
NO_FOLDER = {"x-uipath-organizationunitid": ""}
_OUTPUT = "?$select=outputArguments,outputFile"
_TS_KEY_IN = "odata/Jobs?$filter=key in ('{}')&$select=id,key&$top=1&$count=true"
_STOP = {"jobIds": ["<job_id>"], "strategy": "SoftStop"}
_PEOPLE = "$expand=AssignedToUser,CreatorUser,LastModifierUser"


def misled(method: str, path: str, body: Any = None) -> Recorded:
    """A call whose folder arrives as `[object Object]`."""
    return Recorded(method, path, body, 400, code=1100, headers=OBJECT)


TYPESCRIPT = [
    Recorded("GET", f"odata/Assets/{ODATA}.GetAssetsAcrossFolders", reads=rows(*TS_ASSET),
             headers=NO_FOLDER),
    Recorded(
        "GET", f"odata/Assets/{ODATA}.GetFiltered?$filter=name eq 'Greeting'&$top=10&$count=true",
        reads=rows(*TS_ASSET),
    ),
    Recorded("GET", "odata/Assets(<asset_id>)", reads=TS_ASSET),
    missing("GET", "odata/Assets(999999)"),
    Recorded("GET", f"odata/Assets/{ODATA}.GetFiltered?$filter=Name eq 'Greeting'&$top=1",
             reads=rows(*TS_ASSET),
             headers={**NO_FOLDER, "x-uipath-folderpath-encoded": "UwBoAGEAcgBlAGQA"}),
    Recorded("GET", "odata/QueueDefinitions?$filter=name eq 'Work'&$top=5&$count=true",
             reads=rows(*TS_QUEUE)),
    Recorded("GET", f"odata/QueueDefinitions/{ODATA}.GetQueuesAcrossFolders",
             reads=rows(*TS_QUEUE), headers=NO_FOLDER),
    Recorded("GET", "odata/QueueDefinitions(<queue_id>)", reads=TS_QUEUE),
    missing("GET", "odata/QueueDefinitions(999999)"),
    Recorded("GET", "odata/Releases?$expand=robot", reads=rows(*TS_PROCESS)),
    Recorded("GET", "odata/Releases(<release_id>)", reads=TS_PROCESS),
    missing("GET", "odata/Releases(999999)"),
    Recorded(
        "POST", f"odata/Jobs/{ODATA}.StartJobs",
        {"startInfo": {
            "inputArguments": '{"Mailbox":"orders@example.com"}', "releaseKey": "<release_key>",
        }},
        201, tuple(f"value/{member}" for member in TS_JOB),
    ),
    misled("POST", f"odata/Jobs/{ODATA}.StartJobs", {"startInfo": {"releaseName": "DailyReport"}}),
    Recorded(
        "GET",
        "odata/Jobs?$filter=State eq 'Faulted' and packageType eq 'Agent'"
        "&$orderby=createdTime desc&$top=2&$count=true",
        reads=rows(*TS_JOB),
    ),
    misled("GET", _BY_KEY.format("<job_key>")),
    misled("GET", _BY_KEY.format("<job_key>") + _OUTPUT),
    Recorded("GET", _BY_KEY.format("<job_key>") + _OUTPUT,
             reads=("OutputArguments", "OutputFile")),
    misled("GET", _TS_KEY_IN.format("<job_key>")),
    Recorded("GET", _TS_KEY_IN.format("<job_key>"), reads=rows("Id", "Key")),
    misled("POST", f"odata/Jobs/{ODATA}.StopJobs", _STOP),
    Recorded("POST", f"odata/Jobs/{ODATA}.StopJobs", _STOP),
    misled("POST", f"odata/Jobs/{ODATA}.RestartJob", {"jobId": "<ended_job_id>"}),
    Recorded("POST", f"odata/Jobs/{ODATA}.RestartJob", {"jobId": "<ended_job_id>"}, reads=TS_JOB),
    missing("POST", f"odata/Jobs/{ODATA}.ResumeJob", {"jobKey": "<unknown>"}),
    Recorded("GET", "odata/Buckets", reads=rows(*BUCKET)),
    Recorded("GET", f"odata/Buckets/{ODATA}.GetBucketsAcrossFolders", reads=rows(*BUCKET)),
    Recorded("GET", "odata/Buckets(<bucket_id>)", reads=BUCKET),
    Recorded("GET", "api/Buckets/<bucket_id>/ListFiles?prefix=/a&takeHint=10",
             reads=("items/fullPath", "items/contentType", "items/size")),
    Recorded("GET", f"{_BUCKET}.GetReadUri?path=/a.txt", reads=ACCESS),
    Recorded("GET", f"{_BUCKET}.GetWriteUri?path=/a.txt", reads=ACCESS),
    later(
        "GET",
        f"odata/Tasks/{ODATA}.GetTasksAcrossFolders?{_PEOPLE}"
        "&$filter=organizationUnitId eq 1&$top=5&$count=true",
        "Tasks_GetTasksAcrossFolders",
    ),
    later("GET", f"odata/Tasks(1)?{_PEOPLE}", "Tasks_GetById"),
    later("GET", f"odata/Tasks/{ODATA}.GetTaskUsers(organizationUnitId=1)", "Tasks_GetTaskUsers"),
    later("POST", "tasks/GenericTasks/CreateTask", "GenericTasks_CreateTask",
          {"title": "x", "priority": "Medium", "type": "ExternalTask"}),
    later("POST", "tasks/GenericTasks/CompleteTask", "GenericTasks_CompleteTask",
          {"type": "ExternalTask", "taskId": 1, "data": {}, "action": "ok"}),
    later("POST", f"odata/Tasks/{ODATA}.AssignTasks", "Tasks_AssignTasks",
          {"TaskAssignments": [{"TaskId": 1, "UserId": 2}]}),
    later("POST", f"odata/Tasks/{ODATA}.AssignTasks", "Tasks_AssignTasks",
          {"TaskAssignments": [{"TaskId": 1, "UserNameOrEmail": "a@b"}]}),
    later("POST", f"odata/Tasks/{ODATA}.UnassignTasks", "Tasks_UnassignTasks", {"taskIds": [1]}),
    missing("GET", "odata/Attachments(<unknown>)"),
]  # fmt: skip
