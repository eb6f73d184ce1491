"""Server processes: started on a core of their own, watched, and ended whatever happens."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TICK = os.sysconf("SC_CLK_TCK")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class NotReady(Exception):
    """A server did not answer in time, or ended; the message has the end of what it said."""


@cache
def cores() -> tuple[int, int]:
    """The core of the servers and the core of the load; the same one where there is no other.

    As it was when first asked: later the load has bound itself to one of them.
    """
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def stay_on(chosen: set[int]) -> None:
    os.sched_setaffinity(0, chosen)


def begin_child(chosen: set[int]) -> None:
    """In a child process: its cores, and to be killed when we die, however that be (prctl(2))."""
    stay_on(chosen)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def machine_cpu() -> float:
    """Seconds of CPU that anything on the machine used since it was booted (proc(5), stat)."""
    user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    return (int(user) + int(nice) + int(system)) / _TICK


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


class Server:
    """One server process on the servers' core: leave the `with`, and it is gone."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        ready: str,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        patience: float = 30,
        ends_on: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.command, self.port, self.ready, self.log = command, port, ready, log
        self.folder, self.environment, self.patience = folder, environment, patience
        self.ends_on = ends_on
        self.process: subprocess.Popen[bytes] | None = None
        self.started_in = 0.0  #: seconds until it was ready

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start the process and wait until it answers."""
        core = cores()[0]
        start = time.perf_counter()
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **(self.environment or {})},
                preexec_fn=partial(begin_child, {core}),
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        self.started_in = time.perf_counter() - start

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.perf_counter() + self.patience
        while not self._answers():
            if self._process().poll() is not None or time.perf_counter() > deadline:
                raise NotReady(f"{self.command[0]}: {self.log.read_text()[-2000:]}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.port}{self.ready}"
            with _OPENER.open(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def stop(self) -> None:
        """End the process and what it started: politely, then not."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.ends_on)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(8)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    # --- what it used -------------------------------------------------------------------------

    def cpu(self) -> float:
        """Seconds of CPU, user and system, of all its threads (proc(5), fields 14 and 15)."""
        after_name = self._read("stat").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / _TICK

    def peak_mib(self) -> float:
        """The most memory that was resident since it started."""
        line = next(line for line in self._read("status").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self._process().pid}/{name}").read_text()

    def _process(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "the server is not running"
        return self.process
