"""A message to a receiver over HTTP, and what came back: the only place that calls out.

The client is imported for the first message: a start would wait for it, and most tenants have no
webhooks.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from concertmaster.settings import is_loopback

#: How much of an answer is kept, in bytes. The rest is not even read.
KEPT = 4096


@dataclass(frozen=True)
class Answer:
    """What became of a message: a status, or the reason why there is none."""

    duration_ms: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it. A redirection is no answer to a message."""
        return self.status is not None and 200 <= self.status < 300


class Receiver:
    """A connection to the address of one receiver, for as long as there is something to send."""

    def __init__(self, url: str, *, insecure: bool, timeout: float) -> None:
        import httpx

        self.url = url
        self._timeout = timeout
        here = is_loopback(urlsplit(url).hostname or "")
        self._client: httpx.Client = httpx.Client(
            verify=_trust(checked=url.lower().startswith("https:") and not insecure),
            timeout=timeout,
            trust_env=not here,  # a proxy for the world outside knows nothing of this machine
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._client.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a message. Whatever goes wrong is an answer, too."""
        import httpx

        started = time.monotonic()

        def passed() -> int:
            return round((time.monotonic() - started) * 1000)

        try:
            with self._client.stream("POST", self.url, content=body, headers=headers) as response:
                kept = b""
                for part in response.iter_bytes():
                    kept += part
                    if len(kept) >= KEPT or time.monotonic() - started > self._timeout:
                        break
                text = kept[:KEPT].decode("utf-8", "replace").replace("\0", "")
                return Answer(passed(), response.status_code, dict(response.headers), text)
        except httpx.TimeoutException:
            return Answer(passed(), error=f"No answer within {self._timeout:g} seconds.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(passed(), error=f"{type(error).__name__}: {error}"[:1000])


@dataclass(frozen=True)
class Reach:
    """Whether a host can be spoken to."""

    connects: bool
    bad_ssl: bool = False
    error: str | None = None


def reach(url: str, timeout: float) -> Reach:
    """Open a connection to the host of an address, and say nothing."""
    parts = urlsplit(url)
    secure = parts.scheme.lower() == "https"
    place = (parts.hostname or "", parts.port or (443 if secure else 80))
    try:
        connection = socket.create_connection(place, timeout)
    except (OSError, UnicodeError) as error:
        return Reach(False, error=getattr(error, "strerror", None) or type(error).__name__)
    with connection:
        if not secure:
            return Reach(True)
        try:
            _trust(checked=True).wrap_socket(connection, server_hostname=place[0]).close()
        except (OSError, ValueError):  # of which errors of SSL are some
            return Reach(True, bad_ssl=True)
    return Reach(True)


@cache
def _trust(*, checked: bool) -> ssl.SSLContext:
    """Made once: to read all certificates of the world takes longer than to send a message."""
    if checked:
        import httpx

        return httpx.create_ssl_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
