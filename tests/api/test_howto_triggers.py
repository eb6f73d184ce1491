"""The page on triggers: each of its requests is sent, and answers what the page shows."""

import json

from howto_pages import filled_in, shows, steps
from stand_in import StandIn


def test_the_page_on_triggers(fresh: StandIn) -> None:
    client, made = fresh.client(folder="Shared"), {}
    for method, path, body, shown in steps("triggers.md"):
        words = {"json": json.loads(filled_in(body, made))} if body else {}
        answer = client.request(method, filled_in(path, made), **words)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        assert shows(answer.json(), shown), f"{method} {path}: {answer.text}"
        if answer.status_code == 201:
            made[path.rpartition("/")[2]] = answer.json()["Id"]
    assert {"ProcessSchedules", "QueueDefinitions", "Calendars", "Releases"} == set(made)
