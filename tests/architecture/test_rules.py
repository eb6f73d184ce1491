"""The rules of the house, kept by machines: format, lint, types, imports, names, sizes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
#: Words that say nothing: a thing without a better name stands in the wrong place.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "core", "misc"}

COMMANDS = {
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "types": [sys.executable, "-m", "mypy"],
    "imports": [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
    ],
}


@pytest.mark.parametrize("rule", COMMANDS)
@pytest.mark.timeout(300)
def test_rule(rule: str) -> None:
    done = subprocess.run(COMMANDS[rule], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def test_no_empty_names() -> None:
    found = [path for path in SOURCES if path.stem.strip("_") in EMPTY_NAMES]
    assert not found


def test_every_module_says_what_it_answers_for() -> None:
    silent = [
        path
        for path in SOURCES
        if path.read_text().strip() and not path.read_text().lstrip().startswith('"""')
    ]
    assert not silent


def test_no_file_is_too_long() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 600
    }
    assert not long


def test_no_loose_ends() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [path for path in SOURCES if marks.search(path.read_text())]
    assert not found
