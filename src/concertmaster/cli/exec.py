"""`concertmaster exec -- command`: a stand-in for as long as a command runs."""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO

from concertmaster.cli import CommandFailed
from concertmaster.cli._flags import add_settings, settings_of
from concertmaster.cli._running import add_folder, sign_in
from concertmaster.cli.env import variables
from concertmaster.settings import DEFAULT_PASSWORD, DEFAULT_USER, Settings, flag

#: Seconds that a server may take to end.
PATIENCE = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "concertmaster exec [flags of serve] [--folder FOLDER] -- COMMAND …"
    add_settings(parser)
    add_folder(parser)
    parser.add_argument("command_line", nargs="+", metavar="COMMAND", help="what to run")


def run(options: argparse.Namespace) -> int:
    """The exit code of the command; 128 and the number of a signal that ended it."""
    settings_of(options)  # what is wrong is said before anything is started
    if shutil.which(options.command_line[0]) is None:
        raise CommandFailed(f"there is no command '{options.command_line[0]}'")
    with serving(_flags(options)) as url:
        told = argparse.Namespace(url=url, tenant="", user=DEFAULT_USER, password=DEFAULT_PASSWORD)
        env = variables(sign_in(told), options.folder)
        return _run(options.command_line, {**os.environ, **env, "CONCERTMASTER_URL": url})


def _flags(options: argparse.Namespace) -> list[str]:
    """Those of `serve`; unless told otherwise it takes a free port and keeps nothing."""
    given = {name: value for name, value in vars(options).items() if name in Settings.model_fields}
    told = {"port": 0, **given}
    if "data" not in given and "database_url" not in given:
        told.setdefault("ephemeral", True)
    flags = []
    for name, value in told.items():
        if isinstance(value, bool):
            flags.append(flag(name) if value else flag(name).replace("--", "--no-", 1))
        else:
            flags += [flag(name), str(value)]
    return flags


@contextlib.contextmanager
def serving(flags: Sequence[str]) -> Iterator[str]:
    """A server of its own process, from when it is ready; its URL without a tenant."""
    command = [sys.executable, "-m", "concertmaster", "serve", *flags]
    # A session of its own: a Ctrl-C is for the command, the server ends after it.
    with subprocess.Popen(  # noqa: S603 - ourselves
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdout is not None
        try:
            yield _ready(server.stdout)
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


def _ready(said: IO[str]) -> str:
    """The URL of the banner, whose last line comes when the server answers."""
    banner = ""
    for line in said:
        banner += line
        if line.strip().startswith("clients"):
            break
    found = re.search(r"URL +(\w+://[^/\s]+)", banner)
    if found is None:  # it said why on stderr, which is ours
        raise CommandFailed("the stand-in did not start")
    threading.Thread(target=said.read, daemon=True).start()  # nothing it prints may block it
    return found[1]


def _run(command: Sequence[str], env: dict[str, str]) -> int:
    with contextlib.ExitStack() as held:
        started = threading.Event()
        process: subprocess.Popen[bytes]

        def pass_on(*_signal: object) -> None:
            """Whoever ends us means the command."""
            if not started.is_set():
                raise SystemExit(128 + signal.SIGTERM)
            process.terminate()

        held.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, pass_on))
        process = held.enter_context(subprocess.Popen(command, env=env))  # noqa: S603 - as told
        started.set()
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # the command has got it, too
                code = process.wait()
                return code if code >= 0 else 128 - code
