"""Alerts: what went wrong, told to each user who may want to know."""

from enum import IntEnum

from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity, link
from concertmaster.odata.declare import Guid, GuidText, Instant, Mapped, prop


class AlertComponent(IntEnum):
    """Which part of the product an alert is about."""

    Robots = 0
    Transactions = 1
    Schedules = 2
    Jobs = 3
    Process = 4
    Tasks = 5
    Queues = 6
    Folders = 7
    PersonalWorkspaces = 8
    TestAutomation = 9
    Insights = 10
    CloudRobots = 11
    ConnectedTriggers = 12
    Serverless = 13
    Export = 14
    RateLimits = 15
    AutopilotForRobots = 16
    Webhooks = 17


class AlertSeverity(IntEnum):
    """How bad it is. All documented."""

    Info = 0
    Success = 1
    Warn = 2
    Error = 3
    Fatal = 4


class AlertState(IntEnum):
    """Whether its user has seen it."""

    Unread = 0
    Read = 1


class Alert(
    Entity,
    entity_set="Alerts",
    permission="Alerts",
    scope="OR.Monitoring",
    default_order="CreationTime desc",
    key="Id",
):
    """One thing that a user is told; several users have a row each, with a state of its own."""

    notification_name: Mapped[str | None]
    data: Mapped[str | None]
    component: Mapped[AlertComponent]
    severity: Mapped[AlertSeverity]
    creation_time: Mapped[Instant]
    state: Mapped[AlertState] = prop(default=AlertState.Unread)
    user_notification_id: Mapped[Guid] = prop(type_=GuidText(), primary_key=True)
    deep_link_relative_url: Mapped[str | None]
    id: Mapped[Guid]

    user_id: Mapped[int] = prop(ForeignKey("users.id", ondelete="CASCADE"), hidden=True)
    organization_unit_id: Mapped[int | None] = prop(link("folders.id"), hidden=True)

    __table_args__ = (
        Index(None, "user_id", "state", "creation_time"),
        Index(None, "user_id", "creation_time"),
        Index(None, "id"),
    )
