"""A real server process that can be killed and started again on its data; quick clients of it."""

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command_line import ENVIRONMENT

#: Seconds for which a client goes on trying to reach a server that is being started again.
PATIENCE = 150


class Served:
    """`concertmaster serve` on a free port, with data that outlives it."""

    def __init__(self, data: Path, database_url: str | None, *flags: str) -> None:
        self._command = [
            sys.executable, "-m", "concertmaster", "serve", "--port", "0", "--scenario", "empty",
            "--data", str(data), "--log-level", "warning", *flags,
        ]  # fmt: skip
        if database_url:
            self._command += ["--database-url", database_url]
        self._log = data / "server.log"
        data.mkdir(parents=True, exist_ok=True)
        self.start()
        account = {
            "tenancyName": "Default",
            "usernameOrEmailAddress": "admin",
            "password": "concertmaster",
        }
        with Client(self) as client:
            signed_in = client.ok("POST", "/api/Account/Authenticate", account)
        self.token = str(signed_in["result"])

    def start(self) -> None:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, text=True, env=ENVIRONMENT
            )
        assert self._process.stdout
        banner = ""
        for line in self._process.stdout:
            banner += line
            if "clients" in line:  # its last line
                break
        found = re.search(r"URL +http://127\.0\.0\.1:(\d+)", banner)
        assert found, f"the server did not start:\n{banner}{self.log}"
        self.port = int(found[1])

    def kill(self) -> None:
        """`kill -9`: it has no time to end anything."""
        self._process.kill()
        self._ended()

    def stop(self) -> None:
        self._process.terminate()
        self._ended()

    def _ended(self) -> None:
        self._process.wait(30)
        assert self._process.stdout
        self._process.stdout.close()

    @property
    def log(self) -> str:
        return self._log.read_text()


class Lost(Exception):
    """The connection broke before the answer came: whether it was done nobody knows."""


class Client:
    """A client with a connection of its own. Not for several threads."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer. Raises Lost."""
        connection = self._connect()
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, content, self._headers())
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._connection = None
            raise Lost from error
        return answer.status, json.loads(text) if text else None

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.ask(method, path, body)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def _headers(self) -> Mapping[str, str]:
        headers = {"content-type": "application/json", "x-uipath-folderpath": "Shared"}
        token = getattr(self._served, "token", None)
        return {**headers, "authorization": f"Bearer {token}"} if token else headers

    def _connect(self) -> http.client.HTTPConnection:
        """The connection, made anew where the server was started anew."""
        until = time.monotonic() + PATIENCE
        while self._connection is None:
            fresh = http.client.HTTPConnection("127.0.0.1", self._served.port, timeout=120)
            try:
                fresh.connect()
                self._connection = fresh
            except OSError:
                assert time.monotonic() < until, "the server does not come back"
                time.sleep(0.02)
        return self._connection


def at_once(workers: list[Any]) -> None:
    """Run all of them, each in a thread; raise what one of them raises."""
    failed: list[BaseException] = []

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not failed:
            thread.join(0.1)
    if failed:  # the others may wait for what will not come
        raise failed[0]
