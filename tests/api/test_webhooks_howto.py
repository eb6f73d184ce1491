"""What docs/howto/webhooks.md shows works as it stands there."""

import re
import threading
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from stand_in import Start

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "webhooks.md"
NS = "UiPath.Server.Configuration.OData"


def block(language: str) -> str:
    found = re.search(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found
    return found[1]


def test_the_receiver_takes_what_is_signed(
    start_stand_in: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(block("python"), names)
    names["Receiver"].log_message = lambda *_: None
    server = HTTPServer(("127.0.0.1", 0), names["Receiver"])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    scenario = yaml.safe_load(block("yaml"))
    hook = scenario["Webhooks"][0]
    hook["Url"] = f"http://127.0.0.1:{server.server_address[1]}/"
    file = tmp_path / "hooks.yaml"
    file.write_text(yaml.safe_dump(scenario))
    client = start_stand_in(str(file)).client()
    desk, everything = client.rows("/odata/Webhooks?$orderby=Id")
    assert [one["EventType"] for one in desk["Events"]] == ["job.completed", "job.faulted"]
    assert everything["SubscribeToAllEvents"] is True

    client.ok("POST", f"/odata/Webhooks({desk['Id']})/{NS}.Ping", 202)
    client.ok("POST", "/_control/clock/advance", json={"by": "PT1H"})
    found = client.rows(f"/_control/webhooks/deliveries?webhook={desk['Id']}")
    assert [(one["status"], one["responseStatus"]) for one in found] == [("Delivered", 200)]
    assert "ping " in capsys.readouterr().out
    server.shutdown()
    server.server_close()
    thread.join()
