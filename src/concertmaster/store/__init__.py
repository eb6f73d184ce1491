"""Databases, sessions and blobs: one database per tenant, and the registry that knows them."""

from concertmaster.store.registry import DataRefused, NameRefused, NameTaken, Registry, TenantGone
from concertmaster.store.templates import Seed
from concertmaster.store.tenant import Tenant

__all__ = ["DataRefused", "NameRefused", "NameTaken", "Registry", "Seed", "Tenant", "TenantGone"]
