"""Which rows may be seen, as conditions: of one folder, of some folders, through a navigation."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import sqlalchemy as sa

from concertmaster.entities import (
    Folder,
    QueueDefinition,
    QueueItem,
    QueueItemComment,
    QueueItemEvent,
    QueueProcessingRecord,
    QueueProcessingStatus,
)
from concertmaster.odata.model import EntityType
from concertmaster.odata.plan import Inside, Restriction
from concertmaster.odata.query import list_value, one_of

Conditions = list[sa.ColumnElement[bool]]

#: Turns a column with ids of queues into the condition that it is one of those in question.
Among = Callable[[sa.ColumnElement[Any]], sa.ColumnElement[bool]]


def _by_item(root: sa.FromClause, among: Among) -> sa.ColumnElement[bool]:
    items = QueueItem.__table__.c
    return root.c.queue_item_id.in_(sa.select(items.id).where(among(items.queue_definition_id)))


#: What is seen wherever its queue is: the condition that its queue is one of those in question.
OF_QUEUES: Mapping[type[Any], Callable[[sa.FromClause, Among], sa.ColumnElement[bool]]] = {
    QueueDefinition: lambda root, among: among(root.c.id),
    QueueProcessingStatus: lambda root, among: among(root.c.id),
    QueueItem: lambda root, among: among(root.c.queue_definition_id),
    QueueProcessingRecord: lambda root, among: among(root.c.queue_definition_id),
    QueueItemEvent: _by_item,
    QueueItemComment: _by_item,
}


def with_shared(
    restriction: Restriction, cls: type[Any], queues: Collection[int], dialect: str
) -> Restriction:
    """The same, and what belongs to queues that are shared into the folders in question."""
    of_queues = OF_QUEUES.get(cls)
    if of_queues is None or not queues:
        return restriction

    def conditions(root: sa.FromClause) -> Conditions:
        def among(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
            return one_of(column, "r_queues", dialect)

        return [sa.or_(sa.and_(*restriction.conditions(root)), of_queues(root, among))]

    values = {**restriction.values, "r_queues": list_value(sorted(queues), dialect)}
    return Restriction(f"{restriction.key}, queues", conditions, values)


def in_folder(folder_id: int, *, strict: bool, shared: sa.Table | None = None) -> Restriction:
    """Rows of one folder; unless `strict`, those without a folder too.

    `shared` is the table of the other folders that a row is at home in.
    """

    def conditions(root: sa.FromClause) -> Conditions:
        column, wanted = (
            root.c.organization_unit_id,
            sa.bindparam("r_folder", type_=sa.BigInteger()),
        )
        places = [column == wanted]
        if not strict:
            places.append(column.is_(None))
        if shared is not None:
            places.append(_shared_with(root, shared, shared.columns[1] == wanted))
        return [sa.or_(*places)]

    name = ("folder" if strict else "folder?") + (shared.name if shared is not None else "")
    return Restriction(name, conditions, {"r_folder": folder_id})


def among(
    name: str,
    folders: Collection[int],
    dialect: str,
    *,
    or_none: bool = False,
    shared: sa.Table | None = None,
) -> Restriction:
    """Rows whose column names one of the folders, or that are shared with one of them."""

    def conditions(root: sa.FromClause) -> Conditions:
        places = [one_of(root.c[name], "r_folders", dialect)]
        if or_none:
            places.append(root.c[name].is_(None))
        if shared is not None:
            with_one = one_of(shared.columns[1], "r_folders", dialect)
            places.append(_shared_with(root, shared, with_one))
        return [sa.or_(*places)]

    values = {"r_folders": list_value(sorted(folders), dialect)}
    return Restriction(f"among {name} {or_none} {shared is not None}", conditions, values)


def _shared_with(
    root: sa.FromClause, shared: sa.Table, place: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    return root.c.id.in_(sa.select(shared.columns[0]).where(place))


def reachable(folders: Collection[int], dialect: str) -> Inside:
    """What expansions may show: rows of these folders, and rows that have no folder."""

    def conditions(entity_type: EntityType, root: sa.FromClause) -> Conditions:
        if entity_type.table is Folder.__table__:
            return [one_of(root.c.id, "i_folders", dialect)]
        if "organization_unit_id" not in root.c:
            return []
        column = root.c.organization_unit_id
        return [sa.or_(one_of(column, "i_folders", dialect), column.is_(None))]

    return Inside("folders", conditions, {"i_folders": list_value(sorted(folders), dialect)})
