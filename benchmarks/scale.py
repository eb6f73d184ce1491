"""What is no matter of rounds: starting, paging through everything, growing tables."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.contestants.concertmaster import Concertmaster, serve
from benchmarks.load import run
from benchmarks.measuring import Measured, Pace, once
from benchmarks.workloads import LIST, paging

SIZES = (10_000, 100_000, 1_000_000)

#: The scenario of someone who says nothing.
_DEFAULT_SCENARIO = "demo"


@dataclass(frozen=True)
class Starts:
    """(10) Seconds from the command to the first answer of /health/ready."""

    fresh: float  #: in an empty folder: migrated and seeded on the way
    existing: float  #: on the folder with the rows


@dataclass(frozen=True)
class Paging:
    """(8, 11) From the first page to the last, in a process that did nothing before."""

    rows: int
    seconds: float
    cpu: float  #: µs of CPU a row
    before_mib: float
    peak_mib: float


def starts(contestant: Concertmaster, folder: Path, times: int) -> Starts:
    """Leaves the contestant running, in a fresh process."""
    fresh = []
    for number in range(times):
        with serve(folder / f"fresh-{number}", _DEFAULT_SCENARIO, folder / "fresh.log") as server:
            fresh.append(server.started_in)
    existing = [contestant.restart() for _ in range(times)]
    return Starts(median(fresh), median(existing))


def page_through(contestant: Concertmaster) -> Paging:
    contestant.restart()
    server = contestant.server
    before_mib, before = server.peak_mib(), server.cpu()
    load = run(contestant.endpoint, [paging(contestant, Random(0))], seconds=120)
    cpu = (server.cpu() - before) / contestant.jobs * 1e6
    return Paging(contestant.jobs, load.seconds, cpu, before_mib, server.peak_mib())


def growth(
    contestant: Concertmaster, folder: Path, pace: Pace, say: Callable[[str], None]
) -> dict[int, Measured]:
    """(9) Workload 1 on tables of several sizes, in rounds; the contestant is one of them."""
    with ExitStack() as stack:
        sizes = {contestant.jobs: contestant}
        for size in sorted(set(SIZES) - {contestant.jobs}):
            say(f"inserting {size:,} jobs")
            sizes[size] = stack.enter_context(Concertmaster(folder / str(size), size))
        for one in sizes.values():
            once(LIST, one, -1, pace.warm)
        found: dict[int, list[Measured]] = {size: [] for size in sorted(sizes)}
        for number in range(pace.rounds):
            for size in found:
                found[size].append(once(LIST, sizes[size], number, pace.seconds))
    return {size: _middle(rounds) for size, rounds in found.items()}


def _middle(rounds: Sequence[Measured]) -> Measured:
    return sorted(rounds, key=lambda one: one.cpu)[len(rounds) // 2]
