"""`python -m benchmarks`: set everything up, measure it side by side, say what came of it."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import agreement, postgresql, queries, report, scale
from benchmarks.contestants import Contestant, cap
from benchmarks.contestants.concertmaster import Concertmaster
from benchmarks.contestants.core import Core
from benchmarks.measuring import Pace, measure
from benchmarks.processes import NotReady, cores, machine_cpu, stay_on
from benchmarks.results import HEADLINE, Results
from benchmarks.workloads import ON_POSTGRESQL, ROUNDS

JOBS = 100_000

#: Many short rounds, or enough to see where one stands. Node makes code faster
#: for many seconds: a short warming up flatters whoever is measured beside it.
FULL, QUICK = Pace(20, 1.0, 8.0, starts=3), Pace(5, 0.4, 1.2, starts=1)
#: Seconds after which a run is given up, whatever hangs.
PATIENCE = {FULL: 3_600, QUICK: 600}

_began = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    pace = QUICK if options.quick else FULL
    signal.signal(signal.SIGTERM, _stopped)  # so that every `with` ends what it began
    signal.signal(signal.SIGALRM, _stopped)
    signal.alarm(PATIENCE[pace])
    every_core = os.sched_getaffinity(0)
    stay_on({cores()[1]})
    results = Results()
    say("planning")
    results.planning = queries.planning()
    with tempfile.TemporaryDirectory(prefix="concertmaster-benchmarks-") as name:
        folder = Path(name)
        on_sqlite(folder, pace, results)
        on_postgresql(folder, pace, results, options.database_url, every_core)
    print(results.markdown(), flush=True)
    if not options.no_write:
        report.write(results.markdown(), "python -m benchmarks" + " --quick" * options.quick)
    print(json.dumps(results.summary()))
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.add_argument("--quick", action="store_true", help="shorter rounds, under four minutes")
    made.add_argument("--database-url", help="a PostgreSQL server to use; else one is started")
    made.add_argument("--no-write", action="store_true", help="leave README.md as it is")
    return made


def on_sqlite(folder: Path, pace: Pace, results: Results) -> None:
    """Everyone on the same rows; then what is ours alone."""
    say("inserting the rows")
    with Concertmaster(folder / "concertmaster", JOBS) as ours:
        side_by_side(ours, folder, pace, results)
        say("paging")
        results.paging = scale.page_through(ours)
        say("starting")
        results.starts = scale.starts(ours, folder, times=pace.starts)
        results.growth = scale.growth(ours, folder, pace, say)


def side_by_side(ours: Concertmaster, folder: Path, pace: Pace, results: Results) -> None:
    """All rounds; the others are gone afterwards."""
    with ExitStack() as stack:
        core = stack.enter_context(Core(folder / "core", JOBS, ours.tenant_database()))
        contestants: list[Contestant] = [ours, core]
        try:
            contestants.append(stack.enter_context(cap.Cap(folder / "cap", JOBS)))
        except (cap.Unavailable, NotReady) as reason:
            results.missing.append(f"SAP CAP: {reason}")
        agreement.check(contestants)
        start, used = time.monotonic(), machine_cpu() - _used_by(contestants)
        for workload in ROUNDS:
            results.measured += measure(workload, contestants, pace, say)
        used = machine_cpu() - _used_by(contestants) - used
        results.elsewhere = used / (time.monotonic() - start)


def on_postgresql(
    folder: Path, pace: Pace, results: Results, url: str | None, every_core: set[int]
) -> None:
    """Concertmaster on PostgreSQL: a server that was named, or one of our own.

    Beside it goes Core on SQLite again: what a machine does a few minutes later is no yardstick.
    """
    try:
        with ExitStack() as stack:
            say("PostgreSQL")
            server = (
                postgresql.databases_of(url)
                if url
                else postgresql.cluster(folder / "postgresql", every_core)
            )
            database = stack.enter_context(server)
            ours = stack.enter_context(Concertmaster(folder / "on-postgresql", JOBS, database))
            rows = folder / "core" / Core.DATABASE
            core = stack.enter_context(Core(folder / "core-again", JOBS, rows))
            for workload in ON_POSTGRESQL:
                beside = [core] if workload is HEADLINE else []
                results.postgresql += measure(workload, [ours, *beside], pace, say)
    except postgresql.NoServer as reason:
        results.missing.append(f"PostgreSQL: {reason}")


def _used_by(contestants: Sequence[Contestant]) -> float:
    """What the servers and the load used themselves."""
    own = sum(os.times()[:2])
    return own + sum(contestant.server.cpu() for contestant in contestants)


def _stopped(number: int, _frame: object) -> None:
    raise SystemExit(f"stopped: {signal.Signals(number).name}")


def say(what: str) -> None:
    """How far it is, beside the results."""
    print(f"{time.monotonic() - _began:6.1f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
