"""How whoever commits tells the background that there may be something to do."""

import threading


class Bell:
    """A tenant's bell: rung after commits, heard by the runner.

    It starts rung, so that what an earlier process left is looked at first.
    """

    def __init__(self) -> None:
        self._rung = True
        self.wakes: threading.Event | None = None  #: what the runner waits for

    def ring(self) -> None:
        self._rung = True
        if self.wakes is not None:
            self.wakes.set()

    def heard(self) -> bool:
        """Whether it has rung since the last time."""
        rung, self._rung = self._rung, False
        return rung
