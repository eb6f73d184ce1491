"""The controls of a test's own tenant, in the words of Python: time, outcomes, faults, the journal.

What each does is said in docs/howto/control.md; these classes only ask for it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx


class ControlFailed(AssertionError):
    """A control was refused; the message is what the stand-in said."""


class Controls:
    """`/_control` of one tenant."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(
        self, method: str, path: str, body: Any = None, *, folder: str | None = None, **query: Any
    ) -> Any:
        """The JSON of an answer. Raises ControlFailed."""
        headers = {} if folder is None else {"x-uipath-folderpath": folder}
        told = {name: value for name, value in query.items() if value is not None}
        answer = self._client.request(
            method, f"_control/{path}", json=body, params=told, headers=headers
        )
        if answer.is_error:
            raise ControlFailed(
                f"{method} _control/{path}: {answer.status_code} {_message(answer)}"
            )
        return answer.json() if answer.content else None


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


Moment = datetime | str


def _moment(said: Moment) -> str:
    """A datetime without a zone is UTC."""
    if isinstance(said, str):
        return said
    zoned = said if said.tzinfo else said.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Fired:
    """Something that fell due and was done."""

    at: str
    what: str
    id: Any


class Clock:
    """The tenant's time."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    @property
    def now(self) -> datetime:
        text: str = self._controls.ask("GET", "clock")["now"]
        return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)

    @property
    def frozen(self) -> bool:
        return bool(self._controls.ask("GET", "clock")["frozen"])

    def set(self, moment: Moment) -> None:
        """Make it another time; nothing runs."""
        self._controls.ask("PUT", "clock", {"now": _moment(moment)})

    def freeze(self, moment: Moment | None = None) -> None:
        """Stop it: now, or at a moment."""
        at = {} if moment is None else {"now": _moment(moment)}
        self._controls.ask("PUT", "clock", {"frozen": True, **at})

    def thaw(self) -> None:
        self._controls.ask("PUT", "clock", {"frozen": False})

    def scale(self, seconds: float) -> None:
        """So many of the tenant's seconds go by in one."""
        self._controls.ask("PUT", "clock", {"scale": seconds})

    def advance(self, by: timedelta | str | None = None, **span: float) -> list[Fired]:
        """Move ahead (`hours=2`, `"P30D"`), doing all that falls due on the way."""
        if isinstance(by, str):
            told = {"by": by}
        else:
            told = {"by": f"PT{((by or timedelta()) + timedelta(**span)).total_seconds():f}S"}
        return self._fired(told)

    def advance_to(self, moment: Moment) -> list[Fired]:
        """Move ahead until a moment."""
        return self._fired({"to": _moment(moment)})

    def _fired(self, told: Mapping[str, str]) -> list[Fired]:
        answer = self._controls.ask("POST", "clock/advance", told)
        return [Fired(one["at"], one["what"], one["id"]) for one in answer["fired"]]


class Outcomes:
    """What becomes of jobs that no real robot runs."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def set(self, process: str, mode: str, *, folder: str | None = None, **more: Any) -> None:
        """`immediate`, `after` (`seconds=[1, 5]`), `manual`, `robot`; `result={"state": …}`."""
        self._controls.ask("PUT", f"outcomes/{process}", {"mode": mode, **more}, folder=folder)

    def next(self, process: str, *results: Mapping[str, Any], folder: str | None = None) -> None:
        """How the next jobs end, one after the other."""
        self._controls.ask("POST", f"outcomes/{process}/next", list(results), folder=folder)

    def move(self, job_key: str, state: str, **more: Any) -> None:
        """Move a manual job to another state."""
        self._controls.ask("POST", f"outcomes/jobs/{job_key}", {"state": state, **more})


class Faults:
    """Requests that fail on purpose."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def add(self, **rule: Any) -> Any:
        """A rule, by the names of docs/howto/faults.md (`entity_set` for `entitySet`); its id."""
        told = {_camel(name): value for name, value in rule.items()}
        return self._controls.ask("POST", "faults", told)["id"]

    def remove(self, rule_id: Any) -> None:
        self._controls.ask("DELETE", f"faults/{rule_id}")

    def clear(self) -> None:
        """Take all of them away."""
        for rule in self.all():
            self.remove(rule["id"])

    def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._controls.ask("GET", "faults")["value"]
        return found

    @contextmanager
    def during(self, **rule: Any) -> Iterator[None]:
        """For as long as the `with` lasts."""
        rule_id = self.add(**rule)
        try:
            yield
        finally:
            if any(one["id"] == rule_id for one in self.all()):
                self.remove(rule_id)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Journal:
    """The requests that came, oldest first: `method`, `path`, `status` and `since` choose."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def entries(self, *, limit: int | None = None, **asked: Any) -> list[dict[str, Any]]:
        answer = self._controls.ask("GET", "journal", limit=limit, **asked)
        found: list[dict[str, Any]] = answer["value"]
        return found

    def count(self, **asked: Any) -> int:
        return int(self._controls.ask("GET", "journal/count", **asked)["count"])

    def clear(self) -> None:
        self._controls.ask("DELETE", "journal")
