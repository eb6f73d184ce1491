"""A runtime for functions that wait: suspended with their state, run again when it has come.

What `uipath-langgraph` and its like do for agents, in a page, with the parts of UiPath's runtime
that all of them use. A function is run from its start each time; what it was answered before, it is
answered again at once.
"""

import json
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from uipath.core.triggers import UiPathResumeTrigger
from uipath.functions.factory import UiPathFunctionsRuntimeFactory
from uipath.functions.runtime import UiPathFunctionsRuntime
from uipath.platform.resume_triggers import UiPathResumeTriggerHandler
from uipath.runtime import (
    UiPathResumableRuntime,
    UiPathRuntimeFactoryRegistry,
    UiPathRuntimeResult,
    UiPathRuntimeStatus,
)


class Waiting(BaseException):
    """Whatever is to be waited for."""


answers: ContextVar[list[Any]] = ContextVar("answers")


def wait_for(wanted: Any) -> Any:
    heard = answers.get()
    if not heard:
        raise Waiting(wanted)
    return heard.pop(0)


class State:
    """The job's `state.db`, which the robot hands in and fetches (a JSON text here)."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.held: dict[str, Any] = {"input": {}, "answers": [], "triggers": []}
        if self._path.exists():
            self.held = json.loads(self._path.read_text())

    def keep(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.held, default=str))

    async def save_triggers(self, runtime_id: str, triggers: list[Any]) -> None:
        self.held["triggers"] = [one.model_dump(by_alias=True, mode="json") for one in triggers]
        self.keep()

    async def get_triggers(self, runtime_id: str) -> list[Any]:
        return [UiPathResumeTrigger.model_validate(one) for one in self.held["triggers"]]

    async def delete_triggers(self, runtime_id: str, triggers: list[Any]) -> None:
        gone = {one.interrupt_id for one in triggers}
        kept = [one for one in self.held["triggers"] if one["interruptId"] not in gone]
        self.held["triggers"] = kept
        self.keep()


class Patient(UiPathFunctionsRuntime):
    """Runs a function as far as it comes."""

    def __init__(self, state: State, *words: Any) -> None:
        super().__init__(*words)
        self._state = state

    async def execute(self, input: Any = None, options: Any = None) -> UiPathRuntimeResult:
        held = self._state.held
        if options and options.resume:
            held["answers"] += (input or {}).values()
        else:
            held["input"] = input
        answers.set(list(held["answers"]))
        try:
            return await super().execute(held["input"], options)
        except Waiting as waiting:
            self._state.keep()
            return UiPathRuntimeResult(
                status=UiPathRuntimeStatus.SUSPENDED,
                output={str(len(held["answers"])): waiting.args[0]},
            )


class Factory(UiPathFunctionsRuntimeFactory):
    def __init__(self, context: Any) -> None:
        super().__init__()
        self._context = context

    async def new_runtime(self, entrypoint: str, runtime_id: str, **words: Any) -> Any:
        file, _, name = self._load_config()["functions"][entrypoint].rpartition(":")
        state = State(self._context.resolved_state_file_path)
        runtime = Patient(state, str(self.base_dir / file), name, entrypoint)
        return UiPathResumableRuntime(runtime, state, UiPathResumeTriggerHandler(), runtime_id)


def register() -> None:
    """The entry point by which `uipath run` finds this runtime."""
    UiPathRuntimeFactoryRegistry.register("patient", Factory, "patient.json")
