"""`concertmaster reset`: a tenant as it was in the beginning.

A running stand-in is asked to; of a stopped one the data is named (`--data`, `--database-url`), and
its default tenant filled again.
"""

import argparse

from concertmaster.cli import CommandFailed
from concertmaster.cli._controls import Options, Verb, Word, ask
from concertmaster.cli._flags import settings_of
from concertmaster.cli._running import add_connection
from concertmaster.cli.tenant import scenario_of

_STOPPED = ("data", "database_url", "organization")

RUNNING = Verb(
    "reset a tenant of a running stand-in", "POST", "/reset",
    body=lambda o: {"scenario": scenario_of(o), "snapshot": o.snapshot},
)  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    Word("--scenario", "another scenario, or a YAML file of yours").add_to(parser)
    Word("--snapshot", "what a snapshot of this name keeps").add_to(parser)
    stopped = parser.add_argument_group("of a stopped stand-in, its default tenant")
    stopped.add_argument("--data", help="folder of its databases and blobs")
    stopped.add_argument("--database-url", help="postgresql+psycopg://… of its server")
    stopped.add_argument("--organization", help="organization of its default tenant")
    add_connection(parser.add_argument_group("of a running stand-in"))


def run(options: argparse.Namespace) -> int:
    if options.data is None and options.database_url is None:
        ask(options, RUNNING)
        return 0
    if options.snapshot is not None:
        raise CommandFailed("a snapshot is restored in a running stand-in")
    return _fill_again(options)


def _fill_again(options: Options) -> int:
    given = {name: getattr(options, name) for name in (*_STOPPED, "scenario")}
    if options.tenant:
        given["tenant"] = options.tenant
    settings = settings_of(
        argparse.Namespace(**{name: value for name, value in given.items() if value is not None})
    )
    from concertmaster.scenarios import ScenarioError, seed
    from concertmaster.store import DataRefused, Registry

    try:
        registry = Registry.open(settings, seed, anew=True)
    except (DataRefused, ScenarioError) as refused:
        raise CommandFailed(str(refused)) from refused
    print(f"{registry.place} holds the scenario {registry.default.scenario}.")
    registry.close()
    return 0
