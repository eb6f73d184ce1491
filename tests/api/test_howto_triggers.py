"""The page on triggers: each of its requests is sent, and answers what the page shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stand_in import StandIn

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "triggers.md"
_BLOCK = re.compile(r"```(http|json)\n(.*?)```", re.DOTALL)


def steps() -> Iterator[tuple[str, str, str, Any]]:
    """Method, path, body, and what the answer shows."""
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
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


def with_ids(text: str, made: dict[str, int]) -> str:
    """`{QueueDefinitions}` → the id of the one that was made last."""
    return re.sub(r"\{([A-Z]\w+)\}", lambda found: str(made[found[1]]), text)


def shows(answer: Any, shown: Any) -> bool:
    """Whether an answer has what is shown, beside more."""
    if isinstance(shown, dict):
        return all(shows(answer.get(name), value) for name, value in shown.items())
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(shows, answer, shown))
    return bool(answer == shown)


def test_the_page_on_triggers(fresh: StandIn) -> None:
    client, made = fresh.client(folder="Shared"), {}
    for method, path, body, shown in steps():
        words = {"json": json.loads(with_ids(body, made))} if body else {}
        answer = client.request(method, with_ids(path, made), **words)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        assert shows(answer.json(), shown), f"{method} {path}: {answer.text}"
        if answer.status_code == 201:
            made[path.rpartition("/")[2]] = answer.json()["Id"]
    assert {"ProcessSchedules", "QueueDefinitions", "Calendars", "Releases"} == set(made)
