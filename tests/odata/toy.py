"""A model of its own for the tests of the engine: jobs, robots, tags; nothing of Orchestrator.

Twelve jobs whose values are as awkward as real ones: nulls, signs of LIKE, quotes, three scripts,
seven digits of a second, two navigations to one table, one to its own.
"""

import enum
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

from concertmaster.odata.declare import (
    HIDDEN,
    TYPES,
    Date,
    Declared,
    Duration,
    Guid,
    Instant,
    Int16,
    Int64,
    Json,
    Key,
    RowVersion,
    TimeOfDay,
    prop,
)  # fmt: skip
from concertmaster.odata.model import Model


class JobState(enum.IntEnum):
    Pending = 0
    Running = 1
    Stopping = 2
    Terminating = 3
    Faulted = 4
    Successful = 5
    Stopped = 6


class Rights(enum.IntFlag):
    View = 1
    Edit = 2
    Delete = 4


class Thing(Declared, DeclarativeBase):
    type_annotation_map = TYPES


class Environment(Thing, entity_set="Environments"):
    """Where releases live."""

    id: Mapped[Key]
    name: Mapped[str] = prop(length=40, unique=True)


class Release(Thing, entity_set="Releases"):
    """What jobs run."""

    id: Mapped[Key]
    name: Mapped[str] = prop(length=40)
    environment_id: Mapped[Int64 | None] = prop(sa.ForeignKey("environments.id"))
    environment: Mapped[Environment | None] = relationship()


class Robot(Thing, entity_set="Robots"):
    """Who runs them."""

    id: Mapped[Key]
    name: Mapped[str] = prop(length=40, unique=True)
    machine_name: Mapped[str | None] = prop(length=40)
    type: Mapped[str] = prop(length=40)
    jobs: Mapped[list["Job"]] = relationship(back_populates="robot", foreign_keys="Job.robot_id")


job_labels = sa.Table(
    "job_labels",
    Thing.metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("labels.id"), primary_key=True),
)


class Label(Thing, entity_set="Labels"):
    """Many jobs have many."""

    id: Mapped[Key]
    name: Mapped[str] = prop(length=40)


class Tag(Thing, entity_set="Tags"):
    """Belongs to a job."""

    id: Mapped[Key]
    name: Mapped[str] = prop(length=40)
    weight: Mapped[int | None]
    job_id: Mapped[Int64] = prop(sa.ForeignKey("jobs.id"))
    robot_id: Mapped[Int64 | None] = prop(sa.ForeignKey("robots.id"))
    robot: Mapped[Robot | None] = relationship()
    job: Mapped["Job"] = relationship(back_populates="tags")


class Job(
    Thing,
    entity_set="Jobs",
    aliases={"RobotName": "Robot/Name", "EnvironmentName": "Release/Environment/Name"},
):
    """Something that runs."""

    id: Mapped[Key]
    key: Mapped[Guid]
    state: Mapped[JobState]
    state_name: Mapped[str] = prop(length=20)
    rights: Mapped[Rights | None]
    priority: Mapped[int]
    attempts: Mapped[Int16 | None]
    big: Mapped[Int64 | None]
    score: Mapped[float]
    cost: Mapped[float | None] = prop(sa.Numeric(18, 4, asdecimal=False))
    active: Mapped[bool]
    flag: Mapped[bool | None]
    info: Mapped[str | None] = prop(length=200)
    creation_time: Mapped[Instant]
    start_time: Mapped[Instant]
    end_time: Mapped[Instant | None]
    due: Mapped[Date | None]
    tod: Mapped[TimeOfDay | None]
    dur: Mapped[Duration | None]
    row_version: Mapped[RowVersion]
    allocated_to: Mapped[str] = prop(length=10)
    any_tag: Mapped[str] = prop(length=10)
    not_before: Mapped[str] = prop(length=10)
    null_reason: Mapped[str] = prop(length=10)
    true_name: Mapped[str] = prop(length=10)
    blob: Mapped[Json | None]
    private: Mapped[str | None] = prop(length=10, filterable=False)
    password: Mapped[str | None] = prop(length=10, secret=True)
    hidden: Mapped[str | None] = prop(length=10, hidden=True)
    robot_id: Mapped[Int64 | None] = prop(sa.ForeignKey("robots.id"))
    owner_robot_id: Mapped[Int64 | None] = prop(sa.ForeignKey("robots.id"))
    parent_id: Mapped[Int64 | None] = prop(sa.ForeignKey("jobs.id"))
    release_id: Mapped[Int64 | None] = prop(sa.ForeignKey("releases.id"))
    robot: Mapped[Robot | None] = relationship(foreign_keys=[robot_id], back_populates="jobs")
    owner_robot: Mapped[Robot | None] = relationship(foreign_keys=[owner_robot_id])
    parent: Mapped["Job | None"] = relationship(
        foreign_keys=[parent_id], remote_side="Job.id", back_populates="children"
    )
    children: Mapped[list["Job"]] = relationship(foreign_keys=[parent_id], back_populates="parent")
    release: Mapped[Release | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(back_populates="job")
    heavy_tags: Mapped[list[Tag]] = relationship(
        primaryjoin=lambda: sa.and_(Tag.job_id == Job.id, Tag.weight > 4), viewonly=True
    )
    labels: Mapped[list[Label]] = relationship(secondary=job_labels)
    secret_tags: Mapped[list[Tag]] = relationship(viewonly=True, info=HIDDEN)


MODEL = Model.of(
    [Environment, Release, Robot, Label, Tag, Job], namespace="Toy.Server", suffix="Dto"
)
JOB = MODEL.type_of(Job)

#: Runs a $filter (and an $orderby) and answers with the ids of the jobs, in order.
Ask = Callable[..., list[int]]

TICKS = 10_000_000
Row = dict[str, Any]

ENVIRONMENTS: list[Row] = [{"id": 1, "name": "Prod"}, {"id": 2, "name": "Test"}]
RELEASES: list[Row] = [
    {"id": 1, "name": "Invoice_Prod", "environment_id": 1},
    {"id": 2, "name": "Invoice_Test", "environment_id": 2},
    {"id": 3, "name": "Loose", "environment_id": None},
]
ROBOTS: list[Row] = [
    {"id": 749, "name": "Robot749", "machine_name": "M1", "type": "Unattended"},
    {"id": 750, "name": "Robot750", "machine_name": None, "type": "Attended"},
    {"id": 751, "name": "O'Brian", "machine_name": "M2", "type": "Unattended"},
]
LABELS: list[Row] = [{"id": 1, "name": "red"}, {"id": 2, "name": "Blue"}]

_INFOS = [
    None, "abc", "xABCx", "50% off", "50 percent", "a_c", "  pad  ", "Zażółć gęślą", "", "O'Brian",
    "日本語", "abcdef",
]  # fmt: skip
_SCORES = [-2.5, -0.25, 0.0, 0.5, 1.5, 2.0, 2.5, 10.25, 3.25, 100.0, -7.75, 4.0]
_HOURS = [1, 8, 15, 22, 29, 36, 43, 50, 57, 64, 71, 78]  #: from the 16th, 00:18:02.79
_ROBOT_OF = {1: 750, 2: 751, 3: None, 0: 749}


def _moment(hours: int, seconds: int = 0, fraction: str = "7900000") -> str:
    return f"2018-01-{16 + hours // 24:02}T{hours % 24:02}:18:{2 + seconds:02}.{fraction}Z"


def _job(number: int) -> Row:
    hours = _HOURS[number - 1]
    state = JobState((number - 1) % 7)
    if number == 12:
        state = JobState.Faulted
    return {
        "id": number,
        "key": f"00000000-0000-0000-{number:x}{number:x}{number:x}{number:x}-" + f"{number:x}" * 12,
        "state": state,
        "state_name": state.name,
        "rights": None if number % 5 == 0 else Rights(number % 8),
        "priority": number - 2,
        "attempts": None if number % 3 == 0 else number % 4,
        "big": None if number == 2 else number * 3_000_000_000,
        "score": _SCORES[number - 1],
        "cost": None if number % 4 == 0 else number * 1.25,
        "active": number % 2 == 1,
        "flag": [None, True, False][number % 3],
        "info": _INFOS[number - 1],
        "creation_time": _moment(hours),
        "start_time": _moment(hours, number),
        "end_time": None if number % 3 == 1 else _moment(hours + 1, 0, "1234567"),
        "due": None if number == 11 else f"2018-01-{number:02}",
        "tod": None if number == 10 else f"{number:02}:30:00.0000000",
        "dur": None if number == 9 else number * 1800 * TICKS,
        "row_version": number,
        "allocated_to": f"u{number}",
        "any_tag": f"t{number}",
        "not_before": f"n{number}",
        "null_reason": f"r{number}",
        "true_name": f"x{number}",
        "robot_id": _ROBOT_OF[number % 4],
        "owner_robot_id": [749, None, 750][number % 3],
        "parent_id": number // 2 if number in (4, 5, 6, 9, 12) else None,
        "release_id": [1, 2, 3, None][number % 4],
    }


JOBS: list[Row] = [_job(number) for number in range(1, 13)]

TAGS: list[Row] = [
    {"id": 1, "name": "tag1", "weight": 3, "job_id": 1, "robot_id": None},
    {"id": 2, "name": "tag1", "weight": 5, "job_id": 2, "robot_id": 749},
    {"id": 3, "name": "tag2", "weight": 7, "job_id": 2, "robot_id": 750},
    {"id": 4, "name": "Tag1", "weight": 11, "job_id": 3, "robot_id": 749},
    {"id": 5, "name": "tag3", "weight": None, "job_id": 3, "robot_id": None},
    {"id": 6, "name": "tag2", "weight": 5, "job_id": 5, "robot_id": 751},
    {"id": 7, "name": "tag1", "weight": 9, "job_id": 6, "robot_id": 749},
    {"id": 8, "name": "tag1", "weight": 4, "job_id": 6, "robot_id": None},
    {"id": 9, "name": "tag4", "weight": 12, "job_id": 7, "robot_id": 749},
    {"id": 10, "name": "tag4", "weight": 3, "job_id": 10, "robot_id": 750},
]
JOB_LABELS: list[Row] = [
    {"job_id": 1, "label_id": 1},
    {"job_id": 1, "label_id": 2},
    {"job_id": 4, "label_id": 2},
]

#: Table → its rows, in an order that foreign keys allow.
ROWS: list[tuple[sa.Table, list[Row]]] = [
    (MODEL.type_of(Environment).table, ENVIRONMENTS),
    (MODEL.type_of(Release).table, RELEASES),
    (MODEL.type_of(Robot).table, ROBOTS),
    (MODEL.type_of(Label).table, LABELS),
    (JOB.table, JOBS),
    (MODEL.type_of(Tag).table, TAGS),
    (job_labels, JOB_LABELS),
]


def fill(connection: sa.Connection) -> None:
    """Make the tables and put the rows in."""
    Thing.metadata.create_all(connection)
    for table, rows in ROWS:
        connection.execute(table.insert(), rows)
