"""`concertmaster serve` as a process of its own, for tests of the process itself."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Self

import httpx

from command_line import ENVIRONMENT


class Served:
    """Runs once it is made; ends with the `with`, however that ends."""

    def __init__(self, *flags: str, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "concertmaster", "serve", *flags],
            stdout=subprocess.PIPE, text=True, env={**ENVIRONMENT, **(env or {})},
        )  # fmt: skip
        try:
            self.banner = self._read_banner()
        except BaseException:
            self._end()
            raise
        url, token = (
            re.search(rf"{word} +(\S+)", self.banner)[1]  # type: ignore[index]
            for word in ("URL", "token")
        )
        self.http = httpx.Client(
            base_url=f"{url}/orchestrator_",
            headers={"authorization": f"Bearer {token}", "x-uipath-folderpath": "Shared"},
            timeout=30,
            trust_env=False,
        )

    def _read_banner(self) -> str:
        assert self._process.stdout
        banner = ""
        while "clients" not in banner:  # its last line: it is up and seeded
            line = self._process.stdout.readline()
            assert line, f"the server ended before it was ready:\n{banner}"
            banner += line
        return banner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()

    def ok(self, method: str, path: str, status: int = 200, **words: Any) -> Any:
        """The JSON of an answer whose status is as expected."""
        answer = self.http.request(method, path, **words)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code of a server that was told to end."""
        self._process.send_signal(how)
        return self._process.wait(20)


def until(condition: Any, seconds: float = 20) -> None:
    """Wait for what another process is doing."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
