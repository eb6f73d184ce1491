"""`concertmaster background`: whether things happen by themselves."""

import argparse
from functools import partial

from concertmaster.cli._controls import Verb, Verbs, Word, add_verbs, run_verb

VERBS: Verbs = {
    "show": Verb("print whether it rests, and what falls due next", "GET", "/background"),
    "pause": Verb(
        "let nothing happen by itself", "PUT", "/background", (), lambda o: {"paused": True}
    ),
    "resume": Verb(
        "let things happen again", "PUT", "/background", (), lambda o: {"paused": False}
    ),
    "fire": Verb(
        "fire a trigger now", "POST", "/background/triggers/{id}/fire", (Word("id", "its id"),)
    ),
}

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
