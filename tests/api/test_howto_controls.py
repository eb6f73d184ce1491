"""The examples of the pages on faults and on the journal, run as they are printed."""

import re
from pathlib import Path

import pytest

from stand_in import StandIn

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["faults", "journal"])
def test_the_examples_hold(demo: StandIn, page: str) -> None:
    """But for the first one, which connects: here it is to the stand-in of the tests."""
    connect, *examples = BLOCK.findall((HOWTO / f"{page}.md").read_text(encoding="utf-8"))
    assert "orchestrator = httpx.Client(" in connect
    assert len(examples) >= 3
    names = {"orchestrator": demo.client(folder="Shared")}
    for example in examples:
        exec(compile(example, f"{page}.md", "exec"), names)
