"""`concertmaster journal`: what a tenant was asked."""

import argparse
from functools import partial

from concertmaster.cli._controls import Verb, Verbs, Word, add_verbs, run_verb

ASKED = (
    Word("--method", "GET, POST…"),
    Word("--path", "a path, in which * stands for anything"),
    Word("--status", "404, 4xx, or none where the connection was dropped"),
    Word("--since", "a moment, as 2026-11-28T09:00:00Z"),
    Word("--operation", "name of an operation"),
)
_NAMES = ("method", "path", "status", "since", "operation")

VERBS: Verbs = {
    "show": Verb(
        "print requests, oldest first", "GET", "/journal",
        (*ASKED, Word("--limit", "the last so many", {"type": int})), query=(*_NAMES, "limit"),
    ),
    "count": Verb("count requests", "GET", "/journal/count", ASKED, query=_NAMES),
    "unbuilt": Verb("print what was asked for and is not built", "GET", "/journal/unbuilt"),
    "clear": Verb("forget all requests so far", "DELETE", "/journal"),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
