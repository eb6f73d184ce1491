"""Assets: values and credentials that automations read by name."""

from enum import IntEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import relationship

from concertmaster.entities._kinds import Entity, SetAt, SetBy, UniqueKey, link
from concertmaster.entities._structures import CustomKeyValuePair, Tag
from concertmaster.odata.declare import Int64, Json, Key, Mapped, prop


class AssetValueScope(IntEnum):
    """Whether all read the same value. Documented."""

    Global = 0
    PerRobot = 1


class AssetValueType(IntEnum):
    """What kind of value an asset holds. 2 to 5 are documented."""

    DBConnectionString = 0
    HttpConnectionString = 1
    Text = 2
    Bool = 3
    Integer = 4
    Credential = 5
    WindowsCredential = 6
    KeyValueList = 7
    Secret = 8


class Asset(
    Entity,
    entity_set="Assets",
    methods="GET POST PUT DELETE",
    permission="Assets",
    scope="OR.Assets",
    folder="required",
):
    """A named value of a folder: text, number, switch, credential or secret."""

    key: Mapped[UniqueKey]
    name: Mapped[str] = prop(name_like=True, length=256, required=True)
    can_be_deleted: Mapped[bool] = prop(default=True, computed=True)
    value_scope: Mapped[AssetValueScope] = prop(required=True)
    value_type: Mapped[AssetValueType] = prop(default=AssetValueType.Text)
    value: Mapped[str | None] = prop(computed=True)  # the typed value as text
    string_value: Mapped[str | None] = prop(length=1_000_000)
    bool_value: Mapped[bool | None]
    int_value: Mapped[int | None]
    credential_username: Mapped[str | None] = prop(length=512, masked="")
    credential_password: Mapped[str | None] = prop(length=25_000, secret=True)
    secret_value: Mapped[str | None] = prop(length=25_000, secret=True)
    external_name: Mapped[str | None] = prop(length=450)
    credential_store_id: Mapped[Int64 | None]
    has_default_value: Mapped[bool | None] = prop(default=True)
    description: Mapped[str | None] = prop(length=250)
    folders_count: Mapped[int] = prop(default=1, computed=True)
    last_modification_time: Mapped[SetAt | None]
    last_modifier_user_id: Mapped[SetBy | None]
    creation_time: Mapped[SetAt | None]
    creator_user_id: Mapped[SetBy | None]
    id: Mapped[Key]

    key_value_list: Mapped[Json] = prop(complex=CustomKeyValuePair, collection=True, default=list)
    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    organization_unit_id: Mapped[int | None] = prop(ForeignKey("folders.id"), hidden=True)

    robot_values: Mapped[list["AssetRobotValue"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    user_values: Mapped[list["AssetUserValue"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (Index(None, "organization_unit_id", "name", unique=True), Index(None, "name"))


class AssetRobotValue(Entity):
    """The value that one robot reads (classic folders)."""

    name: Mapped[str | None] = prop(computed=True)
    robot_id: Mapped[Int64 | None] = prop(ForeignKey("robots.id", ondelete="CASCADE"))
    robot_name: Mapped[str | None] = prop(computed=True)
    key_trail: Mapped[str | None] = prop(computed=True)
    value_type: Mapped[AssetValueType] = prop(default=AssetValueType.Text)
    string_value: Mapped[str | None] = prop(length=1_000_000)
    bool_value: Mapped[bool | None]
    int_value: Mapped[int | None]
    secret_value: Mapped[str | None] = prop(secret=True)
    value: Mapped[str | None] = prop(computed=True)
    credential_username: Mapped[str | None]
    credential_password: Mapped[str | None] = prop(secret=True)
    external_name: Mapped[str | None] = prop(length=450)
    credential_store_id: Mapped[Int64 | None]
    id: Mapped[Key]

    key_value_list: Mapped[Json] = prop(complex=CustomKeyValuePair, collection=True, default=list)

    asset_id: Mapped[int] = prop(
        ForeignKey("assets.id", ondelete="CASCADE"), hidden=True, index=True
    )


class AssetUserValue(Entity):
    """The value that one user reads, on any machine or on one."""

    name: Mapped[str | None] = prop(computed=True)
    user_id: Mapped[Int64 | None] = prop(ForeignKey("users.id", ondelete="CASCADE"))
    user_name: Mapped[str | None] = prop(computed=True)
    machine_id: Mapped[Int64 | None] = prop(link("machines.id", ondelete="CASCADE"))
    machine_name: Mapped[str | None] = prop(computed=True)
    value_type: Mapped[AssetValueType] = prop(default=AssetValueType.Text)
    string_value: Mapped[str | None] = prop(length=1_000_000)
    bool_value: Mapped[bool | None]
    int_value: Mapped[int | None]
    value: Mapped[str | None] = prop(computed=True)
    credential_username: Mapped[str | None]
    credential_password: Mapped[str | None] = prop(secret=True)
    secret_value: Mapped[str | None] = prop(secret=True)
    credential_store_id: Mapped[Int64 | None]
    external_name: Mapped[str | None] = prop(length=450)
    id: Mapped[Key]

    key_value_list: Mapped[Json] = prop(complex=CustomKeyValuePair, collection=True, default=list)

    asset_id: Mapped[int] = prop(
        ForeignKey("assets.id", ondelete="CASCADE"), hidden=True, index=True
    )
