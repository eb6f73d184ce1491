"""What people do with items afterwards: look into them, decide, try again by hand, delete.

Many items at once, each named with the row version that its reader saw; what has changed since is
left alone and reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.errors import InvalidArgument, ItemNotFound
from concertmaster.domain.queue_history import ITEMS, Actor, change_items, insert_items
from concertmaster.domain.queues import chunks, items_in
from concertmaster.domain.transactions import inherited
from concertmaster.entities import (
    Permission,
    QueueDefinition,
    QueueItem,
    QueueItemEventAction,
    QueueItemReviewStatus,
    QueueItemStatus,
    User,
    UserRole,
    UserType,
    folder_user_roles,
)

#: Items that went wrong: those a person looks into, and may try again.
FAILED = (QueueItemStatus.Failed, QueueItemStatus.Abandoned)

#: Users that are people.
PEOPLE = (UserType.User, UserType.DirectoryUser)

#: The permission that makes a reviewer.
REVIEWING = "transactions.edit"


_LATER = ITEMS.alias("later")

#: An item that was abandoned may have been tried again already: it is not to be tried twice.
_NOT_FOLLOWED = ~sa.exists().where(_LATER.c.key == ITEMS.c.key, _LATER.c.ancestor_id == ITEMS.c.id)


@dataclass(frozen=True)
class Seen:
    """An item, and the version of it that somebody saw; without one any version will do."""

    id: int
    row_version: int | None = None


def set_reviewer(
    session: Session,
    folder_id: int,
    items: Sequence[Seen],
    user_id: int | None,
    *,
    by: Actor,
    now: str,
) -> list[int]:
    """Give failed items to a reviewer, or take them back; the ids that could not be changed."""
    if user_id is not None:
        _check_reviewer(session, user_id)
    values = {"reviewer_user_id": user_id}
    return _failed(items, _change(session, folder_id, items, FAILED, values, by=by, now=now))


def set_review_status(
    session: Session,
    folder_id: int,
    items: Sequence[Seen],
    status: QueueItemReviewStatus,
    *,
    by: Actor,
    now: str,
) -> list[int]:
    """Note a decision on failed items; Retried makes new items of them."""
    values: dict[str, Any] = {"review_status": status}
    action = QueueItemEventAction.Edit
    retries = status == QueueItemReviewStatus["Retried"]
    conditions: tuple[sa.ColumnElement[bool], ...] = ()
    if retries:
        values["status"] = QueueItemStatus.Retried  # lets go of a unique reference
        action = QueueItemEventAction.Retry
        conditions = (_NOT_FOLLOWED,)
    changed = _change(
        session, folder_id, items, FAILED, values, *conditions, action=action, by=by, now=now
    )
    if retries:
        _retry(session, changed, by=by, now=now)
    return _failed(items, changed)


def delete(
    session: Session, folder_id: int, items: Sequence[Seen], *, by: Actor, now: str
) -> list[int]:
    """Mark items as deleted: they stay to be seen. The ids that could not be changed."""
    standing = [status for status in QueueItemStatus if status != QueueItemStatus.Deleted]
    changed = _change(
        session, folder_id, items, standing, {"status": QueueItemStatus.Deleted},
        action=QueueItemEventAction.Delete, by=by, now=now,
    )  # fmt: skip
    return _failed(items, changed)


def _change(
    session: Session,
    folder_id: int,
    items: Sequence[Seen],
    statuses: Sequence[QueueItemStatus],
    values: Mapping[str, Any],
    *more: sa.ColumnElement[bool],
    action: QueueItemEventAction = QueueItemEventAction.Edit,
    by: Actor,
    now: str,
) -> list[int]:
    """Change those of the items that are as they were seen, and in a fitting state; their ids."""
    changed: list[int] = []
    for chunk in chunks(items):
        conditions = (
            *more,
            items_in(folder_id),
            ITEMS.c.status.in_(statuses),
            ITEMS.c.id.in_([item.id for item in chunk]),
            _as_seen(chunk),
        )
        changed += change_items(session, *conditions, values=values, action=action, by=by, now=now)
    return changed


def _as_seen(items: Iterable[Seen]) -> sa.ColumnElement[bool]:
    versioned = [(item.id, item.row_version) for item in items if item.row_version is not None]
    any_version = [item.id for item in items if item.row_version is None]
    return sa.or_(
        sa.tuple_(ITEMS.c.id, ITEMS.c.row_version).in_(versioned), ITEMS.c.id.in_(any_version)
    )


def _failed(items: Iterable[Seen], changed: Iterable[int]) -> list[int]:
    done = set(changed)
    return [id_ for id_ in dict.fromkeys(item.id for item in items) if id_ not in done]


def _check_reviewer(session: Session, user_id: int) -> None:
    user = session.get(User, user_id)
    if user is None:
        raise ItemNotFound(entity="User")
    if user.type not in PEOPLE:
        raise InvalidArgument("Only a person can review queue items.")


def _retry(session: Session, item_ids: Sequence[int], *, by: Actor, now: str) -> None:
    """New items in the place of those that somebody sends round again."""
    for chunk in chunks(item_ids):
        items = session.execute(
            sa.select(QueueItem, QueueDefinition)
            .join(QueueDefinition, QueueDefinition.id == QueueItem.queue_definition_id)
            .where(QueueItem.id.in_(chunk))
            .order_by(QueueItem.id)
            .execution_options(populate_existing=True)
        ).all()
        rows = [
            {
                **inherited(queue, item, now, due=item.due_date),
                "retry_number": 0,  # automatic tries are counted anew
                "manual_retry_number": item.manual_retry_number + 1,
                "manual_ancestor_id": item.id,
                "manual_ancestor_unique_key": item.unique_key,
            }
            for item, queue in items
        ]
        insert_items(session, rows, by=by, now=now)


def reviewers(session: Session, folder_line: Sequence[int]) -> list[int]:
    """The people whose roles, in the tenant or along a line of folders, allow to review."""
    roles = sa.select(Permission.role_id).where(
        sa.func.lower(Permission.name) == REVIEWING, Permission.is_granted
    )
    in_folder = sa.select(folder_user_roles.c.user_id).where(
        folder_user_roles.c.folder_id.in_(folder_line), folder_user_roles.c.role_id.in_(roles)
    )
    in_tenant = sa.select(UserRole.user_id).where(UserRole.role_id.in_(roles))
    people = sa.select(User.id).where(
        User.type.in_(PEOPLE), User.is_active, User.id.in_(in_folder.union(in_tenant))
    )
    return list(session.scalars(people))
