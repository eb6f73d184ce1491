"""Settings: a tenant's switches, as the settings page shows them."""

from enum import IntEnum

from concertmaster.entities._kinds import Entity
from concertmaster.odata.declare import Mapped, prop


class SettingScope(IntEnum):
    """Whom a setting holds for."""

    Application = 0
    Tenant = 1
    User = 2
    All = 3


class Setting(
    Entity,
    entity_set="Settings",
    methods="GET PUT",
    permission="Settings",
    scope="OR.Settings",
    type_name="SettingsDto",
):
    """One switch of the tenant, by name."""

    name: Mapped[str] = prop(length=128, required=True)
    value: Mapped[str | None]
    scope: Mapped[SettingScope] = prop(default=SettingScope.Tenant)
    id: Mapped[str] = prop(length=128, primary_key=True)  # the name
