"""The words in which outcomes are said: the same in /_control, in scenarios and in the database.

    {"mode": "after", "seconds": [5, 20], "failures": 0.1, "result": {…}}
    {"state": "Faulted", "info": "The ledger is closed.", "logs": ["Signed in"]}

A result is kept as it was said, and read again with `Result.model_validate`.
"""

import json
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from concertmaster.domain import clock
from concertmaster.domain.arguments import LONGEST
from concertmaster.entities import JobState, LogLevel, OutcomeMode

#: A day: nobody waits longer for a job that is none.
LONGEST_RUN = 86_400


class Words(BaseModel):
    """Members in camelCase, or as YAML writes them; a wrong word is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def said(self) -> dict[str, Any]:
        """As it is kept: what was said, no more."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)


def _one_of(*names: str) -> BeforeValidator:
    """One of some words, in any letter case."""
    by_name = {name.lower(): name for name in names}

    def read(value: Any) -> str:
        found = by_name.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"one of {', '.join(names)} is expected")
        return found

    return BeforeValidator(read)


def _arguments(value: Any) -> Any:
    """Output arguments as an object, or as the text of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


def _line(value: Any) -> Any:
    return {"message": value} if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    return clock.parse(value) if isinstance(value, str) else value


Arguments = Annotated[dict[str, Any], BeforeValidator(_arguments)]
Text = Annotated[str, Field(max_length=LONGEST)]

#: How a job may end. `Stuck`: it does not, until it is killed.
STATES = ("Successful", "Faulted", "Stopped", "Suspended", "Stuck")
MODES = tuple(mode.name.lower() for mode in OutcomeMode)


class Line(Words):
    """A line that a job writes; a text alone is its message."""

    message: Text
    level: Annotated[str, _one_of(*(level.name for level in LogLevel))] = LogLevel.Info.name


Lines = Annotated[list[Annotated[Line, BeforeValidator(_line)]], Field(max_length=1000)]

#: What a job can wait for; the names of job triggers.
WAITS = ("QueueItem", "Job", "Timer", "Inbox")


class Wait(Words):
    """Something that a suspended job waits for."""

    type: Annotated[str, _one_of(*WAITS)]
    item_key: str | None = None
    time: Annotated[str, BeforeValidator(_moment)] | None = None


class Ending(Words):
    """What a robot says of a job beside its state."""

    output_arguments: Arguments | None = None
    info: Text | None = None
    error_code: Annotated[str, Field(max_length=255)] | None = None
    logs: Lines | None = None
    wait_for: Annotated[list[Wait], Field(max_length=100)] | None = None


class Result(Ending):
    """How a job ends, or that it does not."""

    #: None: Successful, or as `failures` has it.
    state: Annotated[str, _one_of(*STATES)] | None = None
    then: "Result | None" = None  #: how it ends once it was resumed

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.state != "Suspended" and (self.wait_for or self.then):
            raise ValueError("only a suspended job waits, and goes on")
        return self


class NextResult(Result):
    """A result for one of the next jobs; `when` picks it by input arguments."""

    when: Arguments | None = None


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("the shortest time comes first")
    return span


def _both(value: Any) -> Any:
    """`20` is `[20, 20]`."""
    return [value, value] if isinstance(value, (int, float)) else value


Seconds = Annotated[float, Field(ge=0, le=LONGEST_RUN)]
Span = Annotated[tuple[Seconds, Seconds], BeforeValidator(_both), AfterValidator(_ordered)]

#: How long a job takes where nobody said.
USUAL: tuple[float, float] = (5.0, 15.0)


class Outcome(Words):
    """What becomes of the jobs of a process."""

    mode: Annotated[str, _one_of(*MODES)]
    seconds: Span | None = None
    failures: Annotated[float, Field(ge=0, le=1)] = 0.0
    result: Result | None = None

    @property
    def kind(self) -> OutcomeMode:
        return OutcomeMode[self.mode.capitalize()]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.seconds and self.mode != "after":
            raise ValueError("only the mode 'after' takes seconds")
        if self.result and self.mode in ("manual", "robot"):
            raise ValueError(f"the mode '{self.mode}' takes no result: somebody else says it")
        return self


class Move(Ending):
    """What a manual job is made to do, in the words of a robot; or who else is to run it."""

    state: Annotated[str, _one_of(*(state.name for state in JobState))] | None = None
    mode: Annotated[str, _one_of(*MODES)] | None = None
    seconds: Span | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.state is None) == (self.mode is None):
            raise ValueError("either a state or a mode is expected")
        return self
