"""The compose file's robot: its commands, run as processes of this machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from clients.running import Server, environment, run

pytestmark = [pytest.mark.registry, pytest.mark.timeout(600), pytest.mark.xdist_group("compose")]

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


@pytest.fixture(scope="module")
def robot(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of the service `robot`, with a Python and a home of its own as in the image."""
    service = yaml.safe_load(COMPOSE.read_text())["services"]["robot"]
    shell, option, script = service["command"]
    script = script.replace("$$", "$").replace("http://concertmaster:8070", server.base)
    home = tmp_path_factory.mktemp("home")
    # With the system's packages in sight `pip install --user` works in it, as it does in the image.
    run(sys.executable, "-m", "venv", "--system-site-packages", home / "python", timeout=120)
    path = (home / "python" / "bin", Path(sys.executable).parent, os.environ["PATH"])
    log = home / "robot.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [shell, option, script], cwd=home, stdout=out, stderr=out, start_new_session=True,
            env=environment(HOME=str(home), PATH=os.pathsep.join(map(str, path))),
        )  # fmt: skip
    yield log
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def test_the_robot_of_the_compose_file_connects(server: Server, robot: Path) -> None:
    until = time.monotonic() + 500
    while "Listening for jobs" not in robot.read_text():
        assert time.monotonic() < until, robot.read_text()
        time.sleep(0.5)
    assert "Robot session licensed" in robot.read_text()
    assert "Heartbeat failed" not in robot.read_text()


def test_profiles_and_health() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert "profiles" not in services["concertmaster"]
    assert services["robot"]["profiles"] == ["robot"]
    assert services["robot"]["depends_on"] == {"concertmaster": {"condition": "service_healthy"}}
    published = [port for one in services.values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
