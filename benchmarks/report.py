"""The results in README.md: a section between two marks, with the date and the machine."""

import os
import platform
import shutil
import sqlite3
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.contestants import cap

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def write(figures: str, how: str, readme: Path = README) -> None:
    """Replace what stands between the marks."""
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    section = f"{BEGIN}\n\nMeasured on {date.today()} with `{how}`.\n\n{machine()}\n\n{figures}\n\n"
    readme.write_text(f"{before}{section}{END}{after}")


def machine() -> str:
    """What it was measured on and with."""
    packages = ("uvicorn", "fastapi", "sqlalchemy", "orjson", "psycopg")
    said = [
        f"{os.cpu_count()} cores of {_processor()}, {_memory():.0f} GiB, {platform.platform()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        ", ".join(f"{name} {_version(name)}" for name in packages),
        f"CAP {cap.version()} on Node {_node()}",
    ]
    return "\n".join(f"- {line}" for line in said)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(name: str) -> str:
    try:
        return version(name)
    except ImportError:
        return "is not installed"


def _node() -> str:
    if not shutil.which("node"):
        return "(not installed)"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    return said.stdout.strip().removeprefix("v")
