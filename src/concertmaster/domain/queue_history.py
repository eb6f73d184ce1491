"""The one way queue items come to be and change: each time a new row version and a line of history.

A row version grows tenant-wide, as SQL Server's does: it is the highest there is, plus one. The
highest is the end of an index; SQLite has one writer at a time, and on PostgreSQL a row's own
version, read under its lock, keeps the new one growing when two writers see the same highest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.util import identity_key

from concertmaster.domain import events
from concertmaster.domain.access import Caller
from concertmaster.entities import (
    QueueItem,
    QueueItemEvent,
    QueueItemEventAction,
    QueueItemStatus,
    User,
)
from concertmaster.odata.inserting import insert_all
from concertmaster.odata.query import Statement, compile_statement, once_per_dialect, run

ITEMS = cast("sa.Table", QueueItem.__table__)
_VERSIONS = ITEMS.alias("versions")
_HIGHEST = sa.select(sa.func.coalesce(sa.func.max(_VERSIONS.c.row_version), 0))


class ItemState(NamedTuple):
    """What a line of history says of the item it is about."""

    id: int
    organization_unit_id: int
    status: QueueItemStatus
    review_status: int
    reviewer_user_id: int | None


_STATE = tuple(ITEMS.c[name] for name in ItemState._fields)

#: What others hear of a change: the name of the event for the status that an item is given.
TOLD: Mapping[QueueItemStatus, str] = {
    QueueItemStatus.New: "queueItem.deferred",
    QueueItemStatus.InProgress: "queueItem.transactionStarted",
    QueueItemStatus.Failed: "queueItem.transactionFailed",
    QueueItemStatus.Successful: "queueItem.transactionCompleted",
    QueueItemStatus.Abandoned: "queueItem.transactionAbandoned",
    QueueItemStatus.Retried: "queueItem.retried",
    QueueItemStatus.Deleted: "queueItem.deleted",
}


@dataclass(frozen=True)
class Actor:
    """Who makes a change, as history tells it."""

    user_id: int | None
    name: str | None
    application: str | None = None

    @classmethod
    def of(cls, caller: Caller) -> "Actor":
        return cls(caller.user_id, caller.name, caller.application)


#: What changes by itself: the background.
NOBODY = Actor(None, None)

#: In these an item waits or is worked on; in all others it is done with.
OPEN = (QueueItemStatus.New, QueueItemStatus.InProgress)


def insert_items(
    session: Session, rows: Sequence[Mapping[str, Any]], *, by: Actor, now: str
) -> list[int]:
    """Insert items; their ids, in the order of the rows. A few statements for any number."""
    if not rows:
        return []
    session.flush()
    connection = session.connection()
    ((highest,),) = run(connection, _highest(connection.dialect), {})
    numbered = [{**row, "row_version": highest + at} for at, row in enumerate(rows, start=1)]
    insert_all(connection, QueueItem, numbered)
    # On PostgreSQL, another writer may have given the same versions: not to the same keys.
    versions = {"first": highest + 1, "last": highest + len(rows)}
    found = run(connection, _numbered(connection.dialect), versions)
    id_of = {row[0]: row[1] for row in found}
    added = [
        ItemState(
            id_of[row["unique_key"]], row["organization_unit_id"], row["status"],
            row["review_status"], row.get("reviewer_user_id"),
        )
        for row in rows
    ]  # fmt: skip
    _record(session, added, QueueItemEventAction.Create, by, now)
    _tell(session, "queueItem.added", added, now)
    return [row.id for row in added]


@once_per_dialect
def _highest(dialect: sa.Dialect) -> Statement:
    return compile_statement(_HIGHEST, dialect)


@once_per_dialect
def _numbered(dialect: sa.Dialect) -> Statement:
    """Unique key and id of the items that have one of some row versions."""
    mine = ITEMS.c.row_version.between(sa.bindparam("first"), sa.bindparam("last"))
    return compile_statement(sa.select(ITEMS.c.unique_key, ITEMS.c.id).where(mine), dialect)


def change_items(
    session: Session,
    *conditions: sa.ColumnElement[bool],
    values: Mapping[str, Any],
    action: QueueItemEventAction,
    by: Actor,
    now: str,
    **named: Any,
) -> list[int]:
    """Change the items for which the conditions hold at this very moment; the ids of those.

    A compare-and-set: of two who want the same step, one finds nothing left to change. Conditions
    that stay the same from call to call, but for values that are `named`, make no new statement.
    """
    if values.get("status", QueueItemStatus.New) not in OPEN:
        values = {**values, "next_deadline": None}
    make = _kept_change if named else _change
    statement = make(conditions, tuple(values))
    new = {f"new_{name}": value for name, value in values.items()}
    changed = session.execute(statement, {**new, **named}).all()
    _record(session, changed, action, by, now)
    _tell(session, _name_of(values), changed, now)
    return [row.id for row in changed]


def _change(conditions: tuple[sa.ColumnElement[bool], ...], names: tuple[str, ...]) -> Any:
    """Sets columns to values that are given as `new_…`, and the version to the next one."""
    highest = _HIGHEST.scalar_subquery()
    version = sa.case((ITEMS.c.row_version > highest, ITEMS.c.row_version), else_=highest) + 1
    values = {name: sa.bindparam(f"new_{name}", type_=ITEMS.c[name].type) for name in names}
    changed = sa.update(ITEMS).where(*conditions).values(**values, row_version=version)
    return changed.returning(*_STATE)


_kept_change = lru_cache(maxsize=256)(_change)


def _name_of(values: Mapping[str, Any]) -> str:
    """The event that a change of these values is."""
    if "status" in values:
        return TOLD[values["status"]]
    changes_review = "review_status" in values or "reviewer_user_id" in values
    return "queueItem.reviewStatusChanged" if changes_review else "queueItem.updated"


def _tell(session: Session, name: str, rows: Sequence[Any], now: str) -> None:
    for folder in dict.fromkeys(row.organization_unit_id for row in rows):
        ids = [row.id for row in rows if row.organization_unit_id == folder]
        events.record(session, name, ids, folder=folder, now=now)


def _record(
    session: Session, rows: Sequence[Any], action: QueueItemEventAction, by: Actor, now: str
) -> None:
    if not rows:
        return
    reviewers = _names(session, {row.reviewer_user_id for row in rows} - {None})
    insert_all(
        session.connection(),
        QueueItemEvent,
        [
            {
                "queue_item_id": row.id,
                "organization_unit_id": row.organization_unit_id,
                "timestamp": now,
                "action": action,
                "user_id": by.user_id,
                "user_name": by.name,
                "external_client_id": by.application,
                "status": row.status,
                "review_status": row.review_status,
                "reviewer_user_id": row.reviewer_user_id,
                "reviewer_user_name": reviewers.get(row.reviewer_user_id),
            }
            for row in rows
        ],
    )


def known(session: Session, item_id: int) -> QueueItem:
    """The item of an id that is known to be there; read once something else of it is asked for."""
    found = session.identity_map.get(identity_key(QueueItem, item_id))
    if found is not None:
        session.expire(found)
        return found
    item = QueueItem(id=item_id)
    make_transient_to_detached(item)
    session.add(item)
    return item


def _names(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    ids = list(user_ids)
    if not ids:
        return {}
    found = session.execute(sa.select(User.id, User.user_name).where(User.id.in_(ids)))
    return {row.id: row.user_name for row in found}
