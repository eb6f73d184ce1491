"""What can be asked of the audit: the details of a line."""

from typing import Any

from concertmaster.domain.call import Call
from concertmaster.entities import AuditLog, AuditLogEntity
from concertmaster.odata.operations import Id, function
from concertmaster.odata.request import Request
from concertmaster.odata.service import Selection, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook


@hook("before_read", AuditLog)
def of_which_service(call: Call, target: Target, request: Request) -> list[Any]:
    """Test automation has an audit of its own, in which nothing happens here."""
    asked = request.headers.get("x-uipath-auditedservice", "").lower()
    return [AuditLog.id < 0] if asked == "testautomation" else []


@function("AuditLogs", "GetAuditLogDetails", permission="Audit.View")
def get_audit_log_details(call: Call, audit_log_id: Id) -> Selection:
    """The entities that a change was made to, with old and new values."""
    return select(AuditLogEntity, AuditLogEntity.audit_log_id == audit_log_id)
