"""`concertmaster serve`: run the stand-in, and say how to reach it."""

import argparse
import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from typing import TYPE_CHECKING

from concertmaster.cli import CommandFailed
from concertmaster.cli._flags import add_settings, settings_of
from concertmaster.cli._running import local_url
from concertmaster.settings import DEFAULT_PASSWORD, DEFAULT_USER, Settings

if TYPE_CHECKING:  # loaded late, see `_serve`
    from concertmaster.store import Registry


def arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    gc.disable()  # little that is made until it is ready is garbage
    settings = settings_of(options)
    signal.signal(signal.SIGTERM, _end)  # uvicorn has its own while it serves, and hands on to it
    listener = listen(settings)  # before anything is made: a busy port leaves no data behind
    with listener:
        _serve(settings, listener)
    return 0


def _end(_signal: int, _frame: object) -> None:
    """To be told to stop is no failure: containers and services are ended this way."""
    raise SystemExit(0)


def listen(settings: Settings) -> socket.socket:
    """The socket, or a hint why there is none."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host.strip("[]"), settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandFailed(
                f"port {settings.port} is busy; try --port {settings.port + 1}"
            ) from error
        raise CommandFailed(f"cannot listen on {settings.host}: {error}") from error
    return listener


def _leave_alone_what_stays() -> None:
    """What there is by now stays until the end: the garbage collector need not look at it again."""
    gc.freeze()
    gc.enable()


def _serve(settings: Settings, listener: socket.socket) -> None:
    import uvicorn

    from concertmaster.app import create_app
    from concertmaster.scenarios import ScenarioError
    from concertmaster.store import DataRefused

    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        app = create_app(settings)
    except (DataRefused, ScenarioError) as refused:
        raise CommandFailed(str(refused)) from refused

    class Server(uvicorn.Server):
        """Says that it is ready once it is: uvicorn itself has nothing for that moment."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                _leave_alone_what_stays()
                port = listener.getsockname()[1]
                # Beside the requests that are answered by now: its token may need a key first.
                said = await asyncio.to_thread(banner, settings, app.state.registry, port)
                print(said, flush=True)

    config = uvicorn.Config(
        app,
        log_level=settings.log_level,
        access_log=settings.log_level in ("info", "debug"),
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    Server(config).run(sockets=[listener])


def banner(settings: Settings, registry: "Registry", port: int) -> str:
    """What one wants to know first, and how to point a client at it."""
    url = local_url(settings.host, port)
    tenant = registry.default
    elsewhere = "" if url == "http://127.0.0.1:8070" else f" --url {url}"
    lines = {
        "URL": f"{url}/{tenant.organization}/{tenant.name}",
        "sign in": f"{DEFAULT_USER} / {DEFAULT_PASSWORD}",
        "token": _token(settings, registry, url),
        "data": registry.place,
        "scenario": tenant.scenario,
        "clients": f'eval "$(concertmaster env{elsewhere})"',
    }
    return "\n".join(
        ["Concertmaster is ready.", *(f"  {name:<9}{value}" for name, value in lines.items())]
    )


def _token(settings: Settings, registry: "Registry", url: str) -> str:
    """The fixed token, or one that is issued for the default user."""
    from concertmaster.domain.errors import OrchestratorError
    from concertmaster.identity.sign_in import sign_in, token_for

    if settings.access_token is not None:
        return settings.access_token.get_secret_value()
    try:
        user = sign_in(registry.default, DEFAULT_USER, DEFAULT_PASSWORD)
    except OrchestratorError:  # somebody changed the password: then it is theirs to know
        return "the published password was changed; sign in with yours"
    return token_for(registry, registry.default, user, issuer=f"{url}/identity_")
