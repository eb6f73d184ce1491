"""`concertmaster faults`: requests that fail on purpose."""

import argparse
from functools import partial

from concertmaster.cli._controls import Verb, Verbs, Word, add_verbs, json_of, run_verb

VERBS: Verbs = {
    "list": Verb("print the rules that stand", "GET", "/faults"),
    "add": Verb(
        "let requests fail", "POST", "/faults",
        (Word("rule", 'a rule as JSON: {"entitySet": "Jobs", "status": 503, "times": 2}'),),
        lambda o: json_of(o.rule),
    ),
    "remove": Verb("take a rule away", "DELETE", "/faults/{id}", (Word("id", "its id"),)),
    "clear": Verb("take all rules away", "DELETE", "/faults"),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
