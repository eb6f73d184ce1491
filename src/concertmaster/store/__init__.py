"""Databases, sessions and blobs: one database per tenant, and the registry that knows them."""

from concertmaster.store.registry import DataRefused, NameRefused, Registry, Seed
from concertmaster.store.tenant import Tenant

__all__ = ["DataRefused", "NameRefused", "Registry", "Seed", "Tenant"]
