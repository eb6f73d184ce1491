"""Exports: lists that are being, or have been, written to a file."""

from enum import IntEnum

from concertmaster.entities._kinds import Entity, link
from concertmaster.odata.declare import Instant, Int64, Json, Key, Mapped, prop


class ExportType(IntEnum):
    """What is written."""

    OrchestratorAudit = 0
    TestAutomationAudit = 1
    Queues = 2
    Logs = 3
    Jobs = 4
    Privileges = 5
    RateLimitsReportQueueItems = 6
    RateLimitsReportJobs = 7
    AutopilotForRobotsData = 8


class ExportStatus(IntEnum):
    """How far the writing has come."""

    New = 0
    InProgress = 1
    Completed = 2
    Failed = 3


class Export(
    Entity, entity_set="Exports", permissions={"GET": ""}, scope="", type_name="ExportModel"
):
    """A file of what somebody asked for, made in the background."""

    id: Mapped[Key]
    name: Mapped[str]
    type: Mapped[ExportType]
    status: Mapped[ExportStatus] = prop(default=ExportStatus.New)
    requested_at: Mapped[Instant] = prop(index=True)
    executed_at: Mapped[Instant | None]
    size: Mapped[Int64 | None]

    # What to write, for whom, and where it was put.
    request: Mapped[Json | None] = prop(hidden=True)
    user_id: Mapped[int | None] = prop(link("users.id"), hidden=True)
    folder_id: Mapped[int | None] = prop(link("folders.id"), hidden=True)
    file: Mapped[str | None] = prop(hidden=True)
