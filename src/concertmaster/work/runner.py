"""The background worker of a process: goes from tenant to tenant and works off what is due."""

import logging
import threading
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from concertmaster.store import Registry, Tenant
from concertmaster.work.due import Kind
from concertmaster.work.working import Working

log = logging.getLogger("concertmaster")

#: Seconds between looks for tenants that came.
PAUSE = 1.0
#: Seconds from a bell to the look: a thousand small changes a second do not cost a thousand looks.
BREATH = 0.02
#: Where look after look finds nothing to do, they grow as far apart.
LONGEST_BREATH = 0.16


class Runner:
    """One thread for all tenants of a registry. Nothing is lost when it dies: work is rows."""

    def __init__(self, registry: Registry, kinds: Sequence[Kind]) -> None:
        self._registry = registry
        self._kinds = kinds
        self._working: WeakKeyDictionary[Tenant, Working] = WeakKeyDictionary()
        self._wakes = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._idle = True  #: whether the last round found nothing to do

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="concertmaster-work", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done; what is unfinished waits for the next start."""
        self._stopping.set()
        self._wakes.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def working(self, tenant: Tenant) -> Working:
        """The one that works on a tenant in this process."""
        found = self._working.get(tenant)
        if found is None:
            tenant.bell.wakes = self._wakes
            found = Working(tenant, self._kinds, self._stopping)
            found = self._working.setdefault(tenant, found)
        return found

    def _run(self) -> None:
        breath = BREATH
        while not self._stopping.is_set():
            self._wakes.clear()
            self._idle = True
            waits = [self._pass_by(tenant) for tenant in self._registry.tenants()]
            rung = self._wakes.wait(max(0.0, min([PAUSE, *waits])))
            breath = min(2 * breath, LONGEST_BREATH) if rung and self._idle else BREATH
            self._stopping.wait(breath)

    def _pass_by(self, tenant: Tenant) -> float:
        with tenant.leases.held() as there:  # else it was dropped, or other data took its place
            return self._visit(tenant) if there else 0.0

    def _visit(self, tenant: Tenant) -> float:
        """Look at a tenant if it is time to; the seconds until it will be."""
        working = self.working(tenant)
        now = time.monotonic()
        if tenant.bell.heard():
            working.look_soon()
        if now >= working.look_at and not self._stopping.is_set():
            try:
                self._idle = not working.look() and self._idle
            except Exception:  # it may be dropped or reset meanwhile: go on with the others
                log.warning("the background could not look at %s", tenant, exc_info=True)
        return working.look_at - time.monotonic()
