"""Fixtures of the domain tests."""

from domain.queue_room import queue_tenant, room

__all__ = ["queue_tenant", "room"]
