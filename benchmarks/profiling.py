"""`python -m benchmarks.profiling list`: where Concertmaster's time goes in one workload.

The server runs under cProfile, which makes it slower and Python look dearer than it is: read the
shares, not the seconds.
"""

import argparse
import pstats
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.contestants.concertmaster import Concertmaster
from benchmarks.measuring import once
from benchmarks.processes import cores, stay_on
from benchmarks.workloads import ROUNDS


def main() -> int:
    by_name = {workload.name: workload for workload in ROUNDS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("workload", choices=by_name)
    parser.add_argument("--jobs", type=int, default=100_000, help="rows (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of load (%(default)s)")
    parser.add_argument("--sort", default="tottime", help="tottime or cumtime (%(default)s)")
    parser.add_argument("--lines", type=int, default=45, help="how many (%(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    stay_on({cores()[1]})
    with tempfile.TemporaryDirectory(prefix="concertmaster-profile-") as name:
        dump = Path(name) / "profile"
        with Concertmaster(Path(name), options.jobs, under=("-m", "cProfile", "-o", dump)) as ours:
            measured = once(by_name[options.workload], ours, 0, options.seconds)
        print(f"{measured.rate:,.0f}/s, {measured.cpu:,.0f} µs under the profiler")
        pstats.Stats(str(dump)).sort_stats(options.sort).print_stats(options.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
