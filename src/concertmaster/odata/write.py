"""Payload → change: what a POST, PUT, PATCH or DELETE does to one entity.

The engine checks what the declaration says: types, lengths, ranges, required members,
enumerations, that rows referred to exist, that unique names are free. What must hold beyond that
is a hook of the application, named after the moment at which it runs.
"""

import enum
import inspect
import types as python_types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.odata.declare import GuidText, same_name
from concertmaster.odata.errors import Conflict, InvalidPayload, PreconditionFailed
from concertmaster.odata.model import EntityType, Navigation, Property
from concertmaster.odata.query import Statement, compile_statement, run
from concertmaster.odata.response import write_row_version
from concertmaster.odata.values import read_row_version, reader

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
    for name, given in payload.items():
        member = entity_type.find(str(name))
        if isinstance(member, Navigation):
            related[member.name] = given
        elif member is not None and _writable(member, create):
            values[member.attribute] = _read(member, given)
        elif strict and member is None and "@" not in str(name):
            raise InvalidPayload(f"{entity_type.name} has no member '{name}'.", member=name)
    if create or replace:
        _complete(entity_type, values, create=create)
    return Change(entity_type, values, related, replace)


def _writable(prop: Property, create: bool) -> bool:
    if prop.words.computed or (prop.column.primary_key and prop.column.autoincrement is True):
        return False
    return create or not (prop.words.immutable or prop.column.primary_key)


def _read(prop: Property, given: Any) -> Any:
    if given is None:
        return None
    try:
        value = reader(prop)(given)
    except ValueError as error:
        raise InvalidPayload(
            f"The value of {prop.name} is not valid: {error}", member=prop.name
        ) from None
    _check_bounds(prop, value)
    return prop.enumeration.members(value) if prop.enumeration else value


def _check_bounds(prop: Property, value: Any) -> None:
    words = prop.words
    if prop.length and isinstance(value, str) and len(value) > prop.length:
        raise InvalidPayload(
            f"The field {prop.name} must be a string with a maximum length of {prop.length}.",
            member=prop.name,
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = words.minimum, words.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise InvalidPayload(
                f"The field {prop.name} must be between {low} and {high}.", member=prop.name
            )


def _complete(entity_type: EntityType, values: dict[str, Any], *, create: bool) -> None:
    """Check what must be given, and let null stand for the default where null cannot be held."""
    for prop in entity_type.properties.values():
        value = values.get(prop.attribute)
        wanted = prop.words.required and (create or not prop.words.immutable)
        if wanted and (value is None or (isinstance(value, str) and not value.strip())):
            raise InvalidPayload(f"The {prop.name} field is required.", member=prop.name)
        if value is None and not prop.nullable and not prop.words.computed:
            values.pop(prop.attribute, None)
            if create and prop.column.default is None and not prop.column.primary_key:
                values[prop.attribute] = _zero(prop)


def _zero(prop: Property) -> Any:
    """What .NET gives a member that was not sent: the value types cannot be null."""
    if prop.enumeration:
        return prop.enumeration.members(min(prop.enumeration.by_number))
    return {"Edm.Boolean": False, "Edm.String": ""}.get(prop.edm, 0)


def create(session: Session, change: Change) -> Any:
    """A new row from a change, flushed so that it has its key."""
    entity = change.type.cls(**change.values)
    session.add(entity)
    return entity


def update(session: Session, entity: Any, change: Change) -> None:
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


def etag(number: int) -> str:
    return f'W/"{write_row_version(number)}"'


# --- what other rows say --------------------------------------------------------------------


@dataclass(frozen=True)
class RowCheck:
    """A question about other rows, asked before a write; compiled once for each type."""

    attributes: tuple[tuple[str, str], ...]  #: name of a bound value → attribute it comes from
    statement: Statement
    named: Property | None  #: whose value is to blame

    def finds(self, connection: sa.Connection, entity: Any, **more: Any) -> bool | None:
        """Whether there is such a row; None where the entity has nothing to ask with."""
        values = {name: getattr(entity, attribute) for name, attribute in self.attributes}
        if any(value is None for value in values.values()):
            return None
        stored = {k: int(v) if isinstance(v, enum.IntEnum) else v for k, v in values.items()}
        return bool(run(connection, self.statement, {**stored, **more}))


def check_references(session: Session, entity_type: EntityType, entity: Any) -> None:
    """Every foreign key that is shown on the wire must name a row that exists.

    Raises:
        InvalidPayload: it does not.
    """
    connection = session.connection()
    for check in _references(entity_type, connection.dialect):
        if check.finds(connection, entity) is False:
            assert check.named
            value = getattr(entity, check.named.attribute)
            raise InvalidPayload(
                f"The value of {check.named.name} is not valid: {value} does not exist.",
                member=check.named.name,
            )


def check_unique(session: Session, entity_type: EntityType, entity: Any) -> None:
    """No other row may hold the same unique values, letter case aside.

    Raises:
        Conflict: one does.
    """
    connection = session.connection()
    own = getattr(entity, _key_attribute(entity_type))
    for check in _uniqueness(entity_type, connection.dialect):
        if check.finds(connection, entity, own=_nobody(entity_type) if own is None else own):
            value = getattr(entity, check.named.attribute) if check.named else None
            raise Conflict(
                f"The value '{value}' is already used.",
                type=entity_type, property=check.named, value=value,
            )  # fmt: skip


def _nobody(entity_type: EntityType) -> Any:
    """A key that no row has: what a new row is told apart by."""
    return "" if isinstance(entity_type.cls.__mapper__.primary_key[0].type, sa.String) else -1


def _key_attribute(entity_type: EntityType) -> str:
    mapper = entity_type.cls.__mapper__
    return str(mapper.get_property_by_column(mapper.primary_key[0]).key)


@cache
def _references(entity_type: EntityType, dialect: sa.Dialect) -> tuple[RowCheck, ...]:
    checks = []
    for prop in entity_type.properties.values():
        for foreign in prop.column.foreign_keys if not prop.words.computed else ():
            asked = sa.bindparam("v0", type_=foreign.column.type)
            statement: sa.Select[Any] = sa.select(sa.literal_column("1")).where(
                foreign.column == asked
            )
            attributes = (("v0", prop.attribute),)
            checks.append(RowCheck(attributes, compile_statement(statement, dialect), prop))
    return tuple(checks)


@cache
def _uniqueness(entity_type: EntityType, dialect: sa.Dialect) -> tuple[RowCheck, ...]:
    mapper = entity_type.cls.__mapper__
    shown = {prop.column.name: prop for prop in entity_type.properties.values()}
    checks = []
    for columns in unique_columns(entity_type.table):
        if all(isinstance(column.type, GuidText) for column in columns):
            continue  # made by us, and made to be unique
        conditions, attributes = [], []
        named: Property | None = None
        for index, column in enumerate(columns):
            asked = sa.bindparam(f"v{index}", type_=column.type)
            text = type(column.type) is sa.String
            same = same_name(column, asked) if text else column == asked
            conditions.append(same)
            attributes.append((f"v{index}", str(mapper.get_property_by_column(column).key)))
            if column.name in shown and (text or named is None):
                named = shown[column.name]
        own = mapper.primary_key[0]
        conditions.append(own != sa.bindparam("own", type_=own.type))
        statement: sa.Select[Any] = sa.select(sa.literal_column("1")).where(*conditions).limit(1)
        checks.append(RowCheck(tuple(attributes), compile_statement(statement, dialect), named))
    return tuple(checks)


def unique_columns(table: sa.Table) -> list[list[sa.Column[Any]]]:
    """The sets of columns that a table keeps unique, its primary key aside."""
    found = [[column] for column in table.columns if column.unique]
    constraints = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint))
    found += [list(constraint.columns) for constraint in constraints if len(constraint.columns)]
    for index in table.indexes:
        columns = [c for c in index.columns if isinstance(c, sa.Column)]
        if index.unique and len(columns) == len(index.expressions):
            found.append(columns)
    unique: dict[frozenset[str], list[sa.Column[Any]]] = {}
    for columns in found:
        unique.setdefault(frozenset(c.name for c in columns), columns)
    return list(unique.values())


# --- hooks ----------------------------------------------------------------------------------


MOMENTS = (
    "before_read",
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
)


def hook(moment: str, *classes: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what must hold at a moment: `@hook("before_create", Queue)`.

    The function takes `(call, entity, change)`; for a delete `(call, entity)`; for a read of the
    set `(call, target, request)`, and then it may return conditions that narrow what is read.
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

    def run(self, moment: str, cls: type[Any], *arguments: Any) -> list[Any]:
        """Run what was declared, in order; what each one returned."""
        return [function(*arguments) for function in self._hooks.get((moment, cls), ())]
