"""What can be asked of alerts: how many are new, and that they were read; to raise one's own."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from concertmaster.domain import alerts
from concertmaster.domain.alerts import Said
from concertmaster.domain.call import Call
from concertmaster.entities import Alert, AlertComponent, AlertSeverity
from concertmaster.odata.operations import Nothing, Payload, action, function
from concertmaster.odata.request import Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook

Text = Annotated[str, Field(min_length=1, max_length=512)]


class ProcessAlert(Payload):
    """What a process has to say (ProcessAlertDto)."""

    message: Text
    severity: AlertSeverity
    robot_name: Text
    process_name: Text


@hook("before_read", Alert)
def only_ones_own(call: Call, target: Target, request: Request) -> list[Any]:
    return alerts.visible(call.caller)


@function("Alerts", "GetUnreadCount", permission="Alerts.View")
def get_unread_count(call: Call) -> int:
    """How many alerts the caller has not read."""
    return alerts.unread(call.session, call.caller)


@action("Alerts", "MarkAsRead", permission="Alerts.View")
def mark_as_read(call: Call, ids: Annotated[list[UUID], Field(max_length=10_000)]) -> int:
    """Alerts were read; how many are left."""
    alerts.mark_as_read(call.session, call.caller, [str(one) for one in ids])
    return alerts.unread(call.session, call.caller)


@action("Alerts", "RaiseProcessAlert", permission="Alerts.Create")
def raise_process_alert(call: Call, process_alert: ProcessAlert) -> Nothing:
    """An alert that a process raises: everyone who wants alerts of processes gets it."""
    data = {
        "Message": process_alert.message,
        "RobotName": process_alert.robot_name,
        "ProcessName": process_alert.process_name,
    }
    said = Said("Process.Alert", AlertComponent.Process, process_alert.severity, data)
    alerts.tell(call.session, said, folder=call.folder_id, now=call.now)
    return Nothing()
