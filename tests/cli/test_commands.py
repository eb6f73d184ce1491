"""The command line: a server that is told where to listen, and commands that ask it."""

import re
import urllib.request
from pathlib import Path

import pytest

from command_line import concertmaster


def test_the_server_answers(server: str) -> None:
    with urllib.request.urlopen(f"{server}/health/ready", timeout=5) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("client", "says"),
    [
        ("shell", r"export UIPATH_URL=http://127.0.0.1:\d+/acme/Default"),
        ("python", r'UIPATH_FOLDER_PATH="Shared"'),
        ("powershell", r"\$Env:UIPATH_ACCESS_TOKEN = 'ey"),
        ("typescript", r'"tenantName": "Default"'),
        ("uipathcli", r"export UIPATH_PAT="),
        ("robot", r"UIPATH_ROBOT_USERNAME"),
    ],
)
def test_env(server: str, client: str, says: str) -> None:
    done = concertmaster("env", "--url", server, "--for", client)
    assert done.returncode == 0, done.stderr
    assert re.search(says, done.stdout)


def test_a_token_signs_in(server: str) -> None:
    for more in ((), ("--personal", "ci")):
        token = concertmaster("token", "--url", server, *more).stdout.strip()
        request = urllib.request.Request(
            f"{server}/odata/Folders", headers={"authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.status == 200


def test_nobody_is_there() -> None:
    done = concertmaster("env", "--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_a_busy_port_gets_a_hint(server: str, tmp_path: Path) -> None:
    port = server.rpartition(":")[2]
    done = concertmaster("serve", "--port", port, data=tmp_path / "data")
    assert done.returncode == 1
    assert "is busy; try --port" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_published_credentials_stay_at_home(tmp_path: Path) -> None:
    done = concertmaster("serve", "--host", "0.0.0.0", data=tmp_path)
    assert done.returncode == 1
    assert "CONCERTMASTER_ALLOW_DEFAULT_CREDENTIALS=1" in done.stderr


def test_another_scenario_asks_for_a_reset(tmp_path: Path) -> None:
    assert concertmaster("reset", "--scenario", "empty", data=tmp_path).returncode == 0
    refused = concertmaster("serve", "--port", "0", "--scenario", "guide", data=tmp_path)
    assert refused.returncode == 1
    assert f"concertmaster reset --scenario guide --data {tmp_path}" in refused.stderr
    assert concertmaster("reset", "--scenario", "guide", data=tmp_path).returncode == 0
    assert (tmp_path / ".gitignore").read_text().strip() == "*"


def test_doctor(tmp_path: Path) -> None:
    done = concertmaster("doctor", data=tmp_path)
    assert "python" in done.stdout.lower()


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("serve", "--nonsense")])
def test_what_is_no_command(arguments: tuple[str, ...]) -> None:
    done = concertmaster(*arguments)
    assert done.returncode == 2
    assert "usage: concertmaster" in done.stderr
