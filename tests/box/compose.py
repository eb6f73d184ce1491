"""What docker-compose.yml and the Dockerfile say, and services of theirs as plain processes."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return said


def dockerfile() -> str:
    return (ROOT / "src" / "Dockerfile").read_text("utf-8")


def image_environment() -> dict[str, str]:
    """What the last stage's ENV says, but for the PATH of the image."""
    stage = dockerfile().rpartition("\nFROM ")[2].replace("\\\n", " ")
    (line,) = re.findall(r"^ENV (.*)$", stage, re.MULTILINE)
    return dict(word.split("=", 1) for word in line.split() if not word.startswith("PATH="))


def image_command() -> list[str]:
    (line,) = re.findall(r"^CMD (\[.*\])$", dockerfile(), re.MULTILINE)
    found: list[str] = json.loads(line)
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def start(
    service: Mapping[str, Any], where: Mapping[str, str], more: Mapping[str, str]
) -> subprocess.Popen[str]:
    """A service as a process: its command and variables, with hosts put where they really are.

    `where` says what each address stands for here; `more` are variables that a container has no
    need of, since it has a network and a file system of its own.
    """
    said = {**image_environment(), **service.get("environment", {})}
    variables = {
        name: moved(re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value), where)
        for name, value in said.items()
    }
    command = [moved(word, where) for word in service.get("command", image_command())]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CONCERTMASTER_")}
    beside = str(Path(sys.executable).parent)
    path = {"PATH": beside + os.pathsep + inherited.get("PATH", "")}
    return subprocess.Popen(
        command, env={**inherited, **path, **variables, **more}, text=True, stdout=subprocess.PIPE
    )


def moved(text: str, where: Mapping[str, str]) -> str:
    for address, place in where.items():
        text = text.replace(address, place)
    return text
