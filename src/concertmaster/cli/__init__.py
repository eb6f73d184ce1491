"""The `concertmaster` command: each subcommand is a module that is loaded when it is called."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final

#: Subcommand → what it does. The module of that name has `arguments(parser)` and `run(options)`.
COMMANDS: Final = {
    "serve": "run the stand-in",
    "exec": "run a command with a stand-in of its own, its settings exported",
    "env": "print the settings that point a client at a running stand-in",
    "token": "print an access token of a running stand-in",
    "tenant": "make, list and remove tenants of a running stand-in",
    "reset": "put a tenant back to its scenario, or to another one",
    "snapshot": "keep a tenant under a name, put it back, carry it elsewhere",
    "clock": "stop, set and advance the time of a tenant",
    "background": "pause and resume what happens by itself",
    "outcomes": "say what becomes of jobs that no real robot runs",
    "faults": "let requests fail on purpose",
    "journal": "print and count what a tenant was asked",
    "busy": "keep a running stand-in busy: items for its queues, jobs of its processes",
    "doctor": "look for what keeps the stand-in from running",
}


class CommandFailed(Exception):
    """A command could not do what it was asked; the message says why, in a line."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(given[0] if given else None)
    options = parser.parse_args(given)
    try:
        status: int = importlib.import_module(f"{__name__}.{options.command}").run(options)
    except CommandFailed as failed:
        print(f"concertmaster: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 0
    return status


def _parser(asked: str | None) -> argparse.ArgumentParser:
    from concertmaster import __version__

    parser = argparse.ArgumentParser(
        prog="concertmaster",
        description="A local stand-in for UiPath Orchestrator.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"concertmaster {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what}.", allow_abbrev=False)
        if name == asked:  # the others need not be loaded
            importlib.import_module(f"{__name__}.{name}").arguments(command)
    return parser
