"""Declarations → the entity data model: which types, properties, navigations and sets exist.

Built once from the mapped classes (`Model.of`), read by every later stage. Names resolve in any
letter case, as ASP.NET Core OData resolves them; the case of the declaration is what is answered.
"""

import enum
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import RelationshipProperty

from concertmaster.odata import declare
from concertmaster.odata.declare import WORDS, Declaration, Words, pascal

#: SQLAlchemy type → Edm type; the first that fits wins, so subclasses stand first.
EDM_TYPES: tuple[tuple[type, str], ...] = (
    (declare.InstantText, "Edm.DateTimeOffset"),
    (declare.GuidText, "Edm.Guid"),
    (declare.DateText, "Edm.Date"),
    (declare.TimeOfDayText, "Edm.TimeOfDay"),
    (declare.DurationTicks, "Edm.Duration"),
    (declare.RowVersionNumber, "Edm.Binary"),
    (sa.Boolean, "Edm.Boolean"),
    (sa.BigInteger, "Edm.Int64"),
    (sa.SmallInteger, "Edm.Int16"),
    (sa.Integer, "Edm.Int32"),
    (sa.Float, "Edm.Double"),
    (sa.Numeric, "Edm.Decimal"),
    (sa.LargeBinary, "Edm.Binary"),
    (sa.String, "Edm.String"),
)

#: The same for the annotations of complex types, which have no columns.
EDM_ANNOTATIONS: dict[Any, str] = {
    declare.Instant: "Edm.DateTimeOffset",
    declare.Guid: "Edm.Guid",
    declare.Date: "Edm.Date",
    declare.TimeOfDay: "Edm.TimeOfDay",
    declare.Duration: "Edm.Duration",
    declare.Int64: "Edm.Int64",
    declare.Int16: "Edm.Int16",
    bool: "Edm.Boolean",
    int: "Edm.Int32",
    float: "Edm.Double",
    str: "Edm.String",
}

Enum = type[enum.IntEnum] | type[enum.IntFlag]


@dataclass(frozen=True, eq=False)
class EnumType:
    """An enumeration: members by name and by number, names in any letter case."""

    name: str
    members: Enum

    @property
    def flags(self) -> bool:
        return issubclass(self.members, enum.IntFlag)

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        return {name.lower(): int(member) for name, member in self.members.__members__.items()}

    @cached_property
    def by_number(self) -> Mapping[int, str]:
        return {int(member): name for name, member in self.members.__members__.items()}


@dataclass(frozen=True, eq=False)
class ComplexType:
    """A structured value without a key. `members` is empty for an open type."""

    name: str
    members: tuple["Member", ...]
    open: bool = False


@dataclass(frozen=True, eq=False)
class Member:
    """A property of a complex type."""

    name: str
    edm: str
    nullable: bool = True
    collection: bool = False
    enumeration: EnumType | None = None
    complex: ComplexType | None = None


@dataclass(frozen=True, eq=False)
class Property:
    """A structural property of an entity type."""

    name: str
    attribute: str  #: the name in Python
    column: sa.Column[Any]
    edm: str  #: `Edm.…`, or the qualified name of an enumeration or complex type
    nullable: bool
    words: Words
    enumeration: EnumType | None = None
    complex: ComplexType | None = None

    @property
    def structured(self) -> bool:
        """Held as JSON text: cannot stand in $filter or $orderby."""
        return isinstance(self.column.type, declare.JsonText)

    @property
    def filterable(self) -> bool:
        return self.words.filterable and not self.structured and not self.words.secret

    @cached_property
    def length(self) -> int | None:
        kind = self.column.type
        return kind.length if type(kind) is sa.String else None


@dataclass(frozen=True, eq=False)
class Navigation:
    """A navigation property: the way from one entity type to another."""

    name: str
    attribute: str
    relationship: RelationshipProperty[Any]
    source: "EntityType"
    collection: bool
    nullable: bool
    _types: Mapping[type, "EntityType"] = field(repr=False)

    @cached_property
    def target(self) -> "EntityType":
        return self._types[self.relationship.mapper.class_]


@dataclass(eq=False)
class EntityType:
    """What a mapped class looks like from outside."""

    name: str
    namespace: str
    cls: type[Any]
    declaration: Declaration
    doc: str
    properties: dict[str, Property] = field(default_factory=dict)
    navigations: dict[str, Navigation] = field(default_factory=dict)
    key: Property = None  # type: ignore[assignment]  # set by Model.of, never None after it

    @property
    def qualified(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def table(self) -> sa.Table:
        return typing.cast("sa.Table", self.cls.__table__)

    def named(self, alias: str) -> sa.FromClause:
        """The table under another name; made once, for it has many columns."""
        if alias not in self._aliases_made:
            self._aliases_made[alias] = self.table.alias(alias)
        return self._aliases_made[alias]

    @cached_property
    def _aliases_made(self) -> dict[str, sa.FromClause]:
        return {}

    @cached_property
    def _names(self) -> Mapping[str, Property | Navigation]:
        members: dict[str, Property | Navigation] = {**self.properties, **self.navigations}
        return {name.lower(): member for name, member in members.items()}

    def find(self, name: str) -> Property | Navigation | None:
        """The property or navigation of that name, in any letter case."""
        return self._names.get(name.lower())

    @cached_property
    def version(self) -> Property | None:
        """The property that changes with every update: the source of an ETag."""
        for candidate in self.properties.values():
            if isinstance(candidate.column.type, declare.RowVersionNumber):
                return candidate
        return None

    @cached_property
    def exacting(self) -> tuple[Property, ...]:
        """The properties that a payload must not leave empty, or leaves to a default."""
        return tuple(
            prop
            for prop in self.properties.values()
            if prop.words.required or not (prop.nullable or prop.words.computed)
        )

    def alias(self, name: str) -> str | None:
        """The path that stands behind a name accepted in queries only."""
        return self._aliases.get(name.lower())

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        return {name.lower(): path for name, path in self.declaration.aliases.items()}


def primary_attribute(cls: type[Any]) -> str:
    """By which attribute a mapped class holds its primary key; OData's key may be another one."""
    mapper = cls.__mapper__
    return str(mapper.get_property_by_column(mapper.primary_key[0]).key)


@dataclass(frozen=True, eq=False)
class EntitySet:
    """A named collection of one entity type."""

    name: str
    type: EntityType

    @property
    def declaration(self) -> Declaration:
        return self.type.declaration


class Model:
    """All types and sets of a service."""

    def __init__(self, namespace: str, container: str) -> None:
        self.namespace = namespace
        self.container = container
        self.sets: dict[str, EntitySet] = {}
        self.types: dict[type, EntityType] = {}
        self.enums: dict[type, EnumType] = {}
        self.complexes: dict[type, ComplexType] = {}

    @classmethod
    def of(
        cls,
        classes: Iterable[type[Any]],
        *,
        namespace: str,
        container: str = "Container",
        suffix: str = "",
    ) -> "Model":
        """The model of mapped classes; `suffix` ends the name of each entity type (`JobDto`)."""
        model = cls(namespace, container)
        for mapped in classes:
            model._add_type(mapped, suffix)
        for entity_type in model.types.values():
            model._add_navigations(entity_type)
        return model

    def __iter__(self) -> Iterator[EntitySet]:
        return iter(self.sets.values())

    def set(self, name: str) -> EntitySet | None:
        """The entity set of that name, in any letter case."""
        return self._sets_lower.get(name.lower())

    def set_of(self, entity_type: EntityType) -> EntitySet | None:
        return self.sets.get(entity_type.declaration.entity_set or "")

    def type_of(self, mapped: type[Any]) -> EntityType:
        return self.types[mapped]

    @cached_property
    def _sets_lower(self) -> Mapping[str, EntitySet]:
        return {name.lower(): entity_set for name, entity_set in self.sets.items()}

    def _add_type(self, mapped: type[Any], suffix: str) -> None:
        declaration: Declaration = mapped.__odata__
        name = declaration.host.get("type_name", mapped.__name__ + suffix)
        doc = (mapped.__dict__.get("__doc__") or "").strip()
        entity_type = EntityType(name, self.namespace, mapped, declaration, doc)
        mapper = sa.inspect(mapped)
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            said: Words = column.info.get(WORDS, Words())
            if said.hidden:
                continue
            found = self._property(attribute.key, column, said)
            entity_type.properties[found.name] = found
            if column.primary_key:
                entity_type.key = found
        if "key" in declaration.host:  # a key on the wire that is not the table's own
            entity_type.key = entity_type.properties[declaration.host["key"]]
        if entity_type.key is None:
            raise TypeError(f"{mapped.__name__} shows no key: a visible primary key is needed")
        self.types[mapped] = entity_type
        if declaration.entity_set:
            self.sets[declaration.entity_set] = EntitySet(declaration.entity_set, entity_type)

    def _property(self, attribute: str, column: sa.Column[Any], said: Words) -> Property:
        name = said.name or pascal(attribute)
        nullable = bool(column.nullable)
        if isinstance(column.type, declare.Enumeration):
            enumeration = self.enum(column.type.members)
            return Property(name, attribute, column, enumeration.name, nullable, said, enumeration)
        if isinstance(column.type, declare.JsonText):
            if said.complex in EDM_ANNOTATIONS:  # a list of scalar values
                return Property(
                    name, attribute, column, EDM_ANNOTATIONS[said.complex], nullable, said
                )
            complex_type = self.complex(said.complex)
            return Property(
                name, attribute, column, complex_type.name, nullable, said, complex=complex_type
            )
        edm = next(edm for kind, edm in EDM_TYPES if isinstance(column.type, kind))
        return Property(name, attribute, column, edm, nullable, said)

    def enum(self, members: Enum) -> EnumType:
        if members not in self.enums:
            self.enums[members] = EnumType(f"{self.namespace}.{members.__name__}", members)
        return self.enums[members]

    def complex(self, declared: type | None) -> ComplexType:
        """The complex type of an annotated class; of nothing, an open type without members."""
        key = declared or dict
        if key not in self.complexes:
            if declared is None:
                self.complexes[key] = ComplexType(f"{self.namespace}.Dictionary", (), open=True)
            else:
                hints = typing.get_type_hints(declared, include_extras=True)
                members = tuple(self._member(name, hint) for name, hint in hints.items())
                name = f"{self.namespace}.{getattr(declared, '__edm__', declared.__name__ + 'Dto')}"
                self.complexes[key] = ComplexType(name, members)
        return self.complexes[key]

    def _member(self, attribute: str, hint: Any) -> Member:
        name, nullable = pascal(attribute), False
        if typing.get_origin(hint) in (types.UnionType, typing.Union):
            alternatives = [part for part in typing.get_args(hint) if part is not types.NoneType]
            hint, nullable = alternatives[0], True
        collection = typing.get_origin(hint) is list
        if collection:
            hint = typing.get_args(hint)[0]
        if hint in EDM_ANNOTATIONS:
            return Member(name, EDM_ANNOTATIONS[hint], nullable, collection)
        if hint is dict or typing.get_origin(hint) is dict:
            opened = self.complex(None)
            return Member(name, opened.name, nullable, collection, complex=opened)
        if isinstance(hint, type) and issubclass(hint, (enum.IntEnum, enum.IntFlag)):
            enumeration = self.enum(hint)
            return Member(name, enumeration.name, nullable, collection, enumeration)
        nested = self.complex(hint)
        return Member(name, nested.name, nullable, collection, complex=nested)

    def _add_navigations(self, entity_type: EntityType) -> None:
        for relationship in sa.inspect(entity_type.cls).relationships:
            said: Words = relationship.info.get(WORDS, Words())
            if said.hidden or relationship.mapper.class_ not in self.types:
                continue
            name = said.name or pascal(relationship.key)
            nullable = not relationship.uselist and any(
                c.nullable for c in relationship.local_columns
            )
            entity_type.navigations[name] = Navigation(
                name, relationship.key, relationship, entity_type,
                bool(relationship.uselist), nullable, self.types,
            )  # fmt: skip
