"""`concertmaster snapshot`: a tenant kept under a name, put back, carried elsewhere as a file."""

import argparse
from functools import partial

from concertmaster.cli._controls import NAME, Verb, Verbs, Word, add_verbs, run_verb

VERBS: Verbs = {
    "list": Verb("list the snapshots", "GET", "/snapshots"),
    "create": Verb(
        "keep the tenant as it is", "POST", "/snapshots", (NAME,), lambda o: {"name": o.name}
    ),
    "restore": Verb("put the tenant back", "POST", "/snapshots/{name}/restore", (NAME,)),
    "export": Verb(
        "write a snapshot to a file", "GET", "/snapshots/{name}",
        (NAME, Word("file", "where to; NAME.zip if not given", {"nargs": "?"})), saves="file",
    ),
    "import": Verb(
        "keep what a file holds, in place of a snapshot of that name", "PUT", "/snapshots/{name}",
        (NAME, Word("file", "what `export` wrote")), sends="file",
    ),
    "delete": Verb("forget a snapshot", "DELETE", "/snapshots/{name}", (NAME,)),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
