"""What a robot of ours makes up: outputs that fit a process, moments and failures, the same again.

Chance is reckoned from the tenant's name and the job's number: the same actions in a tenant of the
same name lead to the same results.
"""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from concertmaster.domain.arguments import read_arguments
from concertmaster.store import Tenant

#: Reasons for which robots of ours fail. The kinds are names that robots use.
FAULTS: Final = (
    "System.TimeoutException: The application did not answer within 30 seconds.",
    "UiPath.Core.SelectorNotFoundException: The button 'Save' was not found.",
    "System.IO.FileNotFoundException: The file rates.xlsx was not found.",
)
REJECTIONS: Final = (
    "The customer is not known.",
    "The amount does not match the order.",
    "A mandatory field is empty.",
)


def chance(tenant: Tenant, *of: object) -> random.Random:
    """A source of chance that is the same for the same thing in a tenant of the same name."""
    seed = "/".join(map(str, (tenant.organization, tenant.name, *of)))
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


def outputs(metadata: Mapping[str, Any] | None, of: random.Random) -> dict[str, Any] | None:
    """Output arguments that fit what a process declares; None where it declares none."""
    declared = read_arguments(metadata, "Output")
    if not declared:
        return None
    schema = _schema(metadata)
    return {
        argument.name: _of_schema(schema[argument.name], argument.name, of)
        if argument.name in schema
        else _of_kind(argument.kind, argument.name, of)
        for argument in declared
    }


def _schema(metadata: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = json.loads((metadata or {})["Output"])
    return found["properties"] if isinstance(found, dict) else {}


def _of_schema(schema: Any, name: str, of: random.Random) -> Any:
    """A value for a JSON schema: what it names itself goes first."""
    if not isinstance(schema, dict):
        return None
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if schema.get("enum"):
        return of.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        members = schema.get("properties") or {}
        return {member: _of_schema(said, member, of) for member, said in members.items()}
    if kind == "array":
        return [_of_schema(schema.get("items"), name, of)] if schema.get("items") else []
    return _of_kind(str(kind), name, of)


_KINDS: Mapping[str, Callable[[str, random.Random], Any]] = {
    "boolean": lambda name, of: of.random() < 0.5,
    "integer": lambda name, of: of.randint(1, 50),
    "number": lambda name, of: of.randint(100, 99_999) / 100,
    "string": lambda name, of: f"{name} {of.randint(1, 999)}",
    "array": lambda name, of: [],
    "object": lambda name, of: {},
}
_DOTNET = {
    "system.boolean": "boolean", "system.string": "string", "system.single": "number",
    "system.double": "number", "system.decimal": "number", "system.int16": "integer",
    "system.int32": "integer", "system.int64": "integer",
}  # fmt: skip


def _of_kind(kind: str, name: str, of: random.Random) -> Any:
    make = _KINDS.get(_DOTNET.get(kind, kind))
    return None if make is None else make(name, of)
