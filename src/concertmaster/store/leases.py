"""Who uses a tenant's data this moment: data that is replaced stays until the last one has left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Leases:
    """Counts the users of one tenant's data: requests, and the background at its work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._over = False

    def take(self) -> "Lease | None":
        """Begin to use it; None where other data has taken its place."""
        with self._changed:
            if self._over:
                return None
            self._users += 1
            return Lease(self)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Whether the data is good for as long as the `with` lasts."""
        lease = self.take()
        try:
            yield lease is not None
        finally:
            if lease is not None:
                lease.end()

    def end(self) -> None:
        """Nobody else begins to use it."""
        with self._changed:
            self._over = True

    def drain(self, seconds: float) -> bool:
        """Wait until nobody uses it any more; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._users == 0, timeout=seconds)

    def _leave(self) -> None:
        with self._changed:
            self._users -= 1
            if self._over:
                self._changed.notify_all()


class Lease:
    """One use, from `take` to `end`."""

    __slots__ = ("_leases",)

    def __init__(self, leases: Leases) -> None:
        self._leases: Leases | None = leases

    def end(self) -> None:
        """Once is enough; more does no harm."""
        leases, self._leases = self._leases, None
        if leases is not None:
            leases._leave()
