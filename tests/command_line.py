"""The command as a shell runs it, in an environment that says nothing of us."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "concertmaster"]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("CONCERTMASTER_")}


def concertmaster(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    more = ["--data", str(data)] if data else []
    return subprocess.run(
        [*COMMAND, *arguments, *more], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
