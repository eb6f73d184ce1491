"""A copy of what was seeded looks as if it had been seeded now, and for its own tenant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.domain.clock import Clock
from concertmaster.entities import QueueDefinition, QueueItem, QueueItemEvent, RobotLog, User
from concertmaster.entities import Tenant as TenantEntity
from concertmaster.scenarios import seed
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.store.templates import GOOD

TEXT = """
include: empty
QueueDefinitions:
  - {Name: Old, Folder: Shared, CreationTime: 2018-01-01T00:00:00Z}
  - {Name: New, Folder: Shared, CreationTime: {ago: P1D}}
  - {Name: Now, Folder: Shared}
QueueItems:
  - repeat: 4
    QueueDefinition: New
    Reference: {n: "R{n}"}
    CreationTime: {ago: PT1H, step: PT1M}
    DeferDate: {in: PT30S}
    DueDate: {cycle: [null, {after: CreationTime, by: P1D}]}
"""

ALL = (
    QueueDefinition.creation_time, QueueItem.creation_time, QueueItem.defer_date,
    QueueItem.due_date, QueueItemEvent.timestamp, User.creation_time,
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    import os

    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL") or None
    return Settings(data=tmp_path, ephemeral=True, database_url=url, scenario="empty")


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    opened = Registry.open(settings, seed)
    yield opened
    opened.close()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time on the wall, in ticks, which stands still until a test moves it."""
    moment = [clock.ticks("2026-11-28T12:34:56.1234567Z")]
    monkeypatch.setattr(Clock, "wall", staticmethod(lambda: moment[0]))
    return moment


def moments(tenant: Tenant) -> list[list[str | None]]:
    with tenant.connect() as connection:
        return [
            list(connection.scalars(sa.select(column).order_by(column.class_.id))) for column in ALL
        ]


def test_a_copy_is_as_if_seeded_now(
    registry: Registry, settings: Settings, wall: list[int]
) -> None:
    registry.create("acme", "first", TEXT)
    wall[0] += 100 * clock.SECOND
    copied = moments(registry.create("acme", "second", TEXT))
    wall[0] += 50 * clock.SECOND  # the template was moved before
    copied_later = moments(registry.create("acme", "third", TEXT))

    fresh = Registry.open(settings, seed)  # has no template
    assert copied_later == moments(fresh.create("acme", "first", TEXT))
    fresh.close()
    flat = [moment for column in copied for moment in column]
    assert flat.count("2018-01-01T00:00:00.0000000Z") == 1
    assert copied[2] == ["2026-11-28T12:37:06.1234567Z"] * 4  # 100 and 30 seconds later


def test_it_names_its_own_tenant(registry: Registry) -> None:
    for name in ("first", "second"):
        tenant = registry.create("globex", name, TEXT)
        about = sa.select(TenantEntity.id, TenantEntity.key, TenantEntity.name)
        users = sa.select(User.tenant_id, User.tenant_key, User.tenancy_name).distinct()
        with tenant.connect() as connection:
            assert connection.execute(about).all() == [(tenant.id, tenant.key, name)]
            assert connection.execute(users).all() == [(tenant.id, tenant.key, name)]


def test_an_old_template_is_worked_out_anew(registry: Registry, wall: list[int]) -> None:
    seeded: list[str] = []

    def noting(tenant: Tenant) -> object:
        seeded.append(tenant.name)
        return seed(tenant)

    registry._templates._seed = noting  # type: ignore[assignment]
    for number, later in enumerate((0, 1, GOOD // clock.SECOND, 3)):
        wall[0] += later * clock.SECOND
        registry.create("acme", f"t{number}", TEXT)
    assert seeded == ["t0", "t2"]


def test_an_edited_file_is_read_again(registry: Registry, tmp_path: Path) -> None:
    included, file = tmp_path / "more.yaml", tmp_path / "own.yaml"
    file.write_text("include: [empty, more.yaml]\n")
    included.write_text("QueueDefinitions: [{Name: One, Folder: Shared}]\n")
    names = []
    for name in ("a", "b"):
        tenant = registry.create("acme", name, str(file))
        with tenant.connect() as connection:
            names += connection.scalars(sa.select(QueueDefinition.name))
        included.write_text("QueueDefinitions: [{Name: Another, Folder: Shared}]\n")
    assert names == ["One", "Another"]


@pytest.mark.parametrize("scenario", ["demo", "guide"])
def test_built_in_ones_age_by_what_depends_on_the_seeding(
    registry: Registry, wall: list[int], scenario: str
) -> None:
    """All moments of the demo move, none of the guide's: those are documented ones."""
    before = registry.create("acme", "before", scenario)
    wall[0] += 60 * clock.SECOND
    after = registry.create("acme", "after", scenario)
    log = sa.select(RobotLog.time_stamp).order_by(*sa.inspect(RobotLog).primary_key)
    with before.connect() as one, after.connect() as two:
        pairs = list(zip(one.scalars(log), two.scalars(log), strict=True))
    assert {clock.between(a, b) for a, b in pairs} == {60 if scenario == "demo" else 0}
