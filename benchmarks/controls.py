"""`python -m benchmarks.controls`: what a tenant, a reset, a snapshot and a month of the demo take.

Asked of a stand-in of this process through its own doors, on SQLite in a temporary folder. Wall
times: of the quick ones the median of some rounds, of the month a single run.
"""

import statistics
import sys
import time
from collections import Counter

from concertmaster.testing.controls import Controls
from concertmaster.testing.stand_ins import INSIDE, Local

ROUNDS = 15


def main() -> int:
    local = Local()
    try:
        spent: dict[str, list[float]] = {}

        def timed(what: str, action: object) -> object:
            begun = time.perf_counter()
            done = action()  # type: ignore[operator]
            spent.setdefault(what, []).append((time.perf_counter() - begun) * 1000)
            return done

        local.drop(local.make("first", "demo"))  # works the template out
        for number in range(ROUNDS):
            made = timed("tenant made", lambda n=number: local.make(f"t{n}", "demo"))
            timed("tenant dropped", lambda m=made: local.drop(m))
        made = local.make("bench", "demo")
        headers = {"authorization": f"Bearer {made.token}"}
        with local.client(base_url=f"{INSIDE}{made.path}/", headers=headers, timeout=600) as client:
            ask = Controls(client).ask
            ask("POST", "reset", {})
            for number in range(ROUNDS):
                name = f"s{number}"
                timed("snapshot taken", lambda n=name: ask("POST", "snapshots", {"name": n}))
                timed("snapshot restored", lambda n=name: ask("POST", f"snapshots/{n}/restore"))
                timed("reset", lambda: ask("POST", "reset", {}))
            ask("PUT", "clock", {"frozen": True})
            told = timed("30 days advanced", lambda: ask("POST", "clock/advance", {"by": "P30D"}))
        for what, times in spent.items():
            print(f"{what:20} {statistics.median(times):9.1f} ms  (of {len(times)})")
        fired = Counter(one["what"] for one in told["fired"])  # type: ignore[index]
        print("fired in 30 days:", ", ".join(f"{n} {what}" for what, n in fired.most_common()))
    finally:
        local.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
