"""`concertmaster exec`: a command with a stand-in of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from command_line import COMMAND, ENVIRONMENT, concertmaster

ASKS = """
import json, os, sys, urllib.request
env = os.environ
request = urllib.request.Request(
    env["UIPATH_URL"] + "/orchestrator_/odata/Folders",
    headers={"authorization": "Bearer " + env["UIPATH_ACCESS_TOKEN"]},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    print([row["DisplayName"] for row in json.load(answer)["value"]])
print(env["UIPATH_FOLDER_PATH"], env["UIPATH_URL"].startswith(env["CONCERTMASTER_URL"]))
sys.exit(7)
"""


def test_the_command_finds_a_stand_in_and_its_exit_code_comes_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "exec", "--scenario", "empty", "--folder", "Elsewhere", "--", sys.executable,
         "-c", ASKS],
        capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout == "['Shared']\nElsewhere True\n", done.stderr
    assert done.returncode == 7
    assert list(tmp_path.iterdir()) == []  # nothing is kept


def test_a_signal_is_passed_on(tmp_path: Path) -> None:
    waits = "import time; print('waiting', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*COMMAND, "exec", "--scenario", "empty", "--", sys.executable, "-c", waits],
        stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=tmp_path,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.readline() == "waiting\n"
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(50) == 128 + signal.SIGTERM


def test_what_cannot_be_run(tmp_path: Path) -> None:
    missing = concertmaster("exec", "--scenario", "empty", "--", "no-such-command")
    assert (missing.returncode, "no command" in missing.stderr) == (1, True)
    refused = concertmaster("exec", "--scenario", "nonsense", "--", "true")
    assert refused.returncode == 1
    assert "there is no scenario 'nonsense'" in refused.stderr
    assert concertmaster("exec").returncode == 2
