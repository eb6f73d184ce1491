"""What can be asked of settings: dictionaries of them, changes of several at once."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster import __version__
from concertmaster.domain import zones
from concertmaster.domain.call import Call
from concertmaster.entities import Setting, SettingScope
from concertmaster.odata.operations import Nothing, Payload, action, function
from concertmaster.odata.service import Complex

NAMESPACE = "UiPath.Server.Configuration.OData"


class GivenSetting(Payload):
    """A setting as UpdateBulk brings it (SettingsDto)."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    value: str | None = None
    scope: SettingScope = SettingScope.Tenant


@function("Settings", "GetAuthenticationSettings")
def get_authentication_settings(call: Call) -> Complex:
    """How this installation is signed in to, and its version, by which old clients choose."""
    return _dictionary({"Build.Version": __version__, "Auth.IsHostMode": "False"})


@function("Settings", "GetWebSettings")
def get_web_settings(call: Call) -> Complex:
    """Every setting of the tenant."""
    rows = call.session.execute(sa.select(Setting.name, Setting.value).order_by(Setting.name))
    return _dictionary({row.name: row.value for row in rows})


def _dictionary(values: dict[str, str | None]) -> Complex:
    members = {"Keys": list(values), "Values": list(values.values())}
    return Complex(f"{NAMESPACE}.ResponseDictionaryDto", members)


@function("Settings", "GetTimezones")
def get_timezones(call: Call) -> Complex:
    """The time zones that triggers and calendars may name, from west to east as of now."""
    items = [
        {"Name": f"(UTC{offset}) {zone}", "Value": zone}
        for offset, zone in zones.from_west_to_east(call.now)
    ]
    return Complex(f"{NAMESPACE}.ListResultDtoOfNameValueDto", {"Items": items})


@action("Settings", "UpdateBulk", permission="Settings.Edit")
def update_bulk(
    call: Call, settings: Annotated[list[GivenSetting], Field(max_length=1000)]
) -> Nothing:
    """Change several settings; those that are new are kept as well."""
    for given in settings:
        held = call.session.get(Setting, given.name)
        if held is None:
            held = Setting(id=given.name, name=given.name, scope=given.scope)
            call.session.add(held)
        held.value = given.value
    return Nothing()


#: Licences by kind of robot: a stand-in has enough of them.
KINDS = (
    "Unattended", "Attended", "NonProduction", "Development", "StudioX", "StudioPro",
    "TestAutomation", "Headless",
)  # fmt: skip
ALLOWED = dict.fromkeys(KINDS, 1000)


@function("Settings", "GetLicense")
def get_license(call: Call) -> Complex:
    """The licence of the tenant: one that never ends."""
    members: dict[str, Any] = {
        "Id": 1, "HostLicenseId": None, "ExpireDate": LAST, "GracePeriodEndDate": LAST,
        "GracePeriod": 0, "VersionControl": None, "Allowed": ALLOWED,
        "Used": dict.fromkeys(ALLOWED, 0), "AttendedConcurrent": False,
        "DevelopmentConcurrent": False, "StudioXConcurrent": False, "StudioProConcurrent": False,
        "LicensedFeatures": [], "IsRegistered": True, "IsCommunity": False,
        "IsProOrEnterprise": True, "SubscriptionCode": "concertmaster",
        "SubscriptionPlan": "ENTERPRISE", "IsExpired": False, "CreationTime": call.now,
        "Code": "concertmaster", "UserLicensingEnabled": False,
    }  # fmt: skip
    return Complex(f"{NAMESPACE}.LicenseDto", members)


#: 2099-12-31, in seconds since 1970.
LAST = 4_102_358_400
