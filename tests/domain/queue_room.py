"""A room with queues: a tenant that holds a folder, two people, a robot, and what a test adds.

On SQLite, or on the PostgreSQL that CONCERTMASTER_TEST_DATABASE_URL names.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.clock import new_guid
from concertmaster.domain.queue_history import Actor
from concertmaster.entities import (
    Folder,
    QueueDefinition,
    QueueItem,
    QueueItemEvent,
    Robot,
    RobotType,
    User,
    UserType,
)
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant

SHARED, OTHER = 1, 2
ANN, ROBOT_USER = 1, 2
ROBOT = 7
ROBOT_KEY = "00000000-0000-0000-0000-000000000077"


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def _fill(tenant: Tenant) -> None:
    with tenant.session() as session, session.begin():
        for id_, name in {SHARED: "Shared", OTHER: "Other"}.items():
            session.add(Folder(id=id_, key=guid(id_), display_name=name, fully_qualified_name=name))
        for id_, name, kind in ((ANN, "ann", UserType.User), (ROBOT_USER, "r", UserType.Robot)):
            session.add(
                User(id=id_, key=guid(100 + id_), user_name=name, type=kind, creation_time="2024")
            )
        session.flush()
        session.add(Robot(id=ROBOT, name="r7", type=RobotType.Unattended, robot_key=ROBOT_KEY))


@dataclass
class QueueRoom:
    """A session in a tenant, and short ways to what tests ask all the time."""

    tenant: Tenant
    session: Session
    by: Actor
    made: int = 0

    def queue(
        self, name: str | None = None, *, folder: int = SHARED, **values: Any
    ) -> QueueDefinition:
        self.made += 1
        queue = QueueDefinition(
            key=new_guid(),
            name=name or f"q{self.made}",
            organization_unit_id=folder,
            organization_unit_fully_qualified_name="Shared",
            creation_time="2024-01-01T00:00:00.0000000Z",
            **values,
        )
        self.session.add(queue)
        self.session.flush()
        return queue

    def items(self, queue: QueueDefinition) -> list[QueueItem]:
        listed = sa.select(QueueItem).where(QueueItem.queue_definition_id == queue.id)
        fresh = listed.order_by(QueueItem.id).execution_options(populate_existing=True)
        return list(self.session.scalars(fresh))

    def item(self, item_id: int) -> QueueItem:
        return self.session.get_one(QueueItem, item_id, populate_existing=True)

    def history(self, item_id: int) -> list[tuple[str, str, str | None]]:
        told = sa.select(QueueItemEvent).where(QueueItemEvent.queue_item_id == item_id)
        return [
            (event.action.name, event.status.name, event.user_name)
            for event in self.session.scalars(told.order_by(QueueItemEvent.id))
        ]


@pytest.fixture(scope="session")
def queue_tenant() -> Iterator[Tenant]:
    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL") or None
    settings = Settings(ephemeral=True, database_url=url, scenario="empty")
    registry = Registry.open(settings, _fill)
    yield registry.default
    registry.close()


@pytest.fixture
def room(queue_tenant: Tenant) -> Iterator[QueueRoom]:
    """Nothing that happens in it stays."""
    with queue_tenant.session() as session:
        yield QueueRoom(queue_tenant, session, Actor(ANN, "ann"))
        session.rollback()
