"""`concertmaster outcomes`: what becomes of jobs that no real robot runs."""

import argparse
from functools import partial
from typing import Any

from concertmaster.cli._controls import (
    FOLDER,
    Options,
    Verb,
    Verbs,
    Word,
    add_verbs,
    json_of,
    run_verb,
)

PROCESS = Word("process", "name or key of a process")


def _said(options: Options) -> dict[str, Any]:
    told: dict[str, Any] = {"mode": options.mode}
    if options.seconds is not None:
        told["seconds"] = options.seconds
    if options.result is not None:
        told["result"] = json_of(options.result)
    return told


VERBS: Verbs = {
    "list": Verb("print what becomes of jobs, by process", "GET", "/outcomes", (FOLDER,)),
    "set": Verb(
        "say what becomes of the jobs of a process", "PUT", "/outcomes/{process}",
        (
            PROCESS, Word("mode", "immediate, after, manual or robot"),
            Word("--seconds", "how long `after` takes: MIN MAX", {"nargs": 2, "type": float}),
            Word("--result", 'how they end, as JSON: {"state": "Faulted", "info": "…"}'), FOLDER,
        ),
        _said,
    ),
    "next": Verb(
        "say how the next jobs of a process end", "POST", "/outcomes/{process}/next",
        (PROCESS, Word("result", "as JSON, one for each job", {"nargs": "+"}), FOLDER),
        lambda o: [json_of(one) for one in o.result],
    ),
    "forget": Verb(
        "go back to what holds by itself", "DELETE", "/outcomes/{process}", (PROCESS, FOLDER)
    ),
    "move": Verb(
        "move a manual job to another state", "POST", "/outcomes/jobs/{key}",
        (Word("key", "key of the job"), Word("state", "Running, Successful, Faulted, Stopped…")),
        lambda o: {"state": o.state},
    ),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
