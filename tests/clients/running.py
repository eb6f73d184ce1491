"""What tests of clients run: the server as a process of its own, and code in a client's place."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCENARIO = HERE / "clients.yaml"
ROBOT_KEY = "00000000-0000-0000-0000-00000000ce1e"  # of Celesta, in the scenario

#: Ours to set: what the shell that runs the tests says of UiPath or of us must not leak in.
OWN = ("UIPATH_", "CONCERTMASTER_")


def environment(**more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return {**inherited, "NO_PROXY": "127.0.0.1,localhost", **more}


def run(*command: str | Path, timeout: float = 60, **words: Any) -> str:
    """What a command prints; if it fails, why."""
    done = subprocess.run(
        [str(part) for part in command], check=False, capture_output=True, text=True,
        timeout=timeout, **{"env": environment(), **words},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


class Server:
    """`concertmaster serve` on a free port, with the tenant of clients.yaml."""

    def __init__(self, folder: Path, **switches: str) -> None:
        self._log = folder / "server.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "concertmaster", "serve", "--ephemeral", "--port", "0",
                 "--scenario", str(SCENARIO)],
                stdout=subprocess.PIPE, stderr=log, text=True, env=environment(**switches),
            )  # fmt: skip
        assert self._process.stdout
        banner = ""
        for line in self._process.stdout:
            banner += line
            if "clients" in line:  # its last line
                break
        found = re.search(r"URL +(http://[^/]+)(\S+)", banner)
        assert found, f"the server did not start:\n{banner}{self.log}"
        self.base, self.path = found.groups()

    @property
    def url(self) -> str:
        return self.base + self.path

    @property
    def log(self) -> str:
        return self._log.read_text()

    def env(self, client: str) -> str:
        """What `concertmaster env` prints for a client."""
        command = (sys.executable, "-m", "concertmaster", "env", "--url", self.base)
        return run(*command, "--for", client)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout
        self._process.stdout.close()


@dataclass
class ClientError(Exception):
    """What a client raised, as its users see it."""

    type: str
    text: str
    status: int | None
    message: str | None
    code: Any
    trace: str | None

    def __str__(self) -> str:
        return f"{self.type}: {self.text}"


class Interpreter:
    """A client's own Python or Node: `sdk("sdk.assets.retrieve('Greeting').value")`."""

    def __init__(self, *command: str | Path, cwd: Path, env: Mapping[str, str]) -> None:
        self._errors = cwd / "client.log"
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                [str(part) for part in command], cwd=cwd, env={**environment(), **env}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def __call__(self, code: str, **names: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"code": code, "names": names}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, f"the client's process ended:\n{self._errors.read_text()[-3000:]}"
        answer = json.loads(line)
        if "error" in answer:
            raise ClientError(**answer["error"])
        return answer["value"]

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def python_driver(python: Path, prelude: str, *, cwd: Path, env: Mapping[str, str]) -> Interpreter:
    return Interpreter(python, HERE / "python_driver.py", prelude, cwd=cwd, env=env)


def node_driver(home: Path, prelude: str, *, env: Mapping[str, str]) -> Interpreter:
    """Runs where its node_modules are."""
    return Interpreter("node", HERE / "node_driver.mjs", prelude, cwd=home, env=env)
