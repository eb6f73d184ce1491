"""Lists written to files: asking for one, and for the link to it."""

from typing import Any

from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.domain.queues import queue_in_folder
from concertmaster.entities import AuditLog, Export, ExportType, Job, QueueItem, RobotLog
from concertmaster.odata.operations import action, function
from concertmaster.odata.request import Options, Request
from concertmaster.odata.service import Complex
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook
from concertmaster.work import exports


@action("Jobs", "Export", permission="Jobs.View")
def export_jobs(call: Call, options: Options) -> Export:
    """Write the jobs that a query finds to a file, in the background."""
    return exports.ask(call, ExportType.Jobs, Job, options)


@action("RobotLogs", "Export", permission="Logs.View")
def export_robot_logs(call: Call, options: Options) -> Export:
    """Write the log lines that a query finds to a file, in the background."""
    return exports.ask(call, ExportType.Logs, RobotLog, options)


@action("AuditLogs", "Export", permission="Audit.View")
def export_audit_logs(call: Call, options: Options) -> Export:
    """Write the lines of the audit that a query finds to a file, in the background."""
    return exports.ask(call, ExportType.OrchestratorAudit, AuditLog, options)


@action(
    "QueueDefinitions", "UiPathODataSvc.Export", key=True,
    permission="Queues.View and Transactions.View",
)  # fmt: skip
def export_queue_items(call: Call, key: int, options: Options) -> Export:
    """Write the items of a queue that a query finds to a file, in the background."""
    queue = queue_in_folder(call.session, call.folder, key)
    return exports.ask(
        call, ExportType.Queues, QueueItem, options,
        queue_definition_id=queue.id, organization_unit_id=queue.organization_unit_id,
    )  # fmt: skip


@hook("before_read", Export)
def only_ones_own(call: Call, target: Target, request: Request) -> list[Any]:
    """An export shows what its requester could see: nobody else reads it."""
    return [] if call.caller.unlimited else [Export.user_id == (call.caller.user_id or 0)]


@function("Exports", "GetDownloadLink", key=True)
def get_download_link(call: Call, key: int) -> Complex:
    """Where the file can be fetched, for a quarter of an hour."""
    export = call.session.get(Export, key)
    if export is None or not (call.caller.unlimited or export.user_id == call.caller.user_id):
        raise ItemNotFound(entity="Export")
    members = {
        "Uri": exports.link(export, call.base_url),
        "Verb": "GET",
        "RequiresAuth": False,
        "Headers": {"Keys": [], "Values": []},
    }
    return Complex("UiPath.Server.Configuration.OData.BlobFileAccessDto", members)
