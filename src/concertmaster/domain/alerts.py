"""Alerts: what went wrong, told to everyone who may see alerts and wants to hear of such things.

Which event is an alert is a table. The names of notifications follow the two that are published,
`Robot.StatusChanged.NotResponding` and `Robot.StatusChanged.Offline`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, deadlines, job_timeouts
from concertmaster.domain.access import Caller
from concertmaster.domain.events import Event
from concertmaster.entities import (
    Alert,
    AlertComponent,
    AlertSeverity,
    AlertState,
    Job,
    Permission,
    ProcessSchedule,
    QueueDefinition,
    QueueItem,
    Robot,
    SessionState,
    User,
    UserRole,
    UserType,
    Webhook,
    folder_user_roles,
)
from concertmaster.entities import Session as RobotSession

#: The permission without which nobody sees alerts.
SEEING = "Alerts.View"


@dataclass(frozen=True)
class Said:
    """What an alert says: its name, how bad it is, and the facts that go with it."""

    name: str
    component: AlertComponent
    severity: AlertSeverity
    data: Mapping[str, Any]


#: An event → the alerts that it is.
Says = Callable[[Session, Event], list[Said]]


# --- what is said ---------------------------------------------------------------------------


def _rows(session: Session, event: Event, statement: Any, id_: Any) -> list[dict[str, Any]]:
    found = session.execute(statement.where(id_.in_(event.ids))).mappings()
    return [{name: value for name, value in row.items() if value is not None} for row in found]


def _job(name: str, severity: AlertSeverity) -> Says:
    def say(session: Session, event: Event) -> list[Said]:
        found = _rows(session, event, _JOB, Job.id)
        return [Said(name, AlertComponent.Jobs, severity, row) for row in found]

    return say


_JOB = sa.select(
    Job.key.label("JobKey"), Job.release_name.label("ProcessName"), Job.info.label("Info"),
    Job.host_machine_name.label("HostMachineName"), Robot.name.label("RobotName"),
).outerjoin(Robot, Robot.id == Job.robot_id)  # fmt: skip


#: What a robot's new state says; nothing where it went on working.
_STATES: Mapping[SessionState, tuple[str, AlertSeverity]] = {
    SessionState.Disconnected: ("Offline", AlertSeverity.Fatal),
    SessionState.Unknown: ("NotResponding", AlertSeverity.Error),
    SessionState.Available: ("Available", AlertSeverity.Info),
}
_AWAY = (SessionState.Disconnected, SessionState.Unknown)


def _robot(session: Session, event: Event) -> list[Said]:
    asked = (
        sa.select(
            RobotSession.state, Robot.name.label("RobotName"), Robot.id.label("RobotId"),
            RobotSession.host_machine_name.label("HostMachineName"),
        )
        .outerjoin(Robot, Robot.id == RobotSession.robot_id)
    )  # fmt: skip
    said = []
    for row in _rows(session, event, asked, RobotSession.id):
        state = row.pop("state")
        back = state is SessionState.Available
        if state in _STATES and (not back or event.facts.get("was") in _AWAY):
            name, severity = _STATES[state]
            name = f"Robot.StatusChanged.{name}"
            said.append(Said(name, AlertComponent.Robots, severity, row))
    return said


def _item(
    name: str,
    severity: AlertSeverity,
    component: AlertComponent = AlertComponent.Transactions,
) -> Says:
    def say(session: Session, event: Event) -> list[Said]:
        asked = sa.select(
            QueueItem.id.label("QueueItemId"), QueueItem.reference.label("Reference"),
            QueueDefinition.name.label("QueueName"),
        ).join(QueueDefinition, QueueDefinition.id == QueueItem.queue_definition_id)  # fmt: skip
        return [
            Said(name, component, severity, row)
            for row in _rows(session, event, asked, QueueItem.id)
        ]

    return say


def _schedule(name: str, severity: AlertSeverity) -> Says:
    def say(session: Session, event: Event) -> list[Said]:
        asked = sa.select(
            ProcessSchedule.name.label("ScheduleName"),
            ProcessSchedule.release_name.label("ProcessName"),
        )
        return [
            Said(name, AlertComponent.Schedules, severity, row | {"Reason": event.facts["reason"]})
            for row in _rows(session, event, asked, ProcessSchedule.id)
        ]

    return say


def _webhook(session: Session, event: Event) -> list[Said]:
    asked = sa.select(
        Webhook.name.label("WebhookName"), Webhook.url.label("Url"),
        Webhook.paused_until.label("PausedUntil"),
    )  # fmt: skip
    return [
        Said("Webhook.Paused", AlertComponent.Webhooks, AlertSeverity.Warn, row)
        for row in _rows(session, event, asked, Webhook.id)
    ]


SAID: Mapping[str, Says] = {
    "job.faulted": _job("Job.StatusChanged.Faulted", AlertSeverity.Error),
    job_timeouts.OVERDUE: _job("Job.Overdue", AlertSeverity.Warn),
    "robot.status": _robot,
    "queueItem.transactionFailed": _item("Transaction.Failed", AlertSeverity.Error),
    "queueItem.transactionAbandoned": _item("Transaction.Abandoned", AlertSeverity.Error),
    deadlines.AT_RISK: _item("Queue.SlaAtRisk", AlertSeverity.Warn, AlertComponent.Queues),
    deadlines.LATE: _item("Queue.SlaMissed", AlertSeverity.Error, AlertComponent.Queues),
    "schedule.failed": _schedule("Schedule.Failed", AlertSeverity.Error),
    "schedule.disabled": _schedule("Schedule.Disabled", AlertSeverity.Warn),
    "webhook.paused": _webhook,
}

#: Which member of a user's subscriptions turns the alerts of a component off.
SUBSCRIPTIONS: Mapping[AlertComponent, str] = {
    AlertComponent.Robots: "Robots",
    AlertComponent.Jobs: "Jobs",
    AlertComponent.Process: "Jobs",
    AlertComponent.Schedules: "Schedules",
    AlertComponent.Queues: "Queues",
    AlertComponent.Transactions: "QueueItems",
    AlertComponent.Tasks: "Tasks",
    AlertComponent.Export: "Export",
    AlertComponent.Webhooks: "Webhooks",
}


# --- raising --------------------------------------------------------------------------------


def raise_alerts(session: Session, happened: Sequence[Event], by: int | None) -> None:
    """A reaction: what happened is told where it is an alert."""
    for event in happened:
        for said in SAID[event.type](session, event):
            tell(session, said, folder=event.folder_id, now=event.at)


def tell(session: Session, said: Said, *, folder: int | None, now: str) -> None:
    """An alert for everyone who may see alerts and has not turned such ones off."""
    number, data = clock.new_guid(), orjson.dumps(said.data).decode()
    link = f"/alerts/deeplink/{said.name}?{urlencode(said.data)}"
    rows = [
        {
            "user_notification_id": clock.new_guid(),
            "id": number,
            "notification_name": said.name,
            "data": data,
            "component": said.component,
            "severity": said.severity,
            "creation_time": now,
            "state": AlertState.Unread,
            "deep_link_relative_url": link,
            "user_id": user,
            "organization_unit_id": folder,
        }
        for user in _listeners(session, said.component)
    ]
    if rows:
        session.execute(sa.insert(cast("sa.Table", Alert.__table__)), rows)


def _listeners(session: Session, component: AlertComponent) -> list[int]:
    may_see = sa.select(Permission.role_id).where(Permission.name == SEEING, Permission.is_granted)
    in_tenant = sa.select(UserRole.user_id).where(UserRole.role_id.in_(may_see))
    in_folder = sa.select(folder_user_roles.c.user_id).where(
        folder_user_roles.c.role_id.in_(may_see)
    )
    people = (
        sa.select(User.id, User.notification_subscription)
        .where(
            User.is_active, User.type.in_((UserType.User, UserType.DirectoryUser)),
            sa.or_(User.id.in_(in_tenant), User.id.in_(in_folder)),
        )
        .order_by(User.id)
    )  # fmt: skip
    wanted = SUBSCRIPTIONS.get(component)
    return [
        row.id
        for row in session.execute(people)
        if wanted is None or (row.notification_subscription or {}).get(wanted) is not False
    ]


# --- reading --------------------------------------------------------------------------------


def visible(caller: Caller) -> list[sa.ColumnElement[bool]]:
    """The caller's own alerts, of folders that can still be entered."""
    mine = [Alert.user_id == (caller.user_id or 0)]
    if caller.unlimited:
        return mine
    here = Alert.organization_unit_id.in_(sorted(caller.folders))
    return [*mine, sa.or_(Alert.organization_unit_id.is_(None), here)]


def unread(session: Session, caller: Caller) -> int:
    """How many alerts the caller has not read."""
    new = Alert.state == AlertState.Unread
    counted = sa.select(sa.func.count()).select_from(Alert).where(new, *visible(caller))
    return session.scalar(counted) or 0


def mark_as_read(session: Session, caller: Caller, ids: Sequence[str]) -> None:
    """The caller has read these, whether named by the alert or by its notification."""
    named = sa.or_(Alert.id.in_(ids), Alert.user_notification_id.in_(ids))
    marked = sa.update(Alert).where(named, *visible(caller))
    session.execute(marked.values(state=AlertState.Read).execution_options(
        synchronize_session=False
    ))  # fmt: skip
