"""Whose value a robot reads, and what may change of it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import assets, clock
from concertmaster.domain.errors import (
    AssetNotAvailableForRobot,
    AssetTypeNotUpdatable,
    CredentialUserNeedsPassword,
)
from concertmaster.entities import (
    Asset,
    AssetRobotValue,
    AssetUserValue,
    AssetValueScope,
    AssetValueType,
    Entity,
    Folder,
    Machine,
    Robot,
    RobotType,
    User,
)

NOW = "2026-01-02T03:04:05.0000000Z"


@pytest.fixture
def session() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://")
    Entity.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def robot(session: Session) -> Robot:
    user = User(user_name="worker", key=clock.new_guid(), creation_time=NOW)
    machine = Machine(name="HOST", key=clock.new_guid(), license_key=clock.new_guid())
    session.add_all([user, machine])
    session.flush()
    robot = Robot(name="R", type=RobotType.Unattended, user_id=user.id, machine_id=machine.id)
    session.add(robot)
    session.flush()
    return robot


@pytest.fixture
def asset(session: Session) -> Asset:
    folder = Folder(key=clock.new_guid(), display_name="F", fully_qualified_name="F")
    session.add(folder)
    session.flush()
    made = Asset(
        key=clock.new_guid(), name="A", value_scope=AssetValueScope.PerRobot,
        value_type=AssetValueType.Text, string_value="all", has_default_value=True,
        organization_unit_id=folder.id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def own(asset: Asset, robot: Robot, text: str, *, machine: bool = False) -> None:
    machine_id = robot.machine_id if machine else None
    asset.user_values.append(
        AssetUserValue(user_id=robot.user_id, machine_id=machine_id, string_value=text)
    )


def read(session: Session, asset: Asset, robot: Robot) -> str | None:
    session.flush()
    return assets.value_for(session, asset, robot, None).string_value


def test_the_nearest_value_is_read(session: Session, asset: Asset, robot: Robot) -> None:
    assert read(session, asset, robot) == "all"
    own(asset, robot, "user")
    assert read(session, asset, robot) == "user"
    own(asset, robot, "user here", machine=True)
    assert read(session, asset, robot) == "user here"
    asset.robot_values.append(AssetRobotValue(robot_id=robot.id, string_value="robot"))
    assert read(session, asset, robot) == "robot"


def test_a_value_for_another_machine_is_not_read(
    session: Session, asset: Asset, robot: Robot
) -> None:
    own(asset, robot, "there", machine=True)
    robot.machine_id = None
    assert read(session, asset, robot) == "all"


def test_without_a_default_there_may_be_nothing(
    session: Session, asset: Asset, robot: Robot
) -> None:
    asset.has_default_value = False
    with pytest.raises(AssetNotAvailableForRobot):
        assets.value_for(session, asset, robot, None)


def test_a_write_of_a_robot_makes_its_own_value(
    session: Session, asset: Asset, robot: Robot
) -> None:
    assets.set_value(session, asset, robot, {"string_value": "mine"}, now=NOW, user_id=None)
    assert read(session, asset, robot) == "mine"
    assert asset.string_value == "all"


def test_own_values_of_a_global_asset_go(session: Session, asset: Asset, robot: Robot) -> None:
    own(asset, robot, "user")
    asset.value_scope = AssetValueScope.Global
    assets.keep_values(session, asset, None, None)
    assert asset.user_values == []


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"value_type": AssetValueType.Text}, AssetTypeNotUpdatable),
        ({"credential_username": "other"}, CredentialUserNeedsPassword),
        ({"credential_username": "other", "credential_password": ""}, CredentialUserNeedsPassword),
    ],
)
def test_what_may_not_change(values: dict[str, object], error: type[Exception]) -> None:
    held = Asset(value_type=AssetValueType.Credential, credential_username="user")
    with pytest.raises(error):
        assets.check_change(held, values)
    assets.check_change(held, {"credential_username": "user"})
    assets.check_change(held, {"credential_username": "x", "credential_password": "y"})
