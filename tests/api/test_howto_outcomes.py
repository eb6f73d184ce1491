"""The page on outcomes: each of its requests is sent, and answers what the page shows."""

import json
from typing import Any

from howto_pages import filled_in, shows, steps
from stand_in import Start


def test_the_page_on_outcomes(start_stand_in: Start) -> None:
    stand_in = start_stand_in("demo", alive=True)
    client, made = stand_in.client(folder="Shared"), dict[str, Any]()
    for method, path, body, shown in steps("outcomes.md"):
        words = {"json": json.loads(body)} if body else {}
        answer = client.request(method, filled_in(path, made), **words)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        told = answer.json() if answer.content else {}
        assert shows(told, shown), f"{method} {path}: {answer.text}"
        if path.endswith("StartJobs"):
            made = told["value"][0]
    assert made["ReleaseName"] == "DailyReport"
