"""Every type of event that a webhook can subscribe to, and what an event of it carries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from concertmaster.domain import webhook_shapes as shapes
from concertmaster.domain.events import Event
from concertmaster.domain.jobs import Start
from concertmaster.domain.webhook_shapes import Members, Shape
from concertmaster.entities import JobSourceType, QueueDefinition, Release, Robot

#: The entities of an event → what the events sent of it carry: one for all, or one for each.
Told = Callable[[Session, Event], list[Members]]


# --- ways of telling ------------------------------------------------------------------------


def _rows(shape: Shape, session: Session, event: Event) -> list[Members]:
    found = shape.read(session, event.ids)
    return [found[one] for one in event.ids if one in found]


def each(name: str, shape: Shape) -> Told:
    """An event for each entity: `"Job": {…}`."""
    return lambda session, event: [{name: row} for row in _rows(shape, session, event)]


def together(name: str, shape: Shape) -> Told:
    """One event for all: `"Jobs": [{…}, …]`."""

    def tell(session: Session, event: Event) -> list[Members]:
        rows = _rows(shape, session, event)
        return [{name: rows}] if rows else []

    return tell


def queues(session: Session, event: Event) -> list[Members]:
    keys = shapes.folder_keys(session, [event.folder_id] if event.folder_id else [])
    told = together("Queues", shapes.QUEUE)(session, event)
    return [{**one, "FolderKeys": list(keys.values())} for one in told]


def _by_queue(session: Session, event: Event) -> list[tuple[Members, list[Members]]]:
    items: dict[int, list[Members]] = {}
    for row in _rows(shapes.QUEUE_ITEM, session, event):
        items.setdefault(row["QueueDefinitionId"], []).append(row)
    found = shapes.QUEUE.read(session, items)
    return [(found.get(queue, {}), rows) for queue, rows in items.items()]


def items_together(session: Session, event: Event) -> list[Members]:
    """One event for the items of each queue."""
    return [{"Queue": queue, "QueueItems": rows} for queue, rows in _by_queue(session, event)]


def item_each(session: Session, event: Event) -> list[Members]:
    return [
        {"QueueItem": row, "Queue": queue}
        for queue, rows in _by_queue(session, event)
        for row in rows
    ]


#: Jobs that a robot started by itself are not told of (documented).
BY_ROBOTS = frozenset(
    member.name
    for member in (
        JobSourceType.Agent,
        JobSourceType.StudioDesktop,
        JobSourceType.RobotAPI,
        JobSourceType.RobotNetAPI,
    )
)


def jobs_created(session: Session, event: Event) -> list[Members]:
    """One event for the jobs of a start, with what was asked of it."""
    rows = [row for row in _rows(shapes.JOB, session, event) if row["SourceType"] not in BY_ROBOTS]
    if not rows:
        return []
    start: Start | None = event.facts.get("start")
    asked = {
        "ReleaseKey": rows[0].get("Release", {}).get("Key"),
        "Strategy": (start and start.strategy) or "ModernJobsCount",
        "RobotIds": list(start.robot_ids) if start else [],
        "JobsCount": start.jobs_count if start else 0,
        "Source": rows[0].get("Source"),
    }
    return [{"StartInfo": asked, "Jobs": rows}]


def schedule_failed(session: Session, event: Event) -> list[Members]:
    return [
        {
            "ProcessSchedule": {
                **row,
                "ExecutorRobots": shapes.robots_of_schedule(session, row["Id"]),
            },
            "Reason": event.facts.get("reason"),
        }
        for row in _rows(shapes.SCHEDULE, session, event)
    ]


def facts(*names: str) -> Told:
    """What no entity tells: facts of the event, by name."""
    return lambda session, event: [{name: event.facts[name] for name in names}]


def _said(session: Session, event: Event) -> list[Members]:
    return [dict(event.facts)]


#: What events call the entities that are created, updated and deleted through the API as such.
NOUNS: Mapping[type[Any], str] = {QueueDefinition: "queue", Release: "process", Robot: "robot"}


# --- the types ------------------------------------------------------------------------------


@dataclass(frozen=True)
class EventType:
    """A type of event. Without a `told` nothing here causes it (yet): one can subscribe to it."""

    name: str
    told: Told | None = None

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]


_JOB = each("Job", shapes.SIMPLE_JOB)

PING = "ping"
CUSTOM = "custom"


def _types(**told: Sequence[tuple[str, Told | None]]) -> dict[str, EventType]:
    return {
        name: EventType(name, tell)
        for group, names in told.items()
        for name, tell in ((f"{group}.{short}", tell) for short, tell in names)
    }


EVENT_TYPES: Mapping[str, EventType] = {
    **_types(
        job=[
            ("created", jobs_created),
            ("started", _JOB),
            ("completed", _JOB),
            ("faulted", _JOB),
            ("stopping", _JOB),
            ("terminating", _JOB),
            ("stopped", together("Jobs", shapes.SIMPLE_JOB)),
            ("suspended", _JOB),
            ("resumed", _JOB),
        ],
        robot=[
            ("created", together("Robots", shapes.ROBOT)),
            ("updated", together("Robots", shapes.ROBOT)),
            ("deleted", together("Robots", shapes.ROBOT)),
            ("status", together("Sessions", shapes.SESSION)),
        ],
        queue=[("created", queues), ("updated", queues), ("deleted", queues)],
        queueItem=[
            ("added", items_together),
            ("updated", items_together),
            ("deleted", items_together),
            ("deferred", item_each),
            ("transactionStarted", item_each),
            ("transactionCompleted", item_each),
            ("transactionFailed", item_each),
            ("transactionAbandoned", items_together),
            ("retried", items_together),
            ("reviewStatusChanged", items_together),
        ],
        process=[
            ("created", together("Releases", shapes.RELEASE)),
            ("updated", together("Releases", shapes.RELEASE)),
            ("deleted", together("Releases", shapes.RELEASE)),
        ],
        schedule=[("failed", schedule_failed)],
        task=[
            ("created", None),
            ("assignmentChanged", None),
            ("forwarded", None),
            ("saved", None),
            ("updated", None),
            ("completed", None),
            ("deleted", None),
            ("sla.evaluate", None),
            ("sla.update", None),
        ],
        stc=[("task.update", None)],
        alert=[("subscribed", None), ("unsubscribed", None)],
        blobfile=[
            ("uploaded", facts("BucketName", "FullPath")),
            ("deleted", facts("BucketName", "FullPath")),
        ],
        deploymentsetting=[("updated", None)],
    ),
    CUSTOM: EventType(CUSTOM, facts("EventData")),
    # Sent to a webhook to see whether it is there; nobody subscribes to it.
    PING: EventType(PING, lambda session, event: [{}]),
}
