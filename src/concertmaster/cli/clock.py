"""`concertmaster clock`: what time it is for a tenant, and how fast it goes by."""

import argparse
from functools import partial
from typing import Any

from concertmaster.cli._controls import Options, Verb, Verbs, Word, add_verbs, run_verb

MOMENT = "a moment, as 2026-11-28T09:00:00Z"


def _freeze(options: Options) -> dict[str, Any]:
    return {"frozen": True, "now": options.moment}


def _advance(options: Options) -> dict[str, Any]:
    """`P…` is a span, anything else a moment."""
    return {"by" if options.how_far.upper().startswith(("P", "-P")) else "to": options.how_far}


VERBS: Verbs = {
    "show": Verb("print the time", "GET", "/clock"),
    "set": Verb(
        "make it another time", "PUT", "/clock", (Word("moment", MOMENT),),
        lambda o: {"now": o.moment},
    ),
    "freeze": Verb(
        "stop the time", "PUT", "/clock",
        (Word("moment", f"{MOMENT}; now if not given", {"nargs": "?"}),), _freeze,
    ),
    "thaw": Verb("let it go on", "PUT", "/clock", (), lambda o: {"frozen": False}),
    "scale": Verb(
        "let it go by faster or slower", "PUT", "/clock",
        (Word("scale", "seconds of the tenant in a second", {"type": float}),),
        lambda o: {"scale": o.scale},
    ),
    "advance": Verb(
        "move ahead and do all that falls due on the way", "POST", "/clock/advance",
        (Word("how_far", "a span (PT2H, P30D), or a moment", {"metavar": "HOW-FAR"}),), _advance,
    ),
}  # fmt: skip

arguments: partial[None] = partial(add_verbs, verbs=VERBS)


def run(options: argparse.Namespace) -> int:
    return run_verb(options, VERBS)
