"""What the project of jobs that wait does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from patient_runtime import wait_for
from uipath.platform.common import InvokeProcess, WaitUntil


@dataclass
class Given:
    number: int = 0
    folder: str = ""


@dataclass
class Made:
    text: str


def ask(given: Given) -> Made:
    """Waits for somebody's answer."""
    runs = Path(given.folder) / "asked"
    runs.write_text(runs.read_text() + "." if runs.exists() else ".")
    answer = wait_for({"question": "How many?"})
    return Made(f"{given.number + answer['count']} after {runs.read_text()}")


def order(given: Given) -> Made:
    """Waits for another job, then for a moment."""
    wanted = InvokeProcess(
        name="worker", entry_point_path="add", input_arguments={"number": given.number}
    )
    done = wait_for(wanted)
    wait_for(WaitUntil(resume_time=datetime.now(UTC) + timedelta(seconds=1)))
    return Made(f"the other job made {done['number']}")
