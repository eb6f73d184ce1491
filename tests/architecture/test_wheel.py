"""What is installed is whole: the wheel carries its data, and serves far from the checkout."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "concertmaster"

#: Says which package it is, then serves: a free port, nothing kept.
SERVE = """
import sys, concertmaster
from concertmaster.cli import main
print(concertmaster.__file__, flush=True)
sys.exit(main(["serve", "--port", "0", "--ephemeral"]))
"""

pytestmark = pytest.mark.timeout(120)


def pip(*arguments: str | Path) -> None:
    quiet = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        [*quiet, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with what is installed here: nothing is downloaded."""
    pytest.importorskip("pip", reason="a wheel is built by pip")
    pytest.importorskip("hatchling", reason="a wheel is built by hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_carries_every_file_of_the_package(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    data = {".py", ".yaml", ".tsv", ".mako"}
    wanted = {
        f"concertmaster/{p.relative_to(PACKAGE)}" for p in PACKAGE.rglob("*") if p.suffix in data
    }
    wanted |= {
        str("concertmaster" / p.relative_to(ROOT)) for p in (ROOT / "migrations").rglob("*.py")
    }
    assert wanted <= carried
    assert "concertmaster/surface/operations.tsv" in carried
    assert {
        f"concertmaster/scenarios/{name}.yaml" for name in ("demo", "empty", "guide")
    } <= carried


def test_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"concertmaster"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".pyc"))]


@pytest.fixture
def server(wheel: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of a server that runs from the installed wheel, in an empty folder."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    pip("install", "--no-deps", "--no-index", "--target", installed, wheel)
    elsewhere.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("CONCERTMASTER_")
    }
    command = [sys.executable, "-c", SERVE]
    running = subprocess.Popen(
        command, cwd=elsewhere, env={**kept, "PYTHONPATH": str(installed)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if line.strip().startswith("clients"):  # the last line of the banner
                break
        try:
            assert said[0].startswith(str(installed)), "not the installed package"
            found = re.search(r"URL +(\S+)", "".join(said))
            assert found, "".join(said)
            yield found[1]
        finally:
            running.terminate()


def test_serves_outside_the_checkout(server: str) -> None:
    root = server.split("/acme/")[0]
    assert fetch(f"{root}/health/ready") == {"status": "ready"}
    who = {"tenancyName": "Default", "usernameOrEmailAddress": "admin", "password": "concertmaster"}
    token = fetch(f"{root}/api/Account/Authenticate", who)["result"]
    folders = fetch(f"{server}/orchestrator_/odata/Folders", token=token)
    assert folders["value"][0]["DisplayName"] == "Shared"
    assert folders["@odata.context"] == f"{server}/orchestrator_/odata/$metadata#Folders"


def fetch(url: str, body: Any = None, *, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    sent = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, sent, headers), timeout=20) as answer:
        return json.loads(answer.read())
