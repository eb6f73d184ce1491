"""`concertmaster reset`: fill the default tenant of a stopped stand-in with a scenario again."""

import argparse

from concertmaster.cli import CommandFailed
from concertmaster.cli._flags import add_settings, settings_of


def arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    from concertmaster.scenarios import ScenarioError, seed
    from concertmaster.store import DataRefused, Registry

    try:
        registry = Registry.open(settings, seed, anew=True)
    except (DataRefused, ScenarioError) as refused:
        raise CommandFailed(str(refused)) from refused
    print(f"{registry.place} holds the scenario {registry.default.scenario}.")
    registry.close()
    return 0
