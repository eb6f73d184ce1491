"""At least once, through a `kill -9`: what was missed comes later, each event once after dedup."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from receiver import receiving
from stand_in import DATABASE_URL

NS = "UiPath.Server.Configuration.OData"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("CONCERTMASTER_")}
EVENTS = 40


class Served:
    """A server in a process of its own."""

    def __init__(self, data: Path, *flags: str) -> None:
        command = [
            sys.executable, "-m", "concertmaster", "serve", "--port", "0", "--scenario", "empty",
            "--data", str(data), "--webhook-delivery", "at-least-once", *flags,
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        assert self.process.stdout
        banner = ""
        while "clients" not in banner:
            line = self.process.stdout.readline()
            assert line, "the server ended before it was ready"
            banner += line
        self.url = re.findall(r"URL\s+(http://\S+)", banner)[0]
        signed_in = self.call(
            "POST", "/api/Account/Authenticate", token=None,
            tenancyName="Default", usernameOrEmailAddress="admin", password="concertmaster",
        )  # fmt: skip
        self.token = signed_in["result"]

    def call(self, method: str, path: str, *, token: str | None = "", **body: Any) -> Any:
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if method != "GET" else None
        asked = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def serving(data: Path, *flags: str) -> Iterator[Served]:
    served = Served(data, *flags)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.kill()


@pytest.mark.skipif(
    bool(DATABASE_URL) or not os.environ.get("CONCERTMASTER_TEST_KILL"),
    reason="starts servers and kills them: a ring of its own, see .ci/run",
)
def test_nothing_is_lost_and_everything_can_be_told_apart(tmp_path: Path) -> None:
    sent: list[str] = []

    def trigger(served: Served, count: int) -> None:
        for _ in range(count):
            event = served.call("POST", f"/odata/Webhooks/{NS}.TriggerCustom", Number=len(sent))
            sent.append(event["EventId"])

    with receiving() as receiver:
        port = receiver.port
        receiver.delay = 0.02  # so that it is killed in the middle
        with serving(tmp_path) as served:
            hook = {"Name": "h", "Url": receiver.url, "Secret": "s", "Enabled": True}
            served.call("POST", "/odata/Webhooks", **hook)
            trigger(served, EVENTS)
            receiver.wait("custom", 3)
            served.kill()
    with serving(tmp_path) as served:  # the receiver is down now
        trigger(served, 5)
        served.kill()
    with receiving(port) as again, serving(tmp_path) as served:
        served.call("POST", "/_control/clock/advance", by="PT1H")
        again.wait_for("custom", lambda body: body["EventId"] == sent[-1])
        first = [body["EventId"] for body in receiver.bodies("custom")]
        later = [body["EventId"] for body in again.bodies("custom")]
        assert len(first) < EVENTS
        assert all(message.signed_with("s") for message in again.got)
    came = Counter(first + later)
    assert set(came) == set(sent)
    assert list(came) == sent  # and in order
    assert sum(came.values()) - len(came) <= 1  # at most the one that was on its way came twice
