"""Talking to a running stand-in: sign in, and read from the token who and where one is."""

import argparse
import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol

from concertmaster.cli import CommandFailed

#: Proxies of the environment are for the world outside, not for a server next door.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Adds(Protocol):
    """A parser, or a group of one."""

    def add_argument(self, *flags: str, **words: Any) -> Any: ...


@dataclass(frozen=True)
class Session:
    """A sign-in: where, and what the token says."""

    url: str  #: http://host:port
    token: str
    claims: dict[str, Any]

    @property
    def tenant_url(self) -> str:
        """The URL that clients want: with organization and tenant."""
        return f"{self.url}/{self.claims['organization']}/{self.claims['tenant_name']}"


def add_connection(parser: Adds) -> None:
    # Read here, not through Settings: `env` stands in shell profiles and has to be quick.
    host = os.environ.get("CONCERTMASTER_HOST") or "127.0.0.1"
    port = os.environ.get("CONCERTMASTER_PORT") or "8070"
    url = os.environ.get("CONCERTMASTER_URL") or local_url(host, port)
    parser.add_argument("--url", default=url, help="where it runs (%(default)s)")
    parser.add_argument("--tenant", default="", help="tenant, its default one if not given")
    parser.add_argument("--user", default="admin", help="user name (%(default)s)")
    parser.add_argument("--password", default="concertmaster", help="password")


def add_folder(parser: Adds) -> None:
    parser.add_argument("--folder", default="Shared", help="folder to work in (%(default)s)")


def sign_in(options: argparse.Namespace) -> Session:
    url = options.url.rstrip("/")
    answer = call(
        "POST",
        f"{url}/api/Account/Authenticate",
        {
            "tenancyName": options.tenant,
            "usernameOrEmailAddress": options.user,
            "password": options.password,
        },
    )
    token = answer["result"]
    scheme, _, rest = url.partition("://")
    return Session(f"{scheme}://{rest.partition('/')[0]}", token, _claims(token))


def call(
    method: str,
    url: str,
    body: object = None,
    token: str | None = None,
    *,
    timeout: float = 10,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """One request with JSON; what goes wrong is a CommandFailed that says so."""
    sent = None if body is None else json.dumps(body).encode()
    told = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
    with exchange(method, url, token, sent, timeout=timeout, headers=told) as answer:
        return json.loads(answer.read() or b"null")


@contextmanager
def exchange(
    method: str,
    url: str,
    token: str | None = None,
    sent: bytes | IO[bytes] | None = None,
    *,
    timeout: float = 10,
    headers: Mapping[str, str] | None = None,
) -> Iterator[IO[bytes]]:
    """One request and the stream of its answer."""
    told = dict(headers or {})
    if token:
        told["Authorization"] = f"Bearer {token}"
    try:
        request = urllib.request.Request(url, sent, told, method=method)  # noqa: S310 - one's own
        with _OPENER.open(request, timeout=timeout) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        raise CommandFailed(f"{url} answered {error.code}: {_message(error)}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CommandFailed(
            f"no stand-in answers at {url.partition('/api')[0]} ({reason}); "
            "start one with `concertmaster serve`, or say where it is with --url"
        ) from error


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims


def local_url(host: str, port: int | str) -> str:
    """What to connect to, on this machine, when a server listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"http://[{host.strip('[]')}]:{port}" if ":" in host else f"http://{host}:{port}"
