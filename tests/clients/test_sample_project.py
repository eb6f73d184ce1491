"""A project of its own, outside of the checkout, that tests itself with the fixture from the wheel.

Also runs what docs/howto/test-with-pytest.md, test-from-node.md and test-in-github-actions.md show.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from clients.running import Server, environment, run

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("sample"),
]

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs" / "howto"

#: Fifty tests; each fills its own tenant through the SDK and sees nothing of the others.
INVOICES = """
import pytest
from uipath.platform import UiPath


@pytest.mark.parametrize("number", range(50))
def test_alone(orchestrator, monkeypatch, number):
    for name, value in orchestrator.env.items():
        monkeypatch.setenv(name, value)
    queue = orchestrator.queue("Invoices")
    orchestrator.asset("Number", number)
    sdk = UiPath()
    for count in range(number % 3):
        sdk.queues.create_item({"Name": "Invoices", "SpecificContent": {"Test": number}})
    assert sdk.assets.retrieve("Number").int_value == number
    assert [item["SpecificContent"] for item in queue.items()] == [{"Test": number}] * (number % 3)
    assert len(orchestrator.client.get("odata/Assets").json()["value"]) == 1
"""

#: What the fixture costs: time on the wall, and our own time, which a busy machine does not change.
MEASURES = """
import json, os, time, pytest

@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    wall, own = time.perf_counter(), time.process_time()
    made = yield
    if fixturedef.argname == "orchestrator":
        told = [time.perf_counter() - wall, time.process_time() - own]
        with open(f"cost-{os.getpid()}.jsonl", "a") as out:
            print(json.dumps(told), file=out)
    return made
"""

FAILING = """
def test_it_fails(orchestrator):
    orchestrator.client.get("odata/Jobs?$top=3")
    assert orchestrator.client.get("odata/Assets(4711)").status_code == 200
"""

CONTAINER = '''
import os, sys
from unittest import mock
from testcontainers.core.container import DockerContainer
from concertmaster.testing.container import ConcertmasterContainer

started = {}
class NoEngine(ConcertmasterContainer):
    """What an engine would do is left out: the "container" is the server at the address given."""
    def get_container_host_ip(self): return sys.argv[1]
    def get_exposed_port(self, port): return int(sys.argv[2])

mock.patch("testcontainers.core.container.DockerClient").start()
with mock.patch.object(DockerContainer, "start"), mock.patch.object(DockerContainer, "stop"):
    with NoEngine(scenario="empty", strict=True) as orchestrator:
        assert orchestrator.env == {
            "CONCERTMASTER_SCENARIO": "empty", "CONCERTMASTER_STRICT": "true",
        }
        assert [str(port).partition("/")[0] for port in orchestrator.ports] == ["8070"]
        os.environ.update(orchestrator.settings_of(folder="Shared"))
        print(orchestrator.url, len(orchestrator.token) > 100, os.environ["UIPATH_FOLDER_PATH"])
'''


@pytest.fixture(scope="session")
def python(pip: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, pytest and the SDK."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    made = pip(
        "sample", *project["dependencies"], "uipath>=2.14", "pytest>=8.3", "pytest-xdist>=3.6",
        "testcontainers>=4.9",
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("wheel")
    quiet = ("-q", "--disable-pip-version-check", "--no-deps")
    run(
        sys.executable, "-m", "pip", "wheel", ROOT, *quiet, "--no-build-isolation",
        "--wheel-dir", folder, timeout=300,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    run(made, "-m", "pip", "install", *quiet, "--force-reinstall", "--no-index", wheel, timeout=300)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project, far from the checkout."""
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "sample"\nversion = "1"\n')
    return folder


def pytest_in(project: Path, python: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, "-m", "pytest", "-W", "error::pytest.PytestWarning", *arguments], cwd=project,
        env=environment(), capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_fifty_tests_side_by_side(python: Path, project: Path) -> None:
    (project / "test_invoices.py").write_text(INVOICES)
    (project / "conftest.py").write_text(MEASURES)
    done = pytest_in(project, python, "-n", "4", "-q")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "50 passed" in done.stdout
    costs = [
        [float(part) for part in line.strip("[]\n").split(",")]
        for file in project.glob("cost-*.jsonl")
        for line in file.read_text().splitlines()
    ]
    wall, own = zip(*costs, strict=True)
    told = {"wall": statistics.median(wall), "own": statistics.median(own)}
    print(f"the fixture costs {told} s (medians of {len(costs)})")
    assert len(costs) == 50
    assert told["own"] < 0.05


def test_a_failing_test_shows_what_was_asked(python: Path, project: Path) -> None:
    (project / "test_failing.py").write_text(FAILING)
    done = pytest_in(project, python)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    shown = done.stdout.partition("orchestrator: the last requests")[2]
    assert "GET /odata/Jobs" in shown
    assert re.search(r"404 GET /odata/Assets\(4711\)", shown)


def test_tenants_in_a_stand_in_that_runs_already(
    python: Path, project: Path, server: Server
) -> None:
    (project / "test_invoices.py").write_text(INVOICES.replace("range(50)", "range(6)"))
    url = ("--orchestrator-url", server.base)
    done = pytest_in(project, python, "-n", "2", *url)
    assert "6 passed" in done.stdout, done.stdout[-3000:]
    (project / "test_invoices.py").write_text(
        "import pytest\n@pytest.mark.orchestrator(strict=True)\ndef test_it(orchestrator): ...\n"
    )
    assert "has its settings: strict" in pytest_in(project, python, *url).stdout


def test_a_container(python: Path, project: Path, server: Server) -> None:
    (project / "container.py").write_text(CONTAINER)
    host, port = server.base.rpartition("/")[2].split(":")
    said = run(python, "container.py", host, port, cwd=project)
    assert said.split() == [server.url, "True", "Shared"]


# --- what the documentation shows -------------------------------------------------------------


def blocks(page: str, language: str) -> list[str]:
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_examples_for_pytest(python: Path, project: Path) -> None:
    examples = blocks("test-with-pytest.md", "python")
    for number, block in enumerate(examples):
        (project / f"test_example_{number}.py").write_text(block)
    done = pytest_in(project, python, "-q")
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"{len(examples)} passed" in done.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_the_examples_for_node(python: Path, project: Path) -> None:
    examples = blocks("test-from-node.md", "javascript")
    (project / "invoices.test.mjs").write_text("\n".join(examples))
    command = [python.with_name("concertmaster"), "exec", "--scenario", "empty", "--"]
    said = run(*command, "node", "--test", "invoices.test.mjs", cwd=project, timeout=120)
    assert re.search(r"pass 3\b", said), said
    assert re.search(r"fail 0\b", said), said


def steps_of(page: str) -> list[tuple[str, list[str]]]:
    """The shell steps of each workflow on a page."""
    found = []
    for block in blocks(page, "yaml"):
        workflow: Any = yaml.safe_load(block)
        for name, job in workflow["jobs"].items():
            found.append((name, [step["run"] for step in job["steps"] if "run" in step]))
    return found


WORKFLOWS = steps_of("test-in-github-actions.md")


@pytest.mark.parametrize(("job", "steps"), WORKFLOWS, ids=[name for name, _ in WORKFLOWS])
def test_the_workflows(python: Path, project: Path, job: str, steps: Sequence[str]) -> None:
    """Each step in a shell of its own, as a runner does it; what is installed already stays."""
    asks = (
        "from uipath.platform import UiPath\n"
        "print(UiPath().processes.invoke('DailyReport').state)\n"
    )
    (project / "ask.py").write_text(asks)
    (project / "test_it.py").write_text("def test_it(orchestrator): orchestrator.queue('Q')\n")
    handed_on = project / "github-env"
    handed_on.touch()
    variables = environment(
        PATH=f"{python.parent}{os.pathsep}{os.environ['PATH']}", GITHUB_ENV=str(handed_on),
        CONCERTMASTER_PORT=str(_free_port()), PIP_NO_INDEX="1",
    )  # fmt: skip
    last = ""
    # One process group for all steps, so that what they leave running ends with them.
    with subprocess.Popen(["sleep", "600"], process_group=0) as session:
        try:
            for step in steps:
                lines = handed_on.read_text().splitlines()
                told = dict(line.split("=", 1) for line in lines)
                # To a file: what a step leaves running would hold a pipe open.
                with (project / "said.txt").open("w") as said:
                    done = subprocess.run(
                        ["bash", "-e", "-c", step], cwd=project, env={**variables, **told},
                        stdout=said, stderr=subprocess.STDOUT, timeout=120, check=False,
                        process_group=session.pid,
                    )  # fmt: skip
                last = (project / "said.txt").read_text()
                assert done.returncode == 0, last
        finally:
            os.killpg(session.pid, 9)
    assert ("passed" if job == "pytest" else "Pending") in last


def _free_port() -> int:
    import socket

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
