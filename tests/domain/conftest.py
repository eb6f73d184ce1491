"""Fixtures of the domain tests."""

from domain.queue_room import queue_tenant, room
from domain.trigger_room import trigger_tenant, triggers

__all__ = ["queue_tenant", "room", "trigger_tenant", "triggers"]
