"""`concertmaster busy`: items and jobs come into a running stand-in, as people would add them."""

import subprocess
import sys

from serving import ENVIRONMENT, Served


def test_items_and_jobs_come_in() -> None:
    with Served("--ephemeral", "--port", "0") as served:
        before = counts(served)
        url = f"http://{served.http.base_url.netloc.decode()}"
        command = [sys.executable, "-m", "concertmaster", "busy", "--url", url]
        done = subprocess.run(
            [*command, "--every", "0", "--rounds", "4"],
            capture_output=True, text=True, check=False, env=ENVIRONMENT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 4
        assert all(now > then for now, then in zip(counts(served), before, strict=True))
        refused = served.ok("GET", "/_control/journal/count", params={"status": "4xx"})
        assert refused == {"count": 0}


def counts(served: Served) -> list[int]:
    return [served.ok("GET", f"/odata/{name}/$count") for name in ("QueueItems", "Jobs")]


def test_a_stand_in_that_is_gone() -> None:
    command = [sys.executable, "-m", "concertmaster", "busy", "--url", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 1
    assert "no stand-in answers at http://127.0.0.1:9" in done.stderr
