"""Clients as their users install them, from their registries, against a server of its own process.

They need a network, so they are skipped unless CONCERTMASTER_TEST_CLIENTS=1; then nothing is.
CONCERTMASTER_TEST_VENVS names a folder that keeps what was installed, for the next time.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clients.running import Server, run

ENABLED = os.environ.get("CONCERTMASTER_TEST_CLIENTS") == "1"
KEPT = os.environ.get("CONCERTMASTER_TEST_VENVS")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("registry") and not ENABLED:
        pytest.skip("installs a client from its registry: CONCERTMASTER_TEST_CLIENTS=1")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()
    assert "unexpected error" not in running.log, running.log[-4000:]


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if KEPT is None:
        return tmp_path_factory.mktemp("clients")
    Path(KEPT).mkdir(parents=True, exist_ok=True)
    return Path(KEPT)


@pytest.fixture(scope="session")
def pip(homes: Path) -> Callable[..., Path]:
    """A virtual environment with packages in it: the path of its Python."""

    def install(name: str, *packages: str) -> Path:
        def fill(home: Path) -> None:
            run(sys.executable, "-m", "venv", home, timeout=120)
            run(home / "bin" / "pip", "install", "--quiet", *packages, timeout=500)

        return _made(homes / f"python-{name}", packages, fill) / "bin" / "python"

    return install


@pytest.fixture(scope="session")
def npm(homes: Path) -> Callable[..., Path]:
    """A folder with packages in its node_modules."""

    def install(name: str, *packages: str) -> Path:
        found = shutil.which("npm")
        if found is None or shutil.which("node") is None:
            pytest.fail("node and npm are needed to run this client")

        def fill(home: Path) -> None:
            home.mkdir()
            flags = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
            run(found, "install", *flags, *packages, cwd=home, timeout=500)

        return _made(homes / f"node-{name}", packages, fill)

    return install


def _made(home: Path, packages: tuple[str, ...], fill: Callable[[Path], None]) -> Path:
    """A home that is filled once; what stands half filled or holds other packages is made anew."""
    mark = home / "holds.txt"
    wanted = "\n".join(packages)
    if not mark.is_file() or mark.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        fill(home)
        mark.write_text(wanted)
    return home
