"""What was seeded, made to look as if it had been seeded later, and for another tenant.

Which cells depend on the moment of the seeding is found out by building the scenario once more for
a later moment: a cell that moves by just as much is one that was reckoned from it, however that was
written (`ago`, `in`, `after`, or set by the server). Cells with moments of their own stay.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.entities import Tenant as TenantEntity
from concertmaster.entities import User
from concertmaster.odata.declare import InstantText
from concertmaster.scenarios.building import World
from concertmaster.scenarios.derived import tenant as identity
from concertmaster.scenarios.kinds import kinds
from concertmaster.store import Tenant

#: How much later the second building is, in seconds: no whole hour, no whole day.
_LATER: Final = 90_061

#: The moments of a world: those of a column, by the key of the row.
Moments = Mapping[tuple[type[Any], str], dict[Any, str]]

_USERS = cast("sa.Table", User.__table__)
_TENANTS = cast("sa.Table", TenantEntity.__table__)


@dataclass(frozen=True)
class _Column:
    """A column with cells that move: in every row, or in some."""

    table: sa.Table
    name: str
    key: str
    rows: list[Any] | None  #: None is all


class Aging:
    """See `store/templates.py`, Seeded."""

    def __init__(self, world: World, build: Callable[[str], World], files: Iterable[Path]) -> None:
        self.at = clock.ticks(world.now)
        self._build = build
        self._moments = _moments_of(world)
        self._names_tenant = world.names_tenant
        self._files = {path: _stamp(path) for path in files}

    def holds(self) -> bool:
        return all(_stamp(path) == stamp for path, stamp in self._files.items())

    # --- when -------------------------------------------------------------------------------

    def move(self, connection: sa.Connection, seconds: int) -> None:
        wholly: dict[sa.Table, dict[str, Any]] = defaultdict(dict)
        for column in self._moving:
            later = _later(connection.dialect, column.table.c[column.name], seconds)
            if column.rows is None:
                wholly[column.table][column.name] = later
                continue
            one = sa.update(column.table).where(column.table.c[column.key] == sa.bindparam("k"))
            connection.execute(
                one.values({column.name: later}), [{"k": key} for key in column.rows]
            )
        for table, values in wholly.items():
            connection.execute(sa.update(table).values(values))

    @cached_property
    def _moving(self) -> list[_Column]:
        by = _LATER * clock.SECOND
        later = _moments_of(self._build(clock.instant(self.at + by)))
        found = []
        for (cls, name), cells in self._moments.items():
            others = later.get((cls, name), {})
            rows = [
                key
                for key, moment in cells.items()
                if key in others and clock.ticks(others[key]) - clock.ticks(moment) == by
            ]
            if rows:
                kind = kinds()[cls]
                whole = None if len(rows) == len(cells) else rows
                found.append(_Column(kind.table, name, kind.key, whole))
        self._moments = {}  # not needed any more
        return found

    # --- for whom ---------------------------------------------------------------------------

    def adopt(self, connection: sa.Connection, tenant: Tenant) -> None:
        if self._names_tenant:
            adopt(connection, tenant)


def adopt(connection: sa.Connection, tenant: Tenant) -> None:
    """Rename what a database says of the tenant that it was made for."""
    new = identity(tenant)
    rows = connection.execute(sa.select(_TENANTS.c.id, _TENANTS.c.key, _TENANTS.c.name)).all()
    if len(rows) != 1 or rows[0] == (new["id"], new["key"], new["name"]):
        return
    old = rows[0]
    connection.execute(sa.update(_TENANTS).values(new))
    for column, before, after in (
        (_USERS.c.tenant_id, old.id, new["id"]),
        (_USERS.c.tenant_key, old.key, new["key"]),
        (_USERS.c.tenancy_name, old.name, new["name"]),
        (_USERS.c.tenant_display_name, old.name, new["name"]),
    ):
        change = sa.update(_USERS).where(column == before).values({column.name: after})
        connection.execute(change)


def _moments_of(world: World) -> Moments:
    found: dict[tuple[type[Any], str], dict[Any, str]] = {}
    for cls, rows in world.rows.items():
        table = kinds()[cls].table
        for column in table.columns:
            if isinstance(column.type, InstantText):
                cells = {key: row[column.name] for key, row in rows.items() if row.get(column.name)}
                if cells:
                    found[cls, column.name] = cells
    return found


def _later(
    dialect: sa.Dialect, column: sa.ColumnElement[Any], seconds: int
) -> sa.ColumnElement[Any]:
    """The moment so many seconds later, its fraction as it is; null stays null."""
    whole, fraction = sa.func.substr(column, 1, 19), sa.func.substr(column, 20)
    if dialect.name == "sqlite":
        moved = sa.func.strftime("%Y-%m-%dT%H:%M:%S", whole, f"{seconds:+} seconds")
    else:
        span = sa.cast(f"{seconds} seconds", sa.Interval)
        moved = sa.func.to_char(
            sa.cast(whole, sa.TIMESTAMP) + span, 'YYYY-MM-DD"T"HH24:MI:SS', type_=sa.String
        )
    return sa.type_coerce(moved, sa.String).concat(fraction)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size
