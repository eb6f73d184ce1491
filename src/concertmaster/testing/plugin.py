"""The pytest plugin: the fixture `orchestrator`, a tenant for each test that asks for one.

    def test_an_invoice_is_queued(orchestrator):
        orchestrator.queue("Invoices")
        …

It is found by pytest itself (an entry point); nothing is imported until a test asks for the
fixture. See docs/howto/test-with-pytest.md.
"""

import re
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from concertmaster.testing.orchestrator import Orchestrator
    from concertmaster.testing.stand_ins import StandIn

#: How many requests of a failed test are shown.
SHOWN = 15

_ORCHESTRATOR = pytest.StashKey["Orchestrator"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("concertmaster", "a stand-in for UiPath Orchestrator")
    group.addoption(
        "--orchestrator-url",
        metavar="URL",
        help="make the tenants of tests in the stand-in that runs there, not in one of our own",
    )
    group.addoption("--orchestrator-user", default="admin", metavar="NAME", help="who makes them")
    group.addoption(
        "--orchestrator-password", default="concertmaster", metavar="WORD", help="their password"
    )
    parser.addini("orchestrator_scenario", "what tenants of tests hold (empty)", default="empty")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "orchestrator(scenario=…, **settings): what the test's tenant holds (a scenario's name, a "
        "YAML file, YAML as text, a dictionary), and settings of the stand-in (strict=True).",
    )


@pytest.fixture(scope="session")
def orchestrator_stand_ins(request: pytest.FixtureRequest) -> Iterator["StandIns"]:
    """The stand-ins of the session: one for each set of settings that tests ask for."""
    found = StandIns(request.config)
    yield found
    found.close()


@pytest.fixture
def orchestrator(
    request: pytest.FixtureRequest, orchestrator_stand_ins: "StandIns"
) -> Iterator["Orchestrator"]:
    """A tenant of the test's own: `.url`, `.token`, `.env`, `.client`, `.clock`, and more."""
    from concertmaster.testing.orchestrator import Orchestrator

    scenario, settings = _asked(request)
    stand_in = orchestrator_stand_ins.of(settings)
    made = Orchestrator(stand_in, stand_in.make(_name(request), scenario))
    request.node.stash[_ORCHESTRATOR] = made
    yield made
    made.close()


class StandIns:
    """Opened when first asked for, closed together."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._open: dict[tuple[tuple[str, Any], ...], StandIn] = {}

    def of(self, settings: dict[str, Any]) -> "StandIn":
        known = tuple(sorted(settings.items()))
        if known not in self._open:
            self._open[known] = self._started(settings)
        return self._open[known]

    def _started(self, settings: dict[str, Any]) -> "StandIn":
        from concertmaster.testing.stand_ins import Local, Running

        option = self._config.getoption
        url = option("--orchestrator-url")
        if url is None:
            return Local(**settings)
        if settings:
            raise pytest.UsageError(
                f"a stand-in that runs already has its settings: {', '.join(settings)}"
            )
        return Running(url, option("--orchestrator-user"), option("--orchestrator-password"))

    def close(self) -> None:
        for stand_in in self._open.values():
            stand_in.close()


def _asked(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """What the markers say, the nearest first; the scenario, and the other settings."""
    told: dict[str, Any] = {}
    for marker in request.node.iter_markers("orchestrator"):
        if marker.args:
            raise pytest.UsageError("the marker orchestrator takes keywords only")
        told = {**marker.kwargs, **told}
    scenario = told.pop("scenario", request.config.getini("orchestrator_scenario"))
    return _scenario(scenario, request), told


def _scenario(said: Any, request: pytest.FixtureRequest) -> Any:
    """A file is looked for beside the test, then in the root of the project."""
    if not isinstance(said, str):
        return said
    if "\n" not in said:
        for folder in (request.path.parent, Path(request.config.rootpath)):
            if (folder / said).is_file():
                return str(folder / said)
    return said


def _name(request: pytest.FixtureRequest) -> str:
    """The test's name, as far as a URL can hold it, and something that no other test has."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")[:40].strip("-")
    return f"{word or 'test'}-{uuid.uuid4().hex[:8]}"  # noqa: TID251


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and report.failed and _ORCHESTRATOR in item.stash:
        report.sections.append(("orchestrator: the last requests", _shown(item)))
    return report


def _shown(item: pytest.Item) -> str:
    """A line for each of the last requests, and why a 404 was one."""
    try:
        entries = item.stash[_ORCHESTRATOR].journal.entries(limit=SHOWN)
    except Exception as error:  # the test itself may have made the stand-in fail
        return f"the journal cannot be read: {error}"
    lines = []
    for entry in entries:
        told = {name: entry[name] for name in ("query", "operation", "fault") if entry.get(name)}
        words = [entry["status"] or "dropped", entry["method"], entry["path"], *told.values()]
        lines.append(f"{' '.join(map(str, words))} ({entry['ms']:.0f} ms)")
        if entry.get("hint"):
            lines.append(f"    {entry['hint']}")
    return "\n".join(lines) or "none"
