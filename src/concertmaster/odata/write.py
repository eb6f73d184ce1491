"""Payload → change: what a POST, PUT, PATCH or DELETE does to one entity.

The engine checks what the declaration says: types, lengths, ranges, required members,
enumerations; `checks.py` asks what other rows say. What must hold beyond that is a hook of the
application, named after the moment at which it runs.
"""

import inspect
import types as python_types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import inf
from types import ModuleType
from typing import Any, NamedTuple

from concertmaster.odata.errors import InvalidPayload, PreconditionFailed
from concertmaster.odata.ignored import ignore
from concertmaster.odata.model import EntityType, Navigation, Property
from concertmaster.odata.values import Read, read_row_version, reader

HOOK = "__odata_hook__"


@dataclass
class Change:
    """What a payload asks of one entity: values by attribute, and navigation members as sent."""

    type: EntityType
    values: dict[str, Any]
    related: dict[str, Any] = field(default_factory=dict)
    replace: bool = False  #: PUT: what is missing goes back to its default

    def gives(self, attribute: str) -> bool:
        return attribute in self.values


def read_change(
    entity_type: EntityType,
    payload: Mapping[str, Any],
    *,
    create: bool,
    replace: bool = False,
    strict: bool = False,
) -> Change:
    """Hold a payload against a declaration.

    Raises:
        InvalidPayload: a member has the wrong type, is too long, out of range, or missing.
    """
    values: dict[str, Any] = {}
    related: dict[str, Any] = {}
    writable = _writable_members(entity_type, create)
    for name, given in payload.items():
        member = entity_type.find(name)
        if member in writable:
            attribute, read = writable[member]
            values[attribute] = None if given is None else read(given)
        elif isinstance(member, Navigation):
            related[member.name] = given
        elif member is None and "@" not in name:
            if strict:
                raise InvalidPayload(f"{entity_type.name} has no member '{name}'.", member=name)
            ignore("member", name)
    if create or replace:
        _complete(entity_type, values, create=create)
    return Change(entity_type, values, related, replace)


def _writable(prop: Property, create: bool) -> bool:
    if prop.words.computed or (prop.column.primary_key and prop.column.autoincrement is True):
        return False
    return create or not (prop.words.immutable or prop.column.primary_key)


@cache
def _writable_members(entity_type: EntityType, create: bool) -> Mapping[Any, tuple[str, Read]]:
    """The properties that may be written, each with its attribute and what reads its values."""
    writable = (prop for prop in entity_type.properties.values() if _writable(prop, create))
    return {prop: (prop.attribute, _reader(prop)) for prop in writable}


def _reader(prop: Property) -> Read:
    read_value, enumeration = reader(prop), prop.enumeration
    length, least, most = prop.length, prop.words.minimum, prop.words.maximum
    bounded = least is not None or most is not None
    low, high = (-inf if least is None else least), (inf if most is None else most)

    def read(given: Any) -> Any:
        try:
            value = read_value(given)
        except ValueError as error:
            raise InvalidPayload(
                f"The value of {prop.name} is not valid: {error}", member=prop.name
            ) from None
        if isinstance(value, str):
            if length and len(value) > length:
                raise InvalidPayload(
                    f"The field {prop.name} must be a string with a maximum length of {length}.",
                    member=prop.name,
                )
        elif bounded and not low <= value <= high:
            raise InvalidPayload(
                f"The field {prop.name} must be between {least} and {most}.", member=prop.name
            )
        return enumeration.members(value) if enumeration else value

    return read


def _complete(entity_type: EntityType, values: dict[str, Any], *, create: bool) -> None:
    """Check what must be given, and let null stand for the default where null cannot be held."""
    for demand in _demands(entity_type, create):
        value = values.get(demand.attribute)
        if value is None or (isinstance(value, str) and not value.strip()):
            if demand.wanted:
                raise InvalidPayload(f"The {demand.name} field is required.", member=demand.name)
            if value is None and not demand.holds_null:
                values.pop(demand.attribute, None)
                values.update(demand.instead)


class _Demand(NamedTuple):
    attribute: str
    name: str
    wanted: bool  #: must be given
    holds_null: bool
    instead: Mapping[str, Any]  #: of null; nothing where there is a default, or what the row has


@cache
def _demands(entity_type: EntityType, create: bool) -> Sequence[_Demand]:
    """What is asked of the members that a payload must not leave empty, or leaves to a default."""
    found = []
    for prop in entity_type.exacting:
        wanted = prop.words.required and (create or not prop.words.immutable)
        holds_null = prop.nullable or prop.words.computed
        given = create and prop.column.default is None and not prop.column.primary_key
        instead = {prop.attribute: _zero(prop)} if given else {}
        found.append(_Demand(prop.attribute, prop.name, wanted, holds_null, instead))
    return found


def _zero(prop: Property) -> Any:
    """What .NET gives a member that was not sent: the value types cannot be null."""
    if prop.enumeration:
        return prop.enumeration.members(min(prop.enumeration.by_number))
    return {"Edm.Boolean": False, "Edm.String": ""}.get(prop.edm, 0)


def update(entity: Any, change: Change) -> None:
    """Apply a change to a row: all of it for PUT, what is given for PATCH."""
    for prop in change.type.properties.values():
        if not _writable(prop, create=False) or prop.words.secret:
            continue
        if prop.attribute in change.values:
            value = change.values[prop.attribute]
            if value is None and not prop.nullable:
                continue
            setattr(entity, prop.attribute, value)
        elif change.replace and prop.nullable:
            setattr(entity, prop.attribute, None)
    for prop in change.type.properties.values():
        if prop.words.secret and change.values.get(prop.attribute):
            setattr(entity, prop.attribute, change.values[prop.attribute])
    version = change.type.version
    if version is not None:
        setattr(entity, version.attribute, getattr(entity, version.attribute) + 1)


def check_version(entity_type: EntityType, entity: Any, if_match: str | None) -> None:
    """Compare `If-Match` with the row's version (part 1, 8.2.4).

    Raises:
        PreconditionFailed: the row has changed since.
    """
    version = entity_type.version
    if if_match is None or if_match.strip() == "*" or version is None:
        return
    current = getattr(entity, version.attribute)
    for tag in if_match.split(","):
        text = tag.strip().removeprefix("W/").strip('"')
        try:
            if read_row_version(text) == current:
                return
        except ValueError:
            continue
    raise PreconditionFailed("The entity has changed since it was read.")


# --- hooks ----------------------------------------------------------------------------------


MOMENTS = (
    "before_read",
    "after_read",
    "before_create",
    "created",  # the row is there, has its key, and is left as it is
    "after_create",  # the row is the session's, and may be changed
    "before_update",
    "after_update",
    "before_delete",
)


def hook(moment: str, *classes: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what must hold at a moment: `@hook("before_create", Queue)`.

    The function takes `(call, entity, change)`; for a delete `(call, entity)`; for a read of the
    set `(call, target, request)`, and then it may return conditions that narrow what is read.
    `after_read` takes `(call, items, request)`: the objects that are answered, its to change.
    """
    if moment not in MOMENTS:
        raise ValueError(f"no moment {moment!r}; there are {', '.join(MOMENTS)}")

    def mark(run: Callable[..., Any]) -> Callable[..., Any]:
        marks = getattr(run, HOOK, [])
        marks.extend((moment, cls) for cls in classes)
        setattr(run, HOOK, marks)
        return run

    return mark


class Hooks:
    """All hooks of a service, by moment and class."""

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        self._hooks: dict[tuple[str, type[Any]], list[Callable[..., Any]]] = {}
        for module in modules:
            for member in vars(module).values():
                if (
                    isinstance(member, python_types.FunctionType)
                    and inspect.getmodule(member) is module
                ):
                    for moment, cls in getattr(member, HOOK, ()):
                        self._hooks.setdefault((moment, cls), []).append(member)

    def none(self, moment: str, cls: type[Any]) -> bool:
        return (moment, cls) not in self._hooks

    def run(self, moment: str, cls: type[Any], *arguments: Any) -> list[Any]:
        """Run what was declared, in order; what each one returned."""
        return [function(*arguments) for function in self._hooks.get((moment, cls), ())]
