"""Queues in several folders: seen and worked on in each, with one home.

What belongs to a queue (items, history, figures) has the folder of its home; who asks in another
folder reaches it through the queue.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import sharing
from concertmaster.domain.access import Caller
from concertmaster.domain.queues import queue_in_folder
from concertmaster.entities import (
    QueueDefinition,
    QueueItem,
    QueueItemComment,
    QueueItemEvent,
    QueueProcessingRecord,
    QueueRetention,
    queue_folders,
)


def share(
    session: Session,
    caller: Caller,
    folder_id: int,
    queue_ids: Iterable[int],
    *,
    add: Sequence[int],
    remove: Sequence[int],
) -> None:
    """Let queues of a folder be seen in others, and no longer in some.

    Raises ItemNotFound where the folder has no such queue, and what `sharing.share` raises.
    """
    ids = dict.fromkeys(queue_ids)
    _share(session, caller, [queue_in_folder(session, folder_id, id_) for id_ in ids], add, remove)


def leave(session: Session, caller: Caller, queue: QueueDefinition, folder_id: int) -> bool:
    """Take a queue out of a folder; False where it is in no other, and would have to go."""
    others = sharing.folders_of(session, queue, queue_folders) != [folder_id]
    if others:
        _share(session, caller, [queue], [], [folder_id])
    return others


def check_free(
    connection: sa.Connection, queue: QueueDefinition, name: str, folders: Iterable[int]
) -> None:
    """Raises NameAlreadyUsed where one of the folders shows another queue of that name."""
    for folder in folders:
        sharing.check_free(connection, QueueDefinition, name, folder, queue_folders, own=queue.id)


def _share(
    session: Session,
    caller: Caller,
    queues: Sequence[QueueDefinition],
    add: Sequence[int],
    remove: Sequence[int],
) -> None:
    homes = {queue.id: queue.organization_unit_id for queue in queues}
    sharing.share(session, caller, queues, queue_folders, family="Queues", add=add, remove=remove)
    for queue in queues:
        if queue.organization_unit_id != homes[queue.id]:
            _move(session, queue, caller.tree.by_id[queue.organization_unit_id].path)


def _move(session: Session, queue: QueueDefinition, path: str) -> None:
    """Let what belongs to a queue follow it to its new home."""
    home, queue.organization_unit_fully_qualified_name = queue.organization_unit_id, path
    of_queue = sa.select(QueueItem.id).where(QueueItem.queue_definition_id == queue.id)
    own: tuple[tuple[type[Any], Any], ...] = (
        (QueueProcessingRecord, QueueProcessingRecord.queue_definition_id == queue.id),
        (QueueRetention, QueueRetention.queue_definition_id == queue.id),
        (QueueItemEvent, QueueItemEvent.queue_item_id.in_(of_queue)),
        (QueueItemComment, QueueItemComment.queue_item_id.in_(of_queue)),
    )
    for cls, which in own:
        session.execute(sa.update(cls).where(which).values(organization_unit_id=home))
    session.execute(
        sa.update(QueueItem)
        .where(QueueItem.queue_definition_id == queue.id)
        .values(organization_unit_id=home, organization_unit_fully_qualified_name=path)
    )
    session.flush()
