"""What was seeded, made to look as if it had been seeded later, and for another tenant.

Which cells depend on the moment of the seeding is found out by building the scenario once more for
a later moment: a cell that moves by just as much is one that was reckoned from it, however that was
written (`ago`, `in`, `after`, or set by the server). Cells with moments of their own stay.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
_PROBE: Final = 90_061

#: The moments of a world: those of a column, by the key of the row.
Moments = Mapping[sa.Column[Any], dict[Any, str]]

_USERS = cast("sa.Table", User.__table__)
_TENANTS = cast("sa.Table", TenantEntity.__table__)


@dataclass
class _Moving:
    """The cells that move: whole columns by their tables, and some of a column by their keys."""

    wholly: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    partly: list[tuple[sa.Column[Any], list[Any]]] = field(default_factory=list)


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
        later = _LATER_TEXT[connection.dialect.name]
        for table, names in self._moving.wholly.items():
            changes = ", ".join(f"{name} = {later.format(name, seconds)}" for name in names)
            connection.exec_driver_sql(f"UPDATE {table} SET {changes}")  # noqa: S608 - our names
        for column, keys in self._moving.partly:
            one = sa.update(column.table).where(
                column.table.primary_key.columns[0] == sa.bindparam("k")
            )
            moved: sa.ColumnElement[Any] = sa.literal_column(later.format(column.name, seconds))
            connection.execute(one.values({column.name: moved}), [{"k": key} for key in keys])

    @cached_property
    def _moving(self) -> "_Moving":
        by = _PROBE * clock.SECOND
        others = _moments_of(self._build(clock.instant(self.at + by)))
        found = _Moving()
        for column, cells in self._moments.items():
            there = others.get(column, {})
            keys = [
                key
                for key, moment in cells.items()
                if key in there and clock.ticks(there[key]) - clock.ticks(moment) == by
            ]
            if len(keys) == len(cells):
                found.wholly[column.table.name].append(column.name)
            elif keys:
                found.partly.append((column, keys))
        self._moments = {}  # not needed any more
        return found

    # --- for whom ---------------------------------------------------------------------------

    def adopt(self, connection: sa.Connection, tenant: Tenant) -> None:
        if self._names_tenant:
            adopt(connection, tenant)


def adopt(connection: sa.Connection, tenant: Tenant, before: str | None = None) -> None:
    """Rename what a database says of the tenant that it was made for (by its key, if known)."""
    new = identity(tenant)
    rows = connection.execute(sa.select(_TENANTS.c.id, _TENANTS.c.key, _TENANTS.c.name)).all()
    if len(rows) != 1 or rows[0] == (new["id"], new["key"], new["name"]):
        return
    if before is not None and rows[0].key != before:  # the scenario's own words
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
    found: dict[sa.Column[Any], dict[Any, str]] = {}
    for cls, rows in world.rows.items():
        for column in kinds()[cls].table.columns:
            if isinstance(column.type, InstantText):
                cells = {key: row[column.name] for key, row in rows.items() if row.get(column.name)}
                if cells:
                    found[column] = cells
    return found


#: The moment so many seconds later, its fraction as it is; null stays null.
_LATER_TEXT: Final = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S', substr({0}, 1, 19), '{1:+} seconds')"
    " || substr({0}, 20)",
    "postgresql": "to_char(substr({0}, 1, 19)::timestamp + interval '{1} seconds',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS') || substr({0}, 20)",
}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size
