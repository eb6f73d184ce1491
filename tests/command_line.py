"""The command as a shell runs it, in an environment that says nothing of us."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "concertmaster"]
#: Settings of the shell that runs the tests must not leak in. Compiled modules are written down,
#: whatever that shell says: dozens of processes are started.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("CONCERTMASTER_")},
    "PYTHONDONTWRITEBYTECODE": "",
}


def concertmaster(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    more = ["--data", str(data)] if data else []
    return subprocess.run(
        [*COMMAND, *arguments, *more], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
