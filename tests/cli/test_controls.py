"""Commands that ask the controls of a running server, called in this process: that is quicker."""

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from concertmaster.cli import main


def said(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), errors.getvalue()


def ask(server: str, *arguments: str, tenant: str = "") -> Any:
    """What a command prints, as JSON; None where it prints nothing."""
    code, out, errors = said(*arguments, "--url", server, "--tenant", tenant)
    assert code == 0, errors
    return json.loads(out) if out else None


def refused(server: str, *arguments: str) -> str:
    code, out, errors = said(*arguments, "--url", server)
    assert code == 1, out
    assert errors.count("\n") == 1
    return errors


def test_tenants_come_and_go(server: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("include: empty\nQueueDefinitions: [{Name: Mine, Folder: Shared}]\n")
    made = ask(server, "tenant", "create", "one", "--scenario", str(own))
    assert made["url"] == f"{server}/acme/one"
    assert [one["name"] for one in ask(server, "tenant", "list")["value"]] == ["Default", "one"]
    assert "already used" in refused(server, "tenant", "create", "one")
    assert "no scenario" in refused(server, "tenant", "create", "two", "--scenario", "nonsense")
    ask(server, "tenant", "delete", "acme/one")
    assert "404" in refused(server, "tenant", "delete", "acme/one")


def test_a_snapshot_travels(server: str, tmp_path: Path) -> None:
    ask(server, "tenant", "create", "there")
    ask(server, "clock", "freeze", "2030-01-01T00:00:00Z", tenant="there")
    assert ask(server, "snapshot", "create", "kept", tenant="there")["tenant"] == "acme/there"
    file = tmp_path / "kept.zip"
    code, out, errors = said(
        "snapshot", "export", "kept", str(file), "--url", f"{server}/acme/there"
    )
    assert (code, out.strip()) == (0, str(file)), errors
    assert set(zipfile.ZipFile(file).namelist()) >= {"snapshot.json", "tenant.db"}

    ask(server, "snapshot", "import", "taken", str(file))
    ask(server, "snapshot", "restore", "taken")
    assert ask(server, "clock", "show")["now"] == "2030-01-01T00:00:00.0000000Z"
    assert [one["name"] for one in ask(server, "snapshot", "list")["value"]] == ["taken"]
    ask(server, "reset")
    assert ask(server, "clock", "show")["frozen"] is False
    ask(server, "reset", "--snapshot", "taken")
    assert ask(server, "clock", "show")["frozen"] is True
    ask(server, "snapshot", "delete", "taken")
    assert "404" in refused(server, "snapshot", "restore", "taken")
    assert "no file" in refused(server, "snapshot", "import", "x", str(tmp_path / "nothing"))
    file.write_bytes(b"nonsense")
    assert "400" in refused(server, "snapshot", "import", "x", str(file))
    ask(server, "reset")
    ask(server, "tenant", "delete", "acme/there")


def test_the_clock(server: str) -> None:
    ask(server, "clock", "set", "2030-01-01T00:00:00Z")
    ask(server, "clock", "freeze")
    advanced = ask(server, "clock", "advance", "PT2H")
    assert advanced["now"].startswith("2030-01-01T02:00:")
    assert ask(server, "clock", "advance", "2030-01-02T00:00:00Z")["now"].startswith("2030-01-02")
    assert ask(server, "clock", "scale", "60")["scale"] == 60
    assert ask(server, "clock", "thaw")["frozen"] is False
    assert "400" in refused(server, "clock", "set", "yesterday")
    ask(server, "reset")


def test_the_background(server: str) -> None:
    assert ask(server, "background", "pause")["paused"] is True
    assert ask(server, "background", "resume")["paused"] is False
    assert ask(server, "background", "show")["paused"] is False


def test_faults_and_the_journal(server: str) -> None:
    ask(server, "journal", "clear")
    rule = ask(server, "faults", "add", '{"path": "/odata/Assets", "status": 503, "times": 1}')
    assert [one["id"] for one in ask(server, "faults", "list")["value"]] == [rule["id"]]
    ask(server, "faults", "remove", str(rule["id"]))
    ask(server, "faults", "add", '{"path": "/odata/Nothing", "status": 503}')
    ask(server, "faults", "clear")
    assert ask(server, "faults", "list")["value"] == []
    assert "no JSON" in refused(server, "faults", "add", "{")
    asked = ask(server, "journal", "count", "--path", "/api/Account/Authenticate")
    assert asked["count"] > 1
    (last,) = ask(server, "journal", "show", "--method", "POST", "--limit", "1")["value"]
    assert last["path"] == "/api/Account/Authenticate"
    assert ask(server, "journal", "unbuilt")["value"] == []


def test_outcomes_and_triggers(server: str) -> None:
    ask(server, "tenant", "create", "alive", "--scenario", "demo")
    processes = ask(server, "outcomes", "list", tenant="alive")["processes"]
    assert "DailyReport" in [one["process"] for one in processes]
    said = ("DailyReport", "after", "--seconds", "1", "2", "--folder", "Shared")
    assert ask(server, "outcomes", "set", *said, tenant="alive")["seconds"] == [1, 2]
    queued = ask(
        server, "outcomes", "next", "DailyReport", '{"state": "Faulted", "info": "No"}',
        tenant="alive",
    )  # fmt: skip
    assert queued["next"] == [{"state": "Faulted", "info": "No"}]
    ask(server, "outcomes", "forget", "DailyReport", tenant="alive")
    assert "404" in refused(server, "outcomes", "set", "Nothing", "manual")
    assert "404" in refused(server, "background", "fire", "4711")
    ask(server, "tenant", "delete", "acme/alive")


@pytest.mark.parametrize(
    "arguments", [("clock",), ("clock", "nonsense"), ("snapshot", "create"), ("tenant", "delete")]
)
def test_what_is_no_verb(arguments: tuple[str, ...]) -> None:
    code, _, errors = said(*arguments)
    assert code == 2
    assert "usage: concertmaster" in errors


def test_reset_asks_whoever_runs_unless_data_is_named() -> None:
    assert "no stand-in answers" in refused("http://127.0.0.1:9", "reset")
    assert "running" in refused("", "reset", "--snapshot", "x", "--data", "nowhere")
