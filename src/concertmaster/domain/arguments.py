"""The input of a job, held against what its process says it takes.

A release carries its arguments as JSON text, in one of two shapes: the list that Studio writes
(`[{"name": "age", "type": "System.Int32, mscorlib…", "required": true, "hasDefault": false}]`),
or the JSON schema that coded packages carry. Both become one table of names.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.errors import InvalidArgument

LONGEST = 10_000  #: characters of the JSON text, as the API guide states


@dataclass(frozen=True)
class Argument:
    """One argument of a process."""

    name: str
    kind: str  #: the .NET or JSON name of its type, in lower case
    required: bool = False


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


#: Type name → what fits it. A type that is not listed takes any value.
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "system.string": lambda value: isinstance(value, (str, int, float, bool)),
    "string": lambda value: isinstance(value, str),
    "system.boolean": lambda value: isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "system.int16": _whole,
    "system.int32": _whole,
    "system.int64": _whole,
    "integer": _whole,
    "system.single": _number,
    "system.double": _number,
    "system.decimal": _number,
    "number": _number,
    "array": lambda value: isinstance(value, list),
}


def read_arguments(
    metadata: Mapping[str, Any] | None, direction: str = "Input"
) -> list[Argument] | None:
    """The input (or the output) arguments of a process; None where it does not say."""
    text = (metadata or {}).get(direction)
    if not text:
        return None
    try:
        declared = json.loads(text)
    except ValueError:
        return None
    if isinstance(declared, list):
        return [_from_studio(item) for item in declared if isinstance(item, dict)]
    if isinstance(declared, dict) and isinstance(declared.get("properties"), dict):
        wanted = declared.get("required") or []
        return [
            Argument(name, str(schema.get("type", "")), name in wanted)
            for name, schema in declared["properties"].items()
            if isinstance(schema, dict)
        ]
    return None


def _from_studio(item: Mapping[str, Any]) -> Argument:
    by_lower = {str(name).lower(): value for name, value in item.items()}
    kind = str(by_lower.get("type", "")).partition(",")[0].strip().lower()
    required = bool(by_lower.get("required")) and not by_lower.get("hasdefault")
    return Argument(str(by_lower.get("name", "")), kind, required)


def check_arguments(
    text: str | None, metadata: Mapping[str, Any] | None, defaults: str | None = None
) -> None:
    """Raises InvalidArgument where an input is too long, no JSON object, or does not fit."""
    given = _read(text)
    declared = read_arguments(metadata)
    if declared is None:
        return
    known = {argument.name.lower(): argument for argument in declared}
    for name, value in given.items():
        argument = known.get(name.lower())
        if argument is None:
            raise InvalidArgument(f"The process has no input argument '{name}'.")
        fits = _FITS.get(argument.kind)
        if value is not None and fits is not None and not fits(value):
            raise InvalidArgument(
                f"The value of the input argument '{argument.name}' is not of type {argument.kind}."
            )
    present = {name.lower() for name in (*given, *_read(defaults))}
    for argument in declared:
        if argument.required and argument.name.lower() not in present:
            raise InvalidArgument(f"The input argument '{argument.name}' is required.")


def _read(text: str | None) -> Mapping[str, Any]:
    if text is None or not text.strip():
        return {}
    if len(text) > LONGEST:
        raise InvalidArgument(
            f"The field InputArguments must be a string with a maximum length of {LONGEST}."
        )
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidArgument("The field InputArguments must be a JSON object.")
    return value
