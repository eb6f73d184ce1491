"""Pages whose requests are sent: blocks marked `http`, each perhaps with the `json` it answers."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HOWTO = Path(__file__).parents[1] / "docs" / "howto"
_BLOCK = re.compile(r"```(http|json)\n(.*?)```", re.DOTALL)


def steps(page: str) -> Iterator[tuple[str, str, str, Any]]:
    """Method, path, body, and what the answer shows."""
    text = (HOWTO / page).read_text(encoding="utf-8")
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(text)]
    for number, (kind, text) in enumerate(blocks):
        if kind == "http":
            line, _, body = text.partition("\n")
            method, _, path = line.partition(" ")
            following = blocks[number + 1] if number + 1 < len(blocks) else ("http", "")
            yield (
                method,
                path,
                body.strip(),
                json.loads(following[1] if following[0] == "json" else "{}"),
            )


def filled_in(text: str, made: Mapping[str, Any]) -> str:
    """`{QueueDefinitions}` → the id of the one that was made last."""
    return re.sub(r"\{([A-Z]\w+)\}", lambda found: str(made[found[1]]), text)


def shows(answer: Any, shown: Any) -> bool:
    """Whether an answer has what is shown, beside more."""
    if isinstance(shown, dict):
        return all(shows(answer.get(name), value) for name, value in shown.items())
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(shows, answer, shown))
    return bool(answer == shown)
