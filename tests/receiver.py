"""A receiver of webhooks for tests: keeps what it gets, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    """A message as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    def signed_with(self, secret: str) -> bool:
        """As UiPath's documentation tells receivers to check it."""
        given = base64.b64decode(self.headers["x-uipath-signature"])
        return given == hmac.new(secret.encode(), self.raw, hashlib.sha256).digest()


class Receiver:
    """An HTTP server on a free port of this machine."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answers = 200  #: the status that it answers
        self.delay = 0.0  #: seconds before it does
        self.open = threading.Event()  #: while this is not set, it reads and does not answer
        self.open.set()
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                time.sleep(receiver.delay)
                receiver.open.wait()
                receiver._keep(Got(self.path, headers, raw))
                try:
                    self.send_response(receiver.answers)
                    self.send_header("content-length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:  # whoever sent it waits no longer
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def _keep(self, message: Got) -> None:
        with self._came:
            self.got.append(message)
            self._came.notify_all()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.got]

    def bodies(self, type_: str) -> list[dict[str, Any]]:
        return [message.body for message in self.got if message.type == type_]

    def wait_for(self, type_: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first body of a type that fits, once it has come."""

        def found() -> dict[str, Any] | None:
            return next((body for body in self.bodies(type_) if fits(body)), None)

        with self._came:
            body = self._came.wait_for(found, 30)
        assert body is not None, f"no {type_} that fits; there came {self.types}"
        return body

    def wait(self, type_: str, count: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
        """The bodies of a type, once so many have come."""
        with self._came:
            self._came.wait_for(lambda: len(self.bodies(type_)) >= count, seconds)
        found = self.bodies(type_)
        assert len(found) >= count, f"{len(found)} of {count} {type_}; there came {self.types}"
        return found

    def close(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
