"""What becomes of the jobs that a scenario leaves unfinished, and the simulated robots at work."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from concertmaster.domain import simulation
from concertmaster.domain.job_states import FINAL, IN_HAND, WAITING
from concertmaster.entities import (
    Job,
    JobOutcome,
    OutcomeMode,
    ProcessOutcome,
    QueueDefinition,
    QueueItem,
    QueueItemStatus,
    Session,
    SessionState,
)

if TYPE_CHECKING:
    from concertmaster.scenarios.building import Row, World

_COLUMNS = tuple(cast("sa.Table", JobOutcome.__table__).columns.keys())

#: Of a process of which the scenario says nothing.
MANUAL: Mapping[str, Any] = {
    "mode": OutcomeMode.Manual, "seconds": None, "failures": 0.0, "result": None,
}  # fmt: skip


def add(world: "World") -> None:
    """Give every job that has not ended an outcome, and simulated robots the jobs they run."""
    said = world.rows[ProcessOutcome]
    robots = {row["robot_id"]: row for row in world.rows[Session].values() if row["simulated"]}
    for job in world.rows[Job].values():
        if job["state"] in FINAL:
            continue
        words = {**MANUAL, **said.get(job["release_id"], {})}
        words.pop("release_id", None)
        outcome = JobOutcome(job_id=job["id"], worked=0, **words)
        if outcome.mode is OutcomeMode.After:
            _take_up(world, job, outcome, robots)
        if outcome.mode is not OutcomeMode.Robot:
            world.new(JobOutcome, **{name: getattr(outcome, name) for name in _COLUMNS})


def _take_up(world: "World", job: "Row", outcome: JobOutcome, robots: Mapping[Any, "Row"]) -> None:
    if job["state"] in WAITING:
        outcome.next_at = world.now
    elif job["state"] in IN_HAND:
        simulation.plan(world.tenant, outcome, now=world.now)
        held = robots.get(job["robot_id"])
        if held is not None and held["job_id"] is None:
            held["job_id"], held["state"] = job["id"], SessionState.Busy
            job["dispatched_to"], job["dispatched_at"] = held["id"], job["start_time"]
        _item_in_hand(world, job, outcome)


def _item_in_hand(world: "World", job: "Row", outcome: JobOutcome) -> None:
    """The job goes on with the item that its robot is at."""
    queues = {
        queue["id"]
        for queue in world.rows[QueueDefinition].values()
        if queue["release_id"] == job["release_id"]
    }
    if outcome.ends_at is None or not queues:
        return
    for item in world.rows[QueueItem].values():
        mine = item["queue_definition_id"] in queues and item["robot_id"] == job["robot_id"]
        if mine and item["status"] == QueueItemStatus.InProgress:
            simulation.work_on(outcome, item["id"], now=world.now)
            return
