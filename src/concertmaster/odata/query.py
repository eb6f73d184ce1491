"""A plan's statements: compiled once into text, then run with new values for each request.

Rows go from the driver's cursor to JSON without ORM objects, datetime objects or type
processors: values are bound in the form in which the database holds them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from operator import itemgetter
from typing import Any, TypeVar, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from concertmaster.odata.declare import WRITTEN

Row = Sequence[Any]
T = TypeVar("T")
What = TypeVarTuple("What")


@dataclass(slots=True)
class Statement:
    """SQL text in the driver's style and the values it always has."""

    sql: str
    positions: tuple[str, ...] | None  #: names in order where the driver counts; else by name
    constants: Mapping[str, Any]
    names: tuple[str, ...] = ()  #: of all that is bound, where the driver goes by name
    _ordered: Callable[[Mapping[str, Any]], Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._ordered = dict if self.positions is None else _in_order(self.positions)

    def parameters(self, values: Mapping[str, Any]) -> Any:
        return self._ordered({**self.constants, **values} if self.constants else values)

    def identity(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells this statement with these values from any other."""
        if self.positions is not None:
            return (self.sql, *self.parameters(values))
        bound = {**self.constants, **values}
        given = (bound.get(name) for name in self.names)
        return (self.sql, *(tuple(one) if isinstance(one, list) else one for one in given))


def _in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def compile_statement(
    statement: sa.ClauseElement, dialect: sa.Dialect, *, literals: bool = False
) -> Statement:
    """Render a Core statement for a driver. Bound names without a value must come later.

    `literals` writes values into the text, in the form in which the database holds them.
    """
    how = {"render_postcompile": True, "literal_binds": literals}
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs=how)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    if not compiled.positional:
        used = {name: constants[name] for name in compiled.binds if name in constants}
        return Statement(compiled.string, None, used, tuple(compiled.bind_names.values()))
    return Statement(compiled.string, tuple(compiled.positiontup), constants)


def once_per_dialect(
    make: Callable[[*What, sa.Dialect], T],
) -> Callable[[*What, sa.Dialect], T]:
    """`make(*what, dialect)` is called once for each kind of database, whichever engine asks."""
    made: dict[Any, T] = {}

    @wraps(make)
    def remembered(*given: *tuple[*What, sa.Dialect]) -> T:
        key = (*given[:-1], given[-1].name)
        if key not in made:
            made[key] = make(*given)
        return made[key]

    return remembered


def run(
    connection: sa.Connection, statement: Statement, values: Mapping[str, Any]
) -> Sequence[Row]:
    """All rows of a statement, as the driver gives them."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement.sql, statement.parameters(values))
        return cursor.fetchall()
    finally:
        cursor.close()


def sorts(connection: sa.Connection, statement: Statement) -> bool:
    """Whether SQLite would sort the rows of a statement, as no index has them in order."""
    if connection.dialect.name != "sqlite":
        return False
    nothing = dict.fromkeys(statement.positions or ())
    told = Statement(f"EXPLAIN QUERY PLAN {statement.sql}", statement.positions, {})
    return any("TEMP B-TREE" in step[-1] for step in run(connection, told, nothing))


def write(
    connection: sa.Connection, table: sa.Table, statement: Statement, values: Mapping[str, Any]
) -> Sequence[Row]:
    """The same for a statement that changes a table: told to whoever watches its writes.

    Raises what SQLAlchemy makes of the driver's errors.
    """
    _tell(connection, table)
    try:
        return run(connection, statement, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, statement, error) from error


def write_all(
    connection: sa.Connection, table: sa.Table, statement: Statement, rows: Sequence[Any]
) -> None:
    """The same for many rows, where nothing is answered."""
    _tell(connection, table)
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(statement.sql, [statement.parameters(values) for values in rows])
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, statement, error) from error
    finally:
        cursor.close()


def _tell(connection: sa.Connection, table: sa.Table) -> None:
    connection.info.setdefault(WRITTEN, set()).add(table.name)


def _wrapped(connection: sa.Connection, statement: Statement, error: Exception) -> BaseException:
    dialect = connection.dialect
    return sa.exc.DBAPIError.instance(
        statement.sql, None, error, dialect.loaded_dbapi.Error, dialect=dialect
    )


def stream(
    connection: sa.Connection, statement: Statement, values: Mapping[str, Any], size: int
) -> Any:
    """Rows in batches of `size`, for answers that need not fit into memory."""
    # psycopg's plain cursor fetches everything at once; a named one stays on the server.
    words = {"name": "stream"} if connection.dialect.name == "postgresql" else {}
    cursor = connection.connection.cursor(**words)
    try:
        cursor.execute(statement.sql, statement.parameters(values))
        while batch := cursor.fetchmany(size):
            yield batch
    finally:
        cursor.close()


def one_of(column: sa.ColumnElement[Any], parameter: str, dialect: str) -> sa.ColumnElement[bool]:
    """`column IN (a list bound as one value)`: the text stays the same for any length.

    SQLite takes the list as JSON text (see `list_value`), PostgreSQL as an array.
    """
    if dialect == "sqlite":
        members = sa.func.json_each(sa.bindparam(parameter, type_=sa.Text())).table_valued("value")
        return column.in_(sa.select(members.c.value))
    element = column.type
    kind = sa.BigInteger() if isinstance(element, sa.Integer) else sa.Text()
    return column == sa.any_(sa.bindparam(parameter, type_=postgresql.ARRAY(kind)))


def list_value(values: Sequence[Any], dialect: str) -> Any:
    """The value to bind for `one_of`."""
    if dialect == "sqlite":
        import orjson

        return orjson.dumps(list(values)).decode()
    return list(values)
