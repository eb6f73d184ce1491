"""The benchmarks still run: their pieces on a handful of rows, without the peer."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # `benchmarks` lies beside the sources, in no package

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="they read /proc")


@pytest.mark.skipif(
    not os.environ.get("CONCERTMASTER_TEST_LONG"),
    reason="starts servers, and asks them everything: CONCERTMASTER_TEST_LONG=1",
)
def test_every_workload_runs_on_a_small_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import agreement, workloads
    from benchmarks.contestants.concertmaster import Concertmaster
    from benchmarks.contestants.core import Core
    from benchmarks.measuring import once

    monkeypatch.setattr(workloads, "BATCH", 20)
    with (
        Concertmaster(tmp_path / "ours", 1_000) as ours,
        Core(tmp_path / "core", 1_000, ours.tenant_database()) as core,
    ):
        agreement.check([ours, core])
        for workload in workloads.ROUNDS:
            measured = once(workload, ours, 0, seconds=0.02)
            assert measured.rate > 0
        assert ours.server.peak_mib() > 10
    assert ours.server.process is None


def test_answers_are_read_whole_however_they_come() -> None:
    from benchmarks.load import Answer, parse

    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    chunked = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n"
    )
    for whole in (plain, chunked):
        assert parse(bytearray(whole)) == Answer(200, b"hello")
        for end in range(len(whole)):
            wanted = parse(bytearray(whole[:end]))
            assert isinstance(wanted, int)
            assert end < wanted <= len(whole)
    assert parse(bytearray(b"HTTP/1.1 204 No Content\r\n\r\n")) == Answer(204, b"")


def test_figures_are_written_between_the_marks(tmp_path: Path) -> None:
    from benchmarks import report

    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}old{report.END}\nafter\n")
    report.write("| new |", "python -m benchmarks", readme)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| new |" in text
    assert "old" not in text


def test_filters_are_planned() -> None:
    from benchmarks.queries import planning

    found = planning(shapes=5)
    assert 0 < found.known < found.new
