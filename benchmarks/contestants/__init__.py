"""Who is measured: a module for each, with a class that starts it and says where it answers."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from benchmarks.load import Endpoint
from benchmarks.processes import Server


class Contestant(ABC):
    """A server with the rows in it, for as long as the `with` lasts."""

    name: str
    server: Server
    endpoint: Endpoint

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder, self.jobs = folder, jobs
        self._stack = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def start(self, stack: ExitStack) -> None:
        """Make the data, start the server, set `server` and `endpoint`."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
