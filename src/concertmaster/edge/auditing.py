"""The audit of the OData service: every create, update, delete and action passes here once.

A line is written in the transaction of the change, its values in the words of the wire. It is
written past the ORM, as reads go: a change pays for it every time.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pydantic
import sqlalchemy as sa

from concertmaster.domain import audit
from concertmaster.domain.audit import Changed
from concertmaster.domain.call import Call
from concertmaster.entities import AuditAction, AuditLog, AuditLogEntity, Entity
from concertmaster.odata.inserting import insert_all, insert_one
from concertmaster.odata.model import EntityType
from concertmaster.odata.operations import Operation
from concertmaster.odata.response import Convert, writer
from concertmaster.odata.write import Change

#: By which attribute an entity is known to people, the first that it has.
NAMES = ("name", "display_name", "user_name", "username", "title", "text")

#: Members of structured values that are nobody's business.
SECRETS = frozenset({"password", "credentialpassword", "secret", "clientsecret", "licensekey"})


def created(call: Call, entity: Any, change: Change) -> None:
    """A row was made; it has its key."""
    set_name, kind = change.type.declaration.entity_set, change.type.cls.__name__
    if _audited(set_name):
        new = _given(change, change.values)
        changed = [_changed(entity, new=new)]
        _write(call, set_name, kind, "Post", AuditAction.Create, new, changed)


def updating(call: Call, entity: Any, change: Change) -> None:
    """A row is about to be written: its attributes still know what they were."""
    set_name, kind = change.type.declaration.entity_set, change.type.cls.__name__
    if not _audited(set_name):
        return
    before = sa.inspect(entity).committed_state
    old = {name: was for name, was in before.items() if was != getattr(entity, name)}
    new = {name: getattr(entity, name) for name in old}
    changed = [_changed(entity, old=_given(change, old), new=_given(change, new))]
    method = "Put" if change.replace else "Patch"
    _write(call, set_name, kind, method, AuditAction.Update, _given(change, change.values), changed)


def deleting(call: Call, entity: Any) -> None:
    """A row is about to go."""
    set_name, kind = type(entity).__odata__.entity_set, type(entity).__name__
    if _audited(set_name):
        _write(call, set_name, kind, "Delete", AuditAction.Delete, {}, [_changed(entity)])


def acted(
    call: Call, operation: Operation, key: Any, arguments: Mapping[str, Any], result: Any
) -> None:
    """An action was done; what it answers is what it was done to, or else what it is bound to."""
    action = audit.verb_of(operation.name)
    if action is None or not _audited(operation.set_name) or operation.host.get("reads"):
        return
    if operation.rows:  # what it does, it does as a create or an update, and that is told
        return
    found = result if isinstance(result, list) else [result]
    entities = [one for one in found if isinstance(one, Entity)]
    changed = [_changed(one) for one in entities]
    if not changed and isinstance(key, int):
        changed = [Changed(key, None)]
    kind = type(entities[0]).__name__ if entities else operation.set_name or ""
    given = ((one.wire, arguments[one.name]) for one in operation.parameters)
    parameters = {name: _clean(_plain(value)) for name, value in given if value is not None}
    _write(call, operation.set_name, kind, operation.name, action, parameters, changed)


# --- the row --------------------------------------------------------------------------------


def _audited(set_name: str | None) -> bool:
    return set_name in audit.COMPONENTS


def _write(
    call: Call,
    set_name: str | None,
    kind: str,
    method: str,
    action: AuditAction,
    parameters: Mapping[str, Any],
    changed: Sequence[Changed],
) -> None:
    if set_name is None:
        return
    connection = call.connection
    log = audit.log_of(
        call.caller, set_name=set_name, kind=kind, method=method, action=action,
        parameters=parameters, changed=changed, now=call.now,
    )  # fmt: skip
    number = insert_one(connection, AuditLog, log)
    if details := audit.entities_of(number, kind, action, changed):
        insert_all(connection, AuditLogEntity, details)


# --- values as they are told ----------------------------------------------------------------


def _changed(entity: Any, **values: Mapping[str, Any]) -> Changed:
    key = getattr(entity, "id", None)
    name = None
    for attribute in _names_of(type(entity)):  # type: ignore[arg-type]
        if name := getattr(entity, attribute):
            break
    return Changed(key if isinstance(key, int) else None, name or None, **values)


@cache
def _names_of(cls: type[Entity]) -> tuple[str, ...]:
    return tuple(name for name in NAMES if hasattr(cls, name))


def _given(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by attribute → what the wire says of them, without what is secret."""
    shown = _shown(change.type)
    told = {}
    for attribute, value in values.items():
        if attribute in shown:
            name, convert = shown[attribute]
            told[name] = _wire(value, convert)
    return told


@cache
def _shown(entity_type: EntityType) -> Mapping[str, tuple[str, Convert | None]]:
    """What a line may tell, by attribute: its name on the wire, and how its values go there."""
    return {
        prop.attribute: (prop.name, writer(prop))
        for prop in entity_type.properties.values()
        if not (prop.words.secret or prop.words.masked or "password" in prop.attribute)
    }


def _wire(value: Any, convert: Convert | None) -> Any:
    if value is None:
        return None
    if isinstance(value, list | dict):
        return _clean(value)
    return value if convert is None else convert(value)


def _plain(value: Any) -> Any:
    """A parameter of an operation as JSON has it."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else None


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _clean(v) for k, v in value.items() if str(k).lower() not in SECRETS}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_clean(one) for one in value]
    return value
