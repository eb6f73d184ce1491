"""Fixtures of the domain tests."""

from domain.job_room import first_rows, job_registry, jobs_room
from domain.queue_room import queue_tenant, room
from domain.trigger_room import trigger_tenant, triggers

__all__ = [
    "first_rows", "job_registry", "jobs_room", "queue_tenant", "room", "trigger_tenant", "triggers",
]  # fmt: skip
