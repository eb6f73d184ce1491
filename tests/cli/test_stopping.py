"""A server that is told to stop finishes requests, ends with 0, and goes on where it was."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from serving import ENVIRONMENT, Served, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGTERM")


def test_requests_are_finished_and_everything_is_there_again(tmp_path: Path) -> None:
    flags = ("--port", "0", "--scenario", "empty", "--data", str(tmp_path))
    with Served(*flags) as served:
        queues, queue = "/odata/QueueDefinitions", {"Name": "Kept"}
        served.ok("POST", "/_control/faults", 201, json={"path": queues, "delayMs": 700})
        asking = threading.Thread(
            target=served.ok, args=("POST", queues, 201), kwargs={"json": queue}
        )
        asking.start()
        until(lambda: served.ok("GET", "/_control/faults")["value"][0]["matched"])
        assert served.stop(signal.SIGTERM) == 0
        asking.join()
    with Served(*flags) as again:
        (kept,) = again.ok("GET", queues)["value"]
        assert kept["Name"] == "Kept"
        assert again.stop(signal.SIGINT) in (0, 130)


def test_told_to_stop_before_it_is_ready(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "concertmaster", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "data")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        until(lambda: (tmp_path / "data").exists())
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr
        assert process.stderr.read() == b""
