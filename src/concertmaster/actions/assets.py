"""What can be asked of assets: values as a robot reads and writes them, lists over folders."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import assets, clock
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.entities import Asset, AssetValueType, Folder
from concertmaster.entities.robots import Robot
from concertmaster.odata.operations import Id, Nothing, Payload, action, function, read_list
from concertmaster.odata.request import Request
from concertmaster.odata.service import Complex, Selection, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change, hook

NAMESPACE = "UiPath.Server.Configuration.OData"


class Pair(Payload):
    key: str | None = None
    value: str | None = None


class Value(Payload):
    """The members that say what something is worth, the same in assets and their parts."""

    value_type: AssetValueType | None = None
    string_value: Annotated[str, Field(max_length=1_000_000)] | None = None
    bool_value: bool | None = None
    int_value: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None
    secret_value: Annotated[str, Field(max_length=25_000)] | None = None
    credential_username: Annotated[str, Field(max_length=512)] | None = None
    credential_password: Annotated[str, Field(max_length=25_000)] | None = None
    external_name: Annotated[str, Field(max_length=450)] | None = None
    credential_store_id: Id | None = None
    key_value_list: list[Pair] | None = None

    def values(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in Value.model_fields}
        if self.key_value_list is not None:
            given["key_value_list"] = [
                {"Key": pair.key, "Value": pair.value} for pair in self.key_value_list
            ]
        return given


class OwnValue(Value):
    """A value of one robot or user (AssetRobotValueDto, AssetUserValueDto)."""

    id: Id | None = None
    robot_id: Id | None = None
    user_id: Id | None = None
    machine_id: Id | None = None

    def own(self) -> assets.OwnValue:
        return assets.OwnValue(self.id, self.robot_id, self.user_id, self.machine_id, self.values())


class RobotAsset(Value):
    """What a robot writes (UserAssetDto)."""

    name: Annotated[str, Field(min_length=1, max_length=256)]


# --- what must hold -------------------------------------------------------------------------


@hook("before_read", Asset)
def leave_secrets_out(call: Call, target: Target, request: Request) -> list[Any]:
    """The plain list has no secrets; GetFiltered has."""
    return [] if target.key else [Asset.value_type != AssetValueType.Secret]


@hook("before_create", Asset)
def before_create(call: Call, asset: Asset, change: Change) -> None:
    asset.key = clock.new_guid()
    asset.value_type = change.values.get("value_type", AssetValueType.Text)
    if asset.has_default_value is None:
        asset.has_default_value = True
    assets.settle(asset)


@hook("before_update", Asset)
def before_update(call: Call, asset: Asset, change: Change) -> None:
    assets.check_change(asset, change.values)
    for attribute in assets.BLANK:  # left out of a PUT: not of this type, or unchanged
        if change.values.get(attribute) is None:
            change.values[attribute] = getattr(asset, attribute)
    if change.values.get("has_default_value") is None:
        change.values["has_default_value"] = asset.has_default_value


@hook("after_create", Asset)
@hook("after_update", Asset)
def after_write(call: Call, asset: Asset, change: Change) -> None:
    given = {name: change.related.get(name) for name in ("RobotValues", "UserValues")}
    robots, users = (
        None if name not in change.related else [v.own() for v in read_list(OwnValue, rows, name)]
        for name, rows in given.items()
    )
    assets.keep_values(call.session, asset, robots, users)
    assets.settle(asset)
    if asset.creation_time != call.now:
        asset.last_modification_time, asset.last_modifier_user_id = call.now, call.caller.user_id


# --- as a robot reads and writes ------------------------------------------------------------


@action(
    "Assets", "GetRobotAssetByNameForRobotKey", permission="Assets.View", reads=True,
    scopes="OR.Assets or OR.Assets.Write",
)  # fmt: skip
def get_robot_asset_by_name_for_robot_key(
    call: Call,
    asset_name: str,
    robot_key: str | None = None,
    supports_credentials_proxy_disconnected: bool | None = None,
) -> Complex:
    """The value that a robot reads, passwords included."""
    robot = assets.robot_by_key(call.session, call.caller, robot_key) if robot_key else None
    return _read(call, asset_name, robot)


@function("Assets", "GetRobotAsset", permission="Assets.View")
def get_robot_asset(call: Call, robot_id: str, asset_name: str) -> Complex:
    """The same by GET; `robotId` is the robot's key."""
    return _read(call, asset_name, assets.robot_by_key(call.session, call.caller, robot_id))


@function("Assets", "GetRobotAssetByRobotId", permission="Assets.View")
def get_robot_asset_by_robot_id(call: Call, robot_id: Id, asset_name: str) -> Complex:
    """The same for the number of a robot."""
    robot = call.session.get(Robot, robot_id)
    if robot is None or robot.robot_key is None:
        raise ItemNotFound(entity="Robot")
    return _read(call, asset_name, assets.robot_by_key(call.session, call.caller, robot.robot_key))


def _read(call: Call, name: str, robot: Robot | None) -> Complex:
    asset = assets.find(call.session, call.folder, name)
    user_id = None if robot else call.caller.user_id
    value = assets.value_for(call.session, asset, robot, user_id)
    members = {
        "Name": asset.name,
        "ValueType": asset.value_type.name,
        "Value": value.value,  # in no description, but a member of the official client's model
        "StringValue": value.string_value,
        "BoolValue": value.bool_value,
        "IntValue": value.int_value,
        "SecretValue": value.secret_value or "",
        "CredentialUsername": value.credential_username,
        "CredentialPassword": value.credential_password or "",
        "ExternalName": value.external_name,
        "CredentialStoreId": value.credential_store_id,
        "Id": asset.id,
        "KeyValueList": value.key_value_list or [],
        "ConnectionData": None,
    }
    return Complex(f"{NAMESPACE}.UserAssetDto", members)


# The description says 204, but the official client parses the answer: an empty object it is.
@action("Assets", "SetRobotAssetByRobotKey", permission="Assets.Edit")
def set_robot_asset_by_robot_key(call: Call, robot_key: str, robot_asset: RobotAsset) -> Nothing:
    """Let a robot change the value that it reads."""
    robot = assets.robot_by_key(call.session, call.caller, robot_key)
    asset = assets.find(call.session, call.folder, robot_asset.name)
    assets.set_value(
        call.session, asset, robot, robot_asset.values(),
        now=call.now, user_id=call.caller.user_id,
    )  # fmt: skip
    return Nothing()


# --- lists ----------------------------------------------------------------------------------


@function("Assets", "GetFiltered", permission="Assets.View")
def get_filtered(call: Call) -> Selection:
    """The assets of a folder, secrets included."""
    return select(Asset)


@function("Assets", "GetAssetsAcrossFolders", permission="Assets.View", folder="across")
def get_assets_across_folders(call: Call, exclude_folder_id: Id | None = None) -> Selection:
    """The assets of every folder that the caller may see, but for one."""
    if exclude_folder_id is None:
        return select(Asset)
    return select(Asset, Asset.organization_unit_id != exclude_folder_id)


@function("Assets", "GetFoldersForAsset", permission="Assets.View", folder="across")
def get_folders_for_asset(call: Call, id: Id) -> Complex:
    """Where an asset can be read; here that is the folder it lives in."""
    columns = (Folder.id, Folder.display_name, Folder.fully_qualified_name)
    found = call.session.execute(
        sa.select(*columns)
        .join(Asset, Asset.organization_unit_id == Folder.id)
        .where(Asset.id == id, Folder.id.in_(call.across or ()))
    ).one_or_none()
    if found is None:
        raise ItemNotFound(entity="Asset")
    folder = {"DisplayName": found[1], "FullyQualifiedName": found[2], "Id": found[0]}
    members = {"AccessibleFolders": [folder], "TotalFoldersCount": 1}
    return Complex(f"{NAMESPACE}.AccessibleFoldersDto", members)
