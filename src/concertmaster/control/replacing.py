"""Other data in place of a tenant's: while the background rests, and until nobody uses the old."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from concertmaster.domain.errors import ItemNotFound
from concertmaster.store import Registry, Tenant, TenantGone
from concertmaster.store.leases import Lease
from concertmaster.work.turns import Turns


@contextmanager
def replacing(request: Request, tenant: Tenant) -> Iterator[Registry]:
    """Do it within; afterwards nobody finds the old data any more.

    Raises:
        ItemNotFound: the tenant was dropped meanwhile.
    """
    registry: Registry = request.app.state.registry
    lease: Lease = request.state.lease
    try:
        with tenant.own(Turns).alone():
            yield registry
    except TenantGone as gone:
        raise ItemNotFound(entity="Tenant") from gone
    lease.end()  # this request itself uses the old data no longer
    registry.settle(tenant)
