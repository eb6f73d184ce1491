"""Everything that one run found out, as tables and as the line of JSON at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from benchmarks.measuring import Measured
from benchmarks.queries import Planning
from benchmarks.scale import Paging, Starts
from benchmarks.table import Cell, ratio, table
from benchmarks.workloads import KEY, LIST, POST, WHOLE, Workload

CAP, CORE, OURS = "SAP CAP", "FastAPI + Core", "Concertmaster"
OURS_ON_POSTGRESQL = "Concertmaster, PostgreSQL"

#: Which of the two sizes of workload 1 the goals are about; the other one is told as well.
HEADLINE = LIST


@dataclass
class Results:
    """Filled in as the run goes on; `missing` says why something stayed empty."""

    measured: list[Measured] = field(default_factory=list)
    postgresql: list[Measured] = field(default_factory=list)
    growth: dict[int, Measured] = field(default_factory=dict)
    starts: Starts | None = None
    paging: Paging | None = None
    planning: Planning | None = None
    elsewhere: float = 0.0  #: cores that something else used while rounds were run
    missing: list[str] = field(default_factory=list)

    def of(self, workload: Workload, contestant: str = OURS) -> Measured | None:
        return _find(self.measured, workload, contestant)

    def ratio(self, workload: Workload, peer: str) -> float | None:
        """How many times a peer's throughput ours is."""
        ours, theirs = self.of(workload), self.of(workload, peer)
        return ours.times(theirs, attrgetter("rate")) if ours and theirs else None

    def cpu_ratio(self, workload: Workload, peer: str) -> float | None:
        """How many times our CPU a peer needs: holds on a busy machine too."""
        ours, theirs = self.of(workload), self.of(workload, peer)
        return theirs.times(ours, attrgetter("cpu")) if ours and theirs else None

    def postgresql_to_core(self, workload: Workload) -> float | None:
        """How many times our Python's CPU on PostgreSQL Core needs on SQLite, just then."""
        ours = _find(self.postgresql, workload, OURS_ON_POSTGRESQL)
        core = _find(self.postgresql, workload, CORE)
        return core.times(ours, attrgetter("cpu")) if ours and core else None

    @property
    def slower_when_grown(self) -> float | None:
        """The CPU of a request on 1,000,000 rows to that on 100,000."""
        small, large = self.growth.get(100_000), self.growth.get(1_000_000)
        return large.cpu / small.cpu if small and large else None

    def summary(self) -> dict[str, float | None]:
        headline, whole = self.of(HEADLINE), self.of(WHOLE)
        on_postgresql = _find(self.postgresql, HEADLINE, OURS_ON_POSTGRESQL)
        found: dict[str, float | None] = {
            "list_vs_cap": self.ratio(HEADLINE, CAP),
            "list_vs_core": self.ratio(HEADLINE, CORE),
            "key_vs_cap": self.ratio(KEY, CAP),
            "post_vs_cap": self.ratio(POST, CAP),
            "list_cpu_us": headline.cpu if headline else None,
            "ready_s": self.starts.fresh if self.starts else None,
            "peak_mib": self.paging.peak_mib if self.paging else None,
            "growth_1e5_to_1e6": self.slower_when_grown,
            "whole_vs_cap": self.ratio(WHOLE, CAP),
            "whole_vs_core": self.ratio(WHOLE, CORE),
            "whole_cpu_us": whole.cpu if whole else None,
            "list_vs_cap_by_cpu": self.cpu_ratio(HEADLINE, CAP),
            "whole_vs_cap_by_cpu": self.cpu_ratio(WHOLE, CAP),
            "key_vs_cap_by_cpu": self.cpu_ratio(KEY, CAP),
            "post_vs_cap_by_cpu": self.cpu_ratio(POST, CAP),
            "filter_known_us": self.planning.known if self.planning else None,
            "filter_new_us": self.planning.new if self.planning else None,
            "postgresql_list_cpu_us": on_postgresql.cpu if on_postgresql else None,
            "postgresql_list_vs_core_by_cpu": self.postgresql_to_core(HEADLINE),
        }
        return {name: None if value is None else round(value, 2) for name, value in found.items()}

    # --- for people -----------------------------------------------------------------------------

    def markdown(self) -> str:
        parts = [self._rounds(), self._scale()]
        if self.postgresql:
            parts.insert(1, self._postgresql())
        if self.missing:
            parts.append("\n".join(f"Not measured: {reason}" for reason in self.missing))
        parts.append(
            f"While the rounds ran, other processes used {self.elsewhere:.2f} of a core."
            + (" The figures are not those of a quiet machine." if self.elsewhere > 0.1 else "")
        )
        return "\n\n".join(parts)

    def _rounds(self) -> str:
        heads = (
            "workload", "server", "per second", "CPU µs", "p50 ms", "p99 ms", "bytes", "core",
            "to CAP", "to Core",
        )  # fmt: skip
        return table(heads, [self._row(one) for one in self.measured])

    def _row(self, one: Measured) -> list[Cell]:
        peers = [
            ratio(self.ratio(one.workload, peer)) if one.contestant == OURS else ""
            for peer in (CAP, CORE)
        ]
        return [one.workload.title, one.contestant, *_figures(one), *peers]

    def _postgresql(self) -> str:
        heads = (
            "workload", "server", "per second", "Python CPU µs", "p50 ms", "p99 ms", "bytes",
            "core", "to Core, CPU",
        )  # fmt: skip
        return table(heads, [self._row_of_postgresql(one) for one in self.postgresql])

    def _row_of_postgresql(self, one: Measured) -> list[Cell]:
        beside = ratio(self.postgresql_to_core(one.workload)) if one.contestant != CORE else ""
        return [one.workload.title, one.contestant, *_figures(one), beside]

    def _scale(self) -> str:
        rows: list[list[Cell]] = []
        if self.paging:
            page = self.paging
            rows += [
                [f"(8) page through {page.rows:,} jobs", "s", page.seconds],
                ["(8) the same, CPU", "µs a row", page.cpu],
                ["(11) memory before it", "MiB", page.before_mib],
                ["(11) peak memory during it", "MiB", page.peak_mib],
            ]
        for size, one in self.growth.items():
            rows.append([f"(9) workload 1 on {size:,} jobs", "CPU µs", one.cpu])
        rows += [["(9) from 100,000 to 1,000,000", "times", self.slower_when_grown]]
        if self.starts:
            rows += [
                ["(10) start to ready, empty folder", "s", self.starts.fresh],
                ["(10) start to ready, 100,000 jobs there", "s", self.starts.existing],
            ]
        if self.planning:
            rows += [
                ["$filter of a known shape to a statement", "µs", self.planning.known],
                ["$filter of a new shape to a statement", "µs", self.planning.new],
            ]
        return table(("once", "unit", "Concertmaster"), rows)


def _find(measured: Sequence[Measured], workload: Workload, contestant: str) -> Measured | None:
    found = (one for one in measured if one.workload is workload)
    return next((one for one in found if one.contestant == contestant), None)


def _figures(one: Measured) -> list[Cell]:
    return [one.rate, one.cpu, one.p50, one.p99, one.size, f"{one.busy:.0%}"]
