"""What a row of each entity type may say, from the declarations: members, references, children."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from concertmaster.entities import (
    ALL,
    Entity,
    JobOutcome,
    OrganizationUnit,
    ProcessOutcome,
    QueuedResult,
    RobotExecutor,
)
from concertmaster.odata.declare import WORDS, JsonText, Words, pascal
from concertmaster.odata.model import EDM_TYPES, Model, Property
from concertmaster.odata.values import Read, reader
from concertmaster.scenarios.generators import Moment

#: Everything that has rows: what the API shows, and what only the stand-in has.
_EVERYTHING: tuple[type[Entity], ...] = (*ALL, ProcessOutcome, QueuedResult, JobOutcome)

#: By which attribute a row is referred to.
NAMES: Mapping[str, str] = {
    "Folder": "fully_qualified_name",
    "User": "user_name",
    "Process": "key",
    "EntryPoint": "path",
}

#: Types that show rows of another type's table.
_SECOND_LOOKS = (OrganizationUnit, RobotExecutor)

#: Other words for a column, on every type that has it.
_ALSO = {"organization_unit_id": "Folder"}


@dataclass(frozen=True)
class Column:
    """A member with a value of its own."""

    attribute: str
    read: Read
    names: Mapping[int, str] | None = None  #: those of an enumeration, by number


@dataclass(frozen=True)
class Reference:
    """A member that names a row of another type."""

    attribute: str
    to: type[Any]


@dataclass(frozen=True)
class Children:
    """A member that holds rows of another type, which belong to this one."""

    of: type[Any]
    attribute: str  #: theirs, that refers to this one


Member = Column | Reference | Children


@dataclass(frozen=True)
class Kind:
    """One entity type, as a scenario sees it."""

    cls: type[Any]
    names: tuple[str, ...]  #: its entity set and its type
    table: sa.Table
    members: Mapping[str, Member]  #: by name in lower case
    blank: Mapping[str, Any]  #: every attribute with its default, where that is a value
    needed: tuple[str, ...]  #: attributes that must not be null
    key: str
    counted: bool  #: whether the key is a number that the database counts
    named_by: str | None

    def find(self, name: str) -> Member | None:
        return self.members.get(name.lower())

    def wire(self, attribute: str) -> str:
        return pascal(attribute)


@cache
def kinds() -> Mapping[type[Any], Kind]:
    """All of them, by class."""
    model = Model.of(_EVERYTHING, namespace="Scenarios")
    return {cls: _kind(cls, model) for cls in _EVERYTHING if _is_written(cls)}


@cache
def kinds_by_name() -> Mapping[str, Kind]:
    """By the names under which their rows stand in a file, in lower case."""
    return {name.lower(): kind for kind in kinds().values() for name in kind.names}


def _is_written(cls: type[Any]) -> bool:
    """Not so a view of other tables, nor a second look at one."""
    return cls not in _SECOND_LOOKS and cls.__table__ in Entity.metadata.tables.values()


def _kind(cls: type[Any], model: Model) -> Kind:
    mapper: Mapper[Any] = sa.inspect(cls)
    table = cls.__table__
    shown = {p.attribute: p for p in model.types[cls].properties.values()}
    members: dict[str, Member] = {}
    for attribute in mapper.column_attrs:
        column = cast("sa.Column[Any]", attribute.columns[0])
        prop = shown.get(attribute.key) or _hidden(attribute.key, column)
        members[prop.name.lower()] = Column(
            attribute.key, _reader(prop), prop.enumeration.by_number if prop.enumeration else None
        )
        target = _target(column)
        if target is not None and attribute.key.endswith("_id"):
            reference = Reference(attribute.key, target)
            members[pascal(attribute.key[:-3]).lower()] = reference
            if attribute.key in _ALSO:
                members[_ALSO[attribute.key].lower()] = reference
    for relationship in mapper.relationships:
        if relationship.uselist and relationship.secondary is None:
            attribute_of = next(iter(relationship.remote_side)).name
            children = Children(relationship.mapper.class_, attribute_of)
            members[pascal(relationship.key).lower()] = children
    key = mapper.primary_key[0]
    name = NAMES.get(cls.__name__, "name")
    return Kind(
        cls=cls,
        names=tuple(filter(None, (cls.__odata__.entity_set, cls.__name__))),
        table=table,
        members=members,
        blank={c.name: _default(c) for c in table.columns if not _computed(c)},
        needed=tuple(c.name for c in table.columns if not c.nullable and not _computed(c)),
        key=key.name,
        counted=isinstance(key.type, sa.Integer),
        named_by=name if name in table.columns else None,
    )


def _reader(prop: Property) -> Read:
    """What turns a value into its stored form, and refuses what does not fit the column."""
    read, length = reader(prop), prop.length
    if prop.edm == "Edm.DateTimeOffset":
        return lambda value: str(value) if isinstance(value, Moment) else read(value)
    if length is None:
        return read

    def read_within(value: Any) -> Any:
        found = read(value)
        if len(found) > length:
            raise ValueError(f"more than {length} characters")
        return found

    return read_within


def _hidden(attribute: str, column: sa.Column[Any]) -> Property:
    """A column of ours, told as if it were on the wire."""
    edm = next((edm for kind, edm in EDM_TYPES if isinstance(column.type, kind)), "Edm.String")
    said: Words = column.info.get(WORDS, Words())
    return Property(pascal(attribute), attribute, column, edm, bool(column.nullable), said)


def _target(column: sa.Column[Any]) -> type[Any] | None:
    """The type that a column refers to."""
    for key in column.foreign_keys:
        name = key.target_fullname.split(".")[0]
        for cls in ALL:
            if cls not in _SECOND_LOOKS and cls.__tablename__ == name:
                return cls
    return None


def _computed(column: sa.Column[Any]) -> bool:
    """Whether the value is made from others of the row while it is written."""
    made = column.default is not None and column.default.is_callable
    return made and not isinstance(column.type, JsonText)


def _default(column: sa.Column[Any]) -> Any:
    default: Any = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
