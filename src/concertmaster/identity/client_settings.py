"""The variables that UiPath's own clients read: where a tenant is, and who they are in it."""

from collections.abc import Sequence


def client_settings(
    *,
    url: str,
    token: str,
    organization_id: str,
    tenant_id: str,
    folder: str,
    robot_keys: Sequence[str] = (),
) -> dict[str, str]:
    """By name; `url` is a tenant's (`http://host:port/organization/tenant`)."""
    organization, name = url.rsplit("/", 2)[1:]
    robot = {"UIPATH_ROBOT_KEY": robot_keys[0]} if robot_keys else {}
    return {
        **robot,
        "UIPATH_URL": url,
        "UIPATH_ACCESS_TOKEN": token,
        "UIPATH_ORGANIZATION_ID": organization_id,
        "UIPATH_TENANT_ID": tenant_id,
        "UIPATH_ORGANIZATION_NAME": organization,
        "UIPATH_TENANT_NAME": name,
        "UIPATH_FOLDER_PATH": folder,
        "UIPATH_TELEMETRY_ENABLED": "false",
    }
