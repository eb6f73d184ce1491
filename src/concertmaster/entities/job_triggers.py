"""Job triggers: what a suspended job waits for."""

from enum import IntEnum

from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop

JobTriggerType = IntEnum(
    "JobTriggerType",
    {"None": 0, "QueueItem": 1, "Job": 2, "Task": 3, "Timer": 4, "Inbox": 5, "Api": 6},
)
JobTriggerType.__doc__ = "What kind of thing a job waits for."


class JobTriggerStatus(IntEnum):
    """How far the waiting has come."""

    New = 0
    Ready = 1
    Fired = 2


class JobTrigger(
    Entity, entity_set="JobTriggers", permission="Jobs", scope="OR.Jobs", folder="required"
):
    """One of the things that let a suspended job go on."""

    job_id: Mapped[Int64] = prop(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    trigger_type: Mapped[JobTriggerType]
    status: Mapped[JobTriggerStatus] = prop(default=JobTriggerStatus.New)
    item_key: Mapped[Guid | None] = prop(index=True)
    item_id: Mapped[Int64 | None]
    timer: Mapped[Instant | None]
    trigger_message: Mapped[str | None]
    trigger_configuration: Mapped[str | None]
    id: Mapped[Key]

    creation_time: Mapped[Instant | None] = prop(hidden=True)
    modified_time: Mapped[Instant | None] = prop(hidden=True)
    payload: Mapped[Json | None] = prop(hidden=True)
    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )

    __table_args__ = (Index(None, "status", "trigger_type"),)
