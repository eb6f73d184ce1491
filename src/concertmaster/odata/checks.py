"""What other rows say to a write: that what it refers to exists, that its names are free.

All questions of one type go to the database in one statement, compiled once.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import instance_state

from concertmaster.odata.declare import GuidText, same_name
from concertmaster.odata.errors import Conflict, InvalidPayload, ODataError
from concertmaster.odata.model import EntityType, Property
from concertmaster.odata.query import Statement, compile_statement, once_per_dialect, run


def check_rows(connection: sa.Connection, entity_type: EntityType, entity: Any) -> None:
    """Every foreign key on the wire names a row; no other row holds the same unique values.

    Raises:
        InvalidPayload: a row referred to does not exist.
        Conflict: a name is taken, letter case aside.
    """
    questions = _questions(entity_type, connection.dialect)
    if questions.statement is None:
        return
    held = entity.__dict__
    if instance_state(entity).key is None:  # a new one: what it does not hold it does not have
        values = {name: held.get(attribute) for name, attribute in questions.attributes}
    else:  # what is not at hand has to be asked for, through SQLAlchemy
        values = {name: getattr(entity, attribute) for name, attribute in questions.attributes}
    if values["own"] is None:
        values["own"] = questions.nobody
    stored = {k: int(v) if isinstance(v, IntEnum) else v for k, v in values.items()}
    (found,) = run(connection, questions.statement, stored)
    for question, there in zip(questions.asked, found, strict=True):
        if bool(there) is not question.wanted and question.applies(values):
            raise question.refusal(entity_type, entity)


@dataclass(frozen=True)
class Reference:
    """Is there the row that a foreign key names?"""

    names: tuple[str, ...]  #: of the values it asks with
    blamed: Property
    wanted = True

    def applies(self, values: dict[str, Any]) -> bool:
        return values[self.names[0]] is not None

    def refusal(self, _type: EntityType, entity: Any) -> ODataError:
        value = getattr(entity, self.blamed.attribute)
        return InvalidPayload(
            f"The value of {self.blamed.name} is not valid: {value} does not exist.",
            member=self.blamed.name,
        )


@dataclass(frozen=True)
class Uniqueness:
    """Is there another row with these values? NULL equals nothing, so it needs no leaving out."""

    names: tuple[str, ...]
    blamed: Property | None
    wanted = False

    def applies(self, _values: dict[str, Any]) -> bool:
        return True

    def refusal(self, entity_type: EntityType, entity: Any) -> ODataError:
        value = getattr(entity, self.blamed.attribute) if self.blamed else None
        return Conflict(
            f"The value '{value}' is already used.",
            type=entity_type, property=self.blamed, value=value,
        )  # fmt: skip


@dataclass(frozen=True)
class Questions:
    """What is asked before a row of one type is written."""

    statement: Statement | None  #: one column of 0 or 1 for each question; None if there is none
    asked: tuple[Reference | Uniqueness, ...]
    attributes: tuple[tuple[str, str], ...]  #: name of a bound value → attribute it comes from
    nobody: Any  #: a key that no row has: what a new row is told apart by


@once_per_dialect
def _questions(entity_type: EntityType, dialect: sa.Dialect) -> Questions:
    return _Asking(entity_type).questions(dialect)


class _Asking:
    """Puts together what is asked for a type."""

    def __init__(self, entity_type: EntityType) -> None:
        self.type = entity_type
        self.mapper = entity_type.cls.__mapper__
        self.attributes: list[tuple[str, str]] = []
        self.asked: list[Reference | Uniqueness] = []
        self.conditions: list[sa.Exists] = []

    def questions(self, dialect: sa.Dialect) -> Questions:
        own = self.mapper.primary_key[0]
        for prop in self.type.properties.values():
            for foreign in prop.column.foreign_keys if not prop.words.computed else ():
                asked = self._bound(prop.column, foreign.column.type)
                self._ask(Reference((asked.key,), prop), foreign.column == asked)
        shown = {prop.column.name: prop for prop in self.type.properties.values()}
        for columns in unique_columns(self.type.table):
            if all(isinstance(column.type, GuidText) for column in columns):
                continue  # made by us, and made to be unique
            asked_with = [self._bound(column, column.type) for column in columns]
            same = [
                same_name(column, asked) if _is_text(column) else column == asked
                for column, asked in zip(columns, asked_with, strict=True)
            ]
            texts = [column for column in columns if _is_text(column) and column.name in shown]
            blamed = [column for column in (*reversed(texts), *columns) if column.name in shown]
            names = tuple(asked.key for asked in asked_with)
            other = own != sa.bindparam("own", type_=own.type)
            self._ask(Uniqueness(names, shown[blamed[0].name] if blamed else None), *same, other)
        self.attributes.append(("own", self._attribute(own)))
        statement = compile_statement(sa.select(*self.conditions), dialect) if self.asked else None
        nobody = "" if isinstance(own.type, sa.String) else -1
        return Questions(statement, tuple(self.asked), tuple(self.attributes), nobody)

    def _bound(self, column: sa.Column[Any], kind: Any) -> sa.BindParameter[Any]:
        name = f"v{len(self.attributes)}"
        self.attributes.append((name, self._attribute(column)))
        return sa.bindparam(name, type_=kind)

    def _ask(self, question: Reference | Uniqueness, *conditions: Any) -> None:
        self.asked.append(question)
        one: sa.Select[Any] = sa.select(sa.literal_column("1")).where(*conditions)
        self.conditions.append(one.correlate(None).exists())

    def _attribute(self, column: sa.Column[Any]) -> str:
        return str(self.mapper.get_property_by_column(column).key)


def _is_text(column: sa.Column[Any]) -> bool:
    return type(column.type) is sa.String


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
