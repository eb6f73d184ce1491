"""The scenarios that come with the product: what they hold, and that they load quickly."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from concertmaster.entities import (
    ALL,
    Asset,
    AssetValueType,
    Folder,
    Job,
    Machine,
    Permission,
    QueueDefinition,
    QueueItem,
    Release,
    Robot,
    RobotLog,
    Role,
    Setting,
    User,
    UserRole,
)
from concertmaster.entities import Process as Package
from concertmaster.scenarios import ScenarioError, built_in, seed
from concertmaster.scenarios.building import World
from concertmaster.settings import Settings
from concertmaster.store import Registry
from concertmaster.surface import operations
from stand_in import DATABASE_URL

DEMO = {Robot: 10, Machine: 5, Package: 8, Release: 8, QueueDefinition: 3, Job: 200,
        QueueItem: 500, RobotLog: 1000, Asset: 20}  # fmt: skip
GUIDE = {Folder: 1, Job: 28, QueueItem: 3318, RobotLog: 202, Robot: 14}

Build = Callable[[str], World]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(data=folder, ephemeral=True, database_url=url, scenario="empty")
    opened = Registry.open(settings, seed)
    yield opened
    opened.close()


def count(registry: Registry, cls: type[Any]) -> int:
    with registry.default.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(cls)).scalar_one()


def test_their_names() -> None:
    assert set(built_in()) == {"demo", "empty", "guide"}
    assert all(about.endswith(".") for about in built_in().values())


@pytest.mark.parametrize(("name", "counts"), [("demo", DEMO), ("guide", GUIDE)])
def test_how_much_they_hold(registry: Registry, name: str, counts: dict[type[Any], int]) -> None:
    tenant = registry.create("acme", f"counted-{name}", name)
    with tenant.connect() as connection:
        for cls, number in counts.items():
            counted = sa.select(sa.func.count()).select_from(cls)
            assert connection.execute(counted).scalar() == number, cls
    registry.drop(tenant)


@pytest.mark.parametrize("name", ["demo", "guide"])
def test_they_say_the_same_every_time(build_named: Build, name: str) -> None:
    first, second = build_named(name), build_named(name)
    for cls in ALL:
        drop = {"password_hash"}  # salted
        one, two = (
            [{k: v for k, v in row.items() if k not in drop} for row in world.rows[cls].values()]
            for world in (first, second)
        )
        assert one == two, cls
    assert first.links == second.links


def test_empty_has_an_administrator_the_roles_and_a_folder(registry: Registry) -> None:
    with registry.default.connect() as connection:
        folders = list(connection.execute(sa.select(Folder.fully_qualified_name)).scalars())
        roles = set(connection.execute(sa.select(Role.name).where(Role.is_static)).scalars())
        rows = connection.execute(sa.select(Setting.id, Setting.value)).all()
        admins = connection.execute(sa.select(UserRole.user_name, UserRole.role_name)).all()
    assert folders == ["Shared"]
    assert {"Administrator", "Robot", "Automation User", "Folder Administrator"} <= roles
    assert {"Allow to be Folder Administrator", "Personal Workspace Administrator"} <= roles
    settings = {row.id: row.value for row in rows}
    assert settings["Triggers.DisableWhenFailedCount"] == "10"
    assert admins == [("admin", "Administrator")]
    assert count(registry, User) == 1


def test_an_administrator_has_every_permission_there_is(build_named: Build) -> None:
    world = build_named("empty")
    granted = {row["name"] for row in world.rows[Permission].values() if row["role_id"] is not None}
    words = {"and", "or"}
    asked = {
        word
        for operation in operations()
        for word in operation.permissions.replace("(", " ").replace(")", " ").split()
    }
    assert asked - words <= granted


def test_new_rows_come_after_the_seeded_ones(registry: Registry) -> None:
    tenant = registry.create("acme", "counting-on", "guide")
    with tenant.session() as session:
        highest = session.scalar(sa.select(sa.func.max(Folder.id)))
        folder = Folder(key="k" * 36, display_name="New", fully_qualified_name="New")
        session.add(folder)
        session.commit()
        assert highest is not None
        assert folder.id == highest + 1
    registry.drop(tenant)


# --- demo -----------------------------------------------------------------------------------


@pytest.fixture
def demo(build_named: Build) -> World:
    return build_named("demo")


def test_shared_comes_first_and_is_ready_for_use(demo: World) -> None:
    shared = next(iter(demo.rows[Folder].values()))
    assert (shared["id"], shared["fully_qualified_name"]) == (1, "Shared")
    queues = [q for q in demo.rows[QueueDefinition].values() if q["organization_unit_id"] == 1]
    assert queues
    release = min(
        (r for r in demo.rows[Release].values() if r["organization_unit_id"] == 1),
        key=lambda r: r["id"],
    )
    assert release["arguments"] is None
    assert release["input_arguments"] is None


def test_every_kind_of_asset_is_there(demo: World) -> None:
    kinds = {row["value_type"] for row in demo.rows[Asset].values()}
    assert kinds == {int(kind) for kind in AssetValueType}


def test_nothing_happened_in_the_future_or_before_it_began(demo: World) -> None:
    for job in demo.rows[Job].values():
        moments = [job["creation_time"], job["start_time"], job["end_time"]]
        said = [moment for moment in moments if moment]
        assert said == sorted(said)
        assert said[-1] <= demo.now
    for item in demo.rows[QueueItem].values():
        moments = [item["creation_time"], item["start_processing"], item["end_processing"]]
        said = [moment for moment in moments if moment]
        assert said == sorted(said)
        assert said[-1] <= demo.now
    for line in demo.rows[RobotLog].values():
        assert line["time_stamp"] <= demo.now


def test_logs_belong_to_jobs_and_lie_within_them(demo: World) -> None:
    jobs = {job["key"]: job for job in demo.rows[Job].values()}
    for line in demo.rows[RobotLog].values():
        job = jobs[line["job_key"]]
        assert line["organization_unit_id"] == job["organization_unit_id"]
        assert job["start_time"] <= line["time_stamp"] <= (job["end_time"] or demo.now)
        assert line["robot_name"]


# --- files of one's own -----------------------------------------------------------------------


def test_a_file_loads_like_a_built_in_scenario(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("include: empty\nQueueDefinitions: [{Name: Mine, Folder: Shared}]\n")
    tenant = registry.create("acme", "own", str(file))
    with tenant.connect() as connection:
        assert connection.execute(sa.select(QueueDefinition.name)).scalar() == "Mine"
    registry.drop(tenant)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Folders: [{DisplayName: A}, {DisplayName: A}]", "rows of folders do not go together"),
        ("Jobs: [{State: Running}]", "the member OrganizationUnitId is missing"),
    ],
)
def test_a_scenario_that_fails_leaves_no_tenant(
    registry: Registry, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        registry.create("acme", "bad", str(file))
    assert registry.tenant("acme", "bad") is None


def test_a_scenario_that_is_not_there(registry: Registry) -> None:
    with pytest.raises(ScenarioError, match="neither a file nor one of demo, empty, guide"):
        registry.create("acme", "none", "nowhere")
