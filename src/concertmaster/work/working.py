"""The background work of one tenant: what falls due next, and doing what is due."""

import logging
import threading
import time
from collections.abc import Sequence

from concertmaster.domain import clock
from concertmaster.store import Tenant
from concertmaster.work.due import Fired, Kind
from concertmaster.work.turns import Turns

log = logging.getLogger("concertmaster")

#: Seconds between two looks at a tenant, at most: other replicas leave work behind, too.
LONGEST = 5.0


class Working:
    """Looks, does, and knows when to look again."""

    def __init__(self, tenant: Tenant, kinds: Sequence[Kind], stopping: threading.Event) -> None:
        self.tenant = tenant
        self.look_at = 0.0  #: seconds of `time.monotonic()`
        self._kinds = kinds
        self._stopping = stopping
        self._stuck: dict[str, str] = {}  # kinds that were due and did nothing: since when

    def look(self) -> None:
        """Do what is due by now, and reckon when the next thing will be."""
        self.look_at = time.monotonic() + LONGEST
        with self.tenant.own(Turns).shared() as mine:
            if not mine:
                return
            self.look_afresh()  # another replica may have been at it
            self.do_due(self.tenant.clock.now())
            self.look_at = time.monotonic() + min(LONGEST, self._seconds_to_next())

    def look_afresh(self) -> None:
        """What was due and could not be done may be done by now."""
        self._stuck.clear()

    def look_soon(self) -> None:
        """Something may have come up."""
        self.look_at = 0.0

    def due(self) -> list[tuple[str, Kind]]:
        """When something falls due next, for each kind that has anything to do."""
        paused = self.tenant.clock.paused
        with self.tenant.reader() as session:
            found = [
                (moment, kind)
                for kind in self._kinds
                if not (paused and kind.rests) and (moment := kind.next(session)) is not None
            ]
        return [(moment, kind) for moment, kind in found if self._stuck.get(kind.name) != moment]

    def do_due(self, now: str) -> list[Fired]:
        """Everything that is due at `now`, until nothing is; in the order of the kinds."""
        fired: list[Fired] = []
        while ready := [(moment, kind) for moment, kind in self.due() if moment <= now]:
            fired += self.do(ready, now)
            if self._stopping.is_set():
                break
        return fired

    def do(self, ready: Sequence[tuple[str, Kind]], now: str) -> list[Fired]:
        """One go at kinds that are due; what that brings may be due now, too."""
        fired: list[Fired] = []
        for moment, kind in ready:
            done = self._do(kind, now)
            fired += done
            if not done and self._next_of(kind) == moment:
                self._stuck[kind.name] = moment
        return fired

    def _next_of(self, kind: Kind) -> str | None:
        with self.tenant.reader() as session:
            return kind.next(session)

    def _do(self, kind: Kind, now: str) -> list[Fired]:
        try:
            return kind.run(self.tenant, now, self._stopping)
        except Exception:  # a tenant may be dropped meanwhile: go on with the others
            log.warning("background work '%s' failed in %s", kind.name, self.tenant, exc_info=True)
            return []

    def _seconds_to_next(self) -> float:
        moment = min((moment for moment, _ in self.due()), default=None)
        setting = self.tenant.clock.setting
        if moment is None or setting.frozen:
            return LONGEST
        return clock.between(self.tenant.clock.now(), moment) / setting.scale
