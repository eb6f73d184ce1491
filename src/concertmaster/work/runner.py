"""The background worker of a process: goes from tenant to tenant and works off what is due."""

import logging
import threading
import time
from collections.abc import Callable

from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work import exports, silence, waiting
from concertmaster.work.bell import Bell

log = logging.getLogger("concertmaster")

#: Seconds between looks when no bell rings: new tenants, and rows that other replicas left.
PAUSE = 1.0
LOOK = 5.0

#: Works off what is due in a tenant; gives up between two steps when the event is set.
Task = Callable[[Tenant, threading.Event], None]


def tasks_of(settings: Settings) -> tuple[Task, ...]:
    """Everything that is done in the background, in order."""
    return (exports.work_off, silence.watch(settings.robot_timeout), waiting.resume_due)


class Runner:
    """One thread for all tenants of a registry. Nothing is lost when it dies: work is rows."""

    def __init__(self, registry: Registry, tasks: tuple[Task, ...] = ()) -> None:
        self._registry = registry
        self._tasks = tasks
        self._wakes = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._stopping.clear()
        self._tasks = self._tasks or tasks_of(self._registry.settings)
        self._thread = threading.Thread(target=self._run, name="concertmaster-work", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done; what is unfinished waits for the next start."""
        self._stopping.set()
        self._wakes.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._stopping.is_set():
            self._wakes.clear()
            due = time.monotonic() - looked > LOOK
            if due:
                looked = time.monotonic()
            for tenant in self._registry.tenants():
                bell = tenant.own(Bell)
                bell.wakes = self._wakes
                if bell.heard() or due:
                    self._work_off(tenant)
            self._wakes.wait(PAUSE)

    def _work_off(self, tenant: Tenant) -> None:
        for task in self._tasks:
            if self._stopping.is_set():
                return
            try:
                task(tenant, self._stopping)
            except Exception:  # a tenant may be dropped or reset meanwhile: go on with the others
                log.warning("background work failed in %s", tenant, exc_info=True)
