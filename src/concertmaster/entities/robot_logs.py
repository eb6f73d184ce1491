"""Robot logs: what robots wrote while they worked."""

from enum import IntEnum

import sqlalchemy as sa

from concertmaster.entities._enums import RobotType
from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Guid, Instant, Int64, Mapped, prop


class LogLevel(IntEnum):
    """How bad it is. All documented."""

    Trace = 0
    Debug = 1
    Info = 2
    Warn = 3
    Error = 4
    Fatal = 5


class RobotLog(
    Entity,
    entity_set="RobotLogs",
    permission="Logs",
    scope="OR.Monitoring",
    folder="required",
    type_name="LogDto",
    key="Id",
):
    """One line of a robot's log."""

    # Where lines are kept in Elasticsearch, all are answered with Id 0: no key for a table.
    number: Mapped[int] = prop(
        type_=sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
        hidden=True,
    )

    level: Mapped[LogLevel]
    windows_identity: Mapped[str | None]
    process_name: Mapped[str | None]
    time_stamp: Mapped[Instant]
    message: Mapped[str | None]
    job_key: Mapped[Guid | None] = prop(index=True)
    raw_message: Mapped[str | None]
    robot_name: Mapped[str | None]
    host_machine_name: Mapped[str | None]
    machine_id: Mapped[Int64 | None]
    machine_key: Mapped[Guid | None]
    runtime_type: Mapped[RobotType | None]
    id: Mapped[Int64] = prop(default=0)

    organization_unit_id: Mapped[int | None] = prop(sa.ForeignKey("folders.id"), hidden=True)

    __table_args__ = (
        sa.Index(None, "organization_unit_id", "time_stamp"),
        sa.Index(None, "time_stamp"),
    )
