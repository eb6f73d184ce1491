"""What an asset is worth: to everyone, to one robot, and in which of its types.

A value can stand in three places: in the asset itself (everyone's, or the default of those who
have none of their own), in a robot's value (classic folders), and in a user's value, which the
robots of that user read, on any machine or on one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import (
    AssetNameNotFound,
    AssetNotAvailableForRobot,
    AssetTypeNotUpdatable,
    CredentialUserNeedsPassword,
    InvalidArgument,
    ItemNotFound,
    RobotNotConfiguredForUser,
)
from concertmaster.entities import (
    Asset,
    AssetRobotValue,
    AssetUserValue,
    AssetValueScope,
    AssetValueType,
    Machine,
    Robot,
    User,
)
from concertmaster.odata.declare import same_name

#: Whatever holds a value.
Holder = Asset | AssetRobotValue | AssetUserValue
Own = TypeVar("Own", bound=AssetRobotValue | AssetUserValue)

CREDENTIALS = frozenset({AssetValueType.Credential, AssetValueType.WindowsCredential})
#: Kinds that are kept in the member for text.
TEXTS = frozenset({
    AssetValueType.Text, AssetValueType.DBConnectionString, AssetValueType.HttpConnectionString,
})  # fmt: skip

#: What may be written and is not read back; nothing given leaves what is there.
SECRETS = frozenset({"credential_password", "secret_value"})

#: What a member says when the value is of another type (AssetDto).
BLANK: Mapping[str, Any] = {
    "string_value": "", "bool_value": False, "int_value": 0, "credential_username": "",
}  # fmt: skip


def settle(holder: Holder) -> None:
    """Blank the members of other types than the holder's, and say the value as text."""
    kind = holder.value_type
    if kind not in TEXTS:
        holder.string_value = BLANK["string_value"]
    if kind != AssetValueType.Bool:
        holder.bool_value = BLANK["bool_value"]
    if kind != AssetValueType.Integer:
        holder.int_value = BLANK["int_value"]
    if kind not in CREDENTIALS:
        holder.credential_username, holder.credential_password = BLANK["credential_username"], None
    if kind != AssetValueType.Secret:
        holder.secret_value = None
    if kind != AssetValueType.KeyValueList:
        holder.key_value_list = []
    holder.value = as_text(holder)


def as_text(holder: Holder) -> str:
    """The value whatever its type; what is secret is not told."""
    match holder.value_type:
        case AssetValueType.Bool:
            return str(bool(holder.bool_value))
        case AssetValueType.Integer:
            return str(holder.int_value or 0)
        case kind if kind in TEXTS:
            return holder.string_value or ""
    return ""


def check_change(holder: Holder, values: Mapping[str, Any]) -> None:
    """The type of a value stays what it is, and a new user name comes with its password."""
    kind = values.get("value_type")
    if kind is not None and kind != holder.value_type:
        raise AssetTypeNotUpdatable
    name = values.get("credential_username")
    if (
        holder.value_type in CREDENTIALS
        and name is not None
        and name != (holder.credential_username or "")
        and not values.get("credential_password")
    ):
        raise CredentialUserNeedsPassword


@dataclass(frozen=True)
class OwnValue:
    """The value of one robot or user, as a payload brings it."""

    id: int | None
    robot_id: int | None
    user_id: int | None
    machine_id: int | None
    values: Mapping[str, Any]  #: by attribute of the holder


def keep_values(
    session: Session, asset: Asset, robots: list[OwnValue] | None, users: list[OwnValue] | None
) -> None:
    """Make an asset's own values those given; None leaves them. Passwords not given stay."""
    if asset.value_scope == AssetValueScope.Global:
        asset.robot_values, asset.user_values = [], []
        return
    if robots is not None:
        asset.robot_values = [_robot_value(session, asset, given) for given in robots]
    if users is not None:
        asset.user_values = [_user_value(session, asset, given) for given in users]


def _robot_value(session: Session, asset: Asset, given: OwnValue) -> AssetRobotValue:
    robot = session.get(Robot, given.robot_id) if given.robot_id is not None else None
    if robot is None:
        raise ItemNotFound(entity="Robot")
    held = next((v for v in asset.robot_values if v.robot_id == robot.id), None)
    value = held or AssetRobotValue(robot_id=robot.id)
    value.name, value.robot_name = asset.name, robot.name
    return _fill(value, asset, given.values)


def _user_value(session: Session, asset: Asset, given: OwnValue) -> AssetUserValue:
    user = session.get(User, given.user_id) if given.user_id is not None else None
    if user is None:
        raise ItemNotFound(entity="User")
    machine = session.get(Machine, given.machine_id) if given.machine_id is not None else None
    if given.machine_id is not None and machine is None:
        raise ItemNotFound(entity="Machine")
    machine_id = machine.id if machine else None
    held = next(
        (v for v in asset.user_values if (v.user_id, v.machine_id) == (user.id, machine_id)), None
    )
    value = held or AssetUserValue(user_id=user.id, machine_id=machine_id)
    value.name, value.user_name = asset.name, user.user_name
    value.machine_name = machine.name if machine else None
    return _fill(value, asset, given.values)


def _fill(value: Own, asset: Asset, given: Mapping[str, Any]) -> Own:
    kind = given.get("value_type")
    if kind is not None and kind != asset.value_type:
        raise InvalidArgument(f"The asset holds {asset.value_type.name}, not {kind.name}.")
    new = value.id is None
    value.value_type = asset.value_type
    if not new:
        check_change(value, given)
    for attribute, item in given.items():
        if item is not None and (attribute not in SECRETS or item):
            setattr(value, attribute, item)
    settle(value)
    return value


# --- reading and writing as a robot ---------------------------------------------------------


def find(session: Session, folder_id: int, name: str) -> Asset:
    """The asset of that name, in any letter case."""
    named = same_name(Asset.name, name)
    found = session.scalars(
        sa.select(Asset).where(Asset.organization_unit_id == folder_id, named)
    ).first()
    if found is None:
        raise AssetNameNotFound
    return found


def robot_by_key(session: Session, caller: Caller, key: str) -> Robot:
    """The robot that a caller speaks for: its own, or any for who may do everything."""
    found = session.scalars(
        sa.select(Robot).where(Robot.robot_key == key.strip("{} ").lower())
    ).first()
    if found is None or not _speaks_for(caller, found):
        raise RobotNotConfiguredForUser
    return found


def _speaks_for(caller: Caller, robot: Robot) -> bool:
    if caller.unlimited or caller.robot_id == robot.id:
        return True
    return robot.user_id is not None and robot.user_id == caller.user_id


def value_for(session: Session, asset: Asset, robot: Robot | None, user_id: int | None) -> Holder:
    """Whose value a robot reads; without a robot, a user."""
    own = own_value(session, asset, robot, user_id)
    if own is not None:
        return own
    if asset.value_scope == AssetValueScope.PerRobot and not asset.has_default_value:
        raise AssetNotAvailableForRobot
    return asset


def own_value(
    session: Session, asset: Asset, robot: Robot | None, user_id: int | None
) -> AssetRobotValue | AssetUserValue | None:
    """The value that only this robot, or this user, reads."""
    if asset.value_scope == AssetValueScope.Global:
        return None
    if robot is not None:
        user_id = robot.user_id
        of_robot = sa.select(AssetRobotValue).where(
            AssetRobotValue.asset_id == asset.id, AssetRobotValue.robot_id == robot.id
        )
        if found := session.scalars(of_robot).first():
            return found
    if user_id is None:
        return None
    machine_id = robot.machine_id if robot is not None else None
    fits = sa.or_(AssetUserValue.machine_id.is_(None), AssetUserValue.machine_id == machine_id)
    of_user = sa.select(AssetUserValue).where(
        AssetUserValue.asset_id == asset.id, AssetUserValue.user_id == user_id, fits
    )
    values = list(session.scalars(of_user))
    # The value for this machine goes before the one for all.
    return max(values, key=lambda value: value.machine_id is not None, default=None)


def set_value(
    session: Session,
    asset: Asset,
    robot: Robot,
    values: Mapping[str, Any],
    *,
    now: str,
    user_id: int | None,
) -> None:
    """Let a robot write: its own value of a per-robot asset, else the one that all read."""
    check_change(asset, {"value_type": values.get("value_type")})
    asset.last_modification_time, asset.last_modifier_user_id = now, user_id
    if asset.value_scope == AssetValueScope.Global:
        check_change(asset, values)
        for attribute, item in values.items():
            if item is not None and (attribute not in SECRETS or item):
                setattr(asset, attribute, item)
        settle(asset)
        return
    held = own_value(session, asset, robot, None)
    if held is None and robot.user_id is not None:
        user = session.get_one(User, robot.user_id)
        held = AssetUserValue(name=asset.name, user_id=user.id, user_name=user.user_name)
        asset.user_values.append(held)
    elif held is None:
        held = AssetRobotValue(name=asset.name, robot_id=robot.id, robot_name=robot.name)
        asset.robot_values.append(held)
    _fill(held, asset, values)
