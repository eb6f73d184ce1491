"""The background work of one tenant: what falls due next, and doing what is due."""

import logging
import threading
import time
from collections.abc import Sequence

from concertmaster.domain import clock
from concertmaster.domain.due import ask
from concertmaster.store import Tenant
from concertmaster.store.contention import TRIES, gave_way
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

    def look(self) -> bool:
        """Do what is due by now, if anything, and reckon when the next thing will be."""
        self.look_at = time.monotonic() + LONGEST
        fired: list[Fired] = []
        with self.tenant.own(Turns).shared() as mine:
            if mine:
                self.look_afresh()  # another replica may have been at it
                due = self._do_until_none(self.tenant.clock.now(), fired)
                self.look_at = time.monotonic() + min(LONGEST, self._seconds_to(due))
        return bool(fired)

    def look_afresh(self) -> None:
        """What was due and could not be done may be done by now."""
        self._stuck.clear()

    def look_soon(self) -> None:
        """Something may have come up."""
        self.look_at = 0.0

    def due(self) -> list[tuple[str, Kind]]:
        """When something falls due next, for each kind that has anything to do."""
        paused = self.tenant.clock.paused
        kinds = [kind for kind in self._kinds if not (paused and kind.rests)]
        with self.tenant.reader() as session:
            moments = ask(session, [kind.next for kind in kinds])
        return [
            (moment, kind)
            for moment, kind in zip(moments, kinds, strict=True)
            if moment is not None and self._stuck.get(kind.name) != moment
        ]

    def do_due(self, now: str) -> list[Fired]:
        """Everything that is due at `now`, until nothing is; in the order of the kinds."""
        fired: list[Fired] = []
        self._do_until_none(now, fired)
        return fired

    def _do_until_none(self, now: str, fired: list[Fired]) -> list[tuple[str, Kind]]:
        """What falls due after `now`; what was done is put to `fired`."""
        due = self.due()
        while ready := [(moment, kind) for moment, kind in due if moment <= now]:
            fired += self.do(ready, now)
            due = self.due()
            if self._stopping.is_set():
                break
        return due

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
        for _ in range(TRIES):
            try:
                return kind.run(self.tenant, now, self._stopping)
            except Exception as error:  # a tenant may be dropped meanwhile: go on with the others
                failure = error
                if not gave_way(error):
                    break
        log.warning("background work '%s' failed in %s", kind.name, self.tenant, exc_info=failure)
        return []

    def _seconds_to(self, due: Sequence[tuple[str, Kind]]) -> float:
        moment = min((moment for moment, _ in due), default=None)
        setting = self.tenant.clock.setting
        if moment is None or setting.frozen:
            return LONGEST
        return clock.between(self.tenant.clock.now(), moment) / setting.scale
