"""`concertmaster tenant`: more tenants in a running stand-in."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from concertmaster.cli._controls import Options, Verb, Verbs, Word, add_verbs, run_verb

SCENARIO = Word("--scenario", "what it holds: a built-in scenario, or a YAML file of yours")
ORGANIZATION = Word("--organization", "its organization; if not given, the default one")


def scenario_of(options: Options) -> str | None:
    """A file is read here, and its text sent: the server reads no file for a request."""
    said: str | None = options.scenario
    if said is not None and Path(said).is_file():
        return Path(said).read_text(encoding="utf-8") + "\n"
    return said


def _new(options: Options) -> dict[str, Any]:
    told = {"name": options.name, "organization": options.organization}
    return {**told, "scenario": scenario_of(options)}


VERBS: Verbs = {
    "list": Verb("list the tenants", "GET", "/tenants"),
    "create": Verb(
        "make a tenant; prints its URL and a token",
        "POST", "/tenants", (Word("name", "its name"), ORGANIZATION, SCENARIO), _new,
    ),
    "delete": Verb(
        "remove a tenant with everything in it",
        "DELETE", "/tenants/{which}", (Word("which", "ORGANIZATION/NAME"),),
    ),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
