"""Rounds: each workload on each contestant in turn, again and again; of what came, the medians."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contestants import Contestant
from benchmarks.load import Load, run
from benchmarks.workloads import Workload, workers


@dataclass(frozen=True)
class Measured:
    """One workload on one contestant: medians of its rounds, for a unit of work."""

    workload: Workload
    contestant: str
    rate: float  #: units a second
    cpu: float  #: µs of the server process's CPU a unit, user and system
    p50: float  #: ms
    p99: float  #: ms
    size: float  #: bytes of an answer's body
    busy: float  #: share of its core that the server used
    rounds: Sequence["Measured"] = ()  #: of which these are the medians

    def times(self, other: "Measured", what: Callable[["Measured"], float]) -> float:
        """How many times that of another in the same round: the median of all rounds.

        A shared machine changes its speed every few seconds; within a round it does so less.
        """
        pairs = zip(self.rounds or [self], other.rounds or [other], strict=True)
        return float(median(what(mine) / what(theirs) for mine, theirs in pairs))


@dataclass(frozen=True)
class Pace:
    """How long and how often."""

    rounds: int
    seconds: float
    warm: float  #: seconds of the first, uncounted run: compilers and caches settle
    starts: int  #: how often each kind of start is tried


def measure(
    workload: Workload,
    contestants: Sequence[Contestant],
    pace: Pace,
    say: Callable[[str], None] = lambda _: None,
) -> list[Measured]:
    """The rounds of one workload on those contestants that take part in it."""
    taking_part = [one for one in contestants if isinstance(one, workload.who)]
    found: dict[str, list[Measured]] = {one.name: [] for one in taking_part}
    for contestant in taking_part:
        once(workload, contestant, -1, pace.warm)
    for number in range(pace.rounds):
        for contestant in taking_part:
            measured = once(workload, contestant, number, pace.seconds)
            found[contestant.name].append(measured)
            say(
                f"{workload.name} round {number + 1}: {contestant.name} "
                f"{measured.rate:,.0f}/s, {measured.cpu:,.0f} µs"
            )
    return [_medians(rounds) for rounds in found.values()]


def once(workload: Workload, contestant: Contestant, number: int, seconds: float) -> Measured:
    """One run of one workload on one contestant."""
    if workload.prepare:
        workload.prepare(contestant, seconds)
    before = contestant.server.cpu()
    load = run(contestant.endpoint, list(workers(workload, contestant, number)), seconds)
    return measured(workload, contestant, load, contestant.server.cpu() - before)


def measured(workload: Workload, contestant: Contestant, load: Load, cpu: float) -> Measured:
    """What a run comes to, for a unit of work."""
    units = load.requests / workload.requests
    return Measured(
        workload,
        contestant.name,
        rate=units / load.seconds,
        cpu=cpu / units * 1e6,
        p50=load.percentile(0.5) * 1e3,
        p99=load.percentile(0.99) * 1e3,
        size=load.received / load.requests,
        busy=cpu / load.seconds,
    )


def _medians(rounds: Sequence[Measured]) -> Measured:
    def of(name: str) -> float:
        return float(median(getattr(one, name) for one in rounds))

    first = rounds[0]
    return Measured(
        first.workload, first.contestant,
        of("rate"), of("cpu"), of("p50"), of("p99"), of("size"), of("busy"), rounds,
    )  # fmt: skip
