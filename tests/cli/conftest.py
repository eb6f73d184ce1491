"""A server of its own process, for commands that ask one."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from command_line import COMMAND, ENVIRONMENT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of its own, on a free port."""
    data = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--scenario", "empty", "--data", str(data)],
        stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert process.stdout
    banner = ""
    while "clients" not in banner:
        line = process.stdout.readline()
        assert line, "the server ended before it was ready"
        banner += line
    found = re.search(r"URL\s+(http://\S+)/acme/Default", banner)
    assert found, banner
    yield found[1]
    process.terminate()
    process.wait(10)
    process.stdout.close()
