"""`concertmaster env`: settings that point a client at a running stand-in."""

import argparse
import json
import shlex
from collections.abc import Callable, Mapping

from concertmaster.cli._running import Session, add_connection, add_folder, call, sign_in
from concertmaster.identity.client_settings import client_settings

Variables = Mapping[str, str]


def arguments(parser: argparse.ArgumentParser) -> None:
    add_connection(parser)
    add_folder(parser)
    parser.add_argument(
        "--for",
        dest="client",
        choices=sorted(PRINTERS),
        default="shell",
        help="who reads it (shell)",
    )


def run(options: argparse.Namespace) -> int:
    session = sign_in(options)
    print(PRINTERS[options.client](variables(session, options.folder)))
    return 0


def variables(session: Session, folder: str) -> dict[str, str]:
    """The names that UiPath's own clients read."""
    robots = call("GET", f"{session.tenant_url}/_control/robots", token=session.token)["value"]
    return client_settings(
        url=session.tenant_url,
        token=session.token,
        organization_id=session.claims["prt_id"],
        tenant_id=session.claims["tenant_id"],
        folder=folder,
        robot_keys=[robot["robotKey"] for robot in robots],
    )


def shell(values: Variables) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def python(values: Variables) -> str:
    """A `.env` file, which the Python SDK and its command line read."""
    return "\n".join(f'{name}="{value}"' for name, value in values.items())


def powershell(values: Variables) -> str:
    return "\n".join(
        "$Env:{} = '{}'".format(name, value.replace("'", "''")) for name, value in values.items()
    )


def typescript(values: Variables) -> str:
    """What the constructor of the TypeScript SDK takes."""
    host, organization, tenant = values["UIPATH_URL"].rsplit("/", 2)
    told = {
        "baseUrl": host,
        "orgName": organization,
        "tenantName": tenant,
        "secret": values["UIPATH_ACCESS_TOKEN"],
    }
    return f"new UiPath({json.dumps(told, indent=2)})"


def uipathcli(values: Variables) -> str:
    """Variables of the Go command line; its server is told by `uri`."""
    host, organization, tenant = values["UIPATH_URL"].rsplit("/", 2)
    return shell(
        {
            "UIPATH_URI": host,
            "UIPATH_ORGANIZATION": organization,
            "UIPATH_TENANT": tenant,
            "UIPATH_PAT": values["UIPATH_ACCESS_TOKEN"],
        }
    )


def robot(values: Variables) -> str:
    """The simulator signs in to Windows as `autogen\\<name>_local`."""
    return shell({**values, "UIPATH_ROBOT_USERNAME": "autogen\\admin_local"})


PRINTERS: dict[str, Callable[[Variables], str]] = {
    "shell": shell,
    "python": python,
    "typescript": typescript,
    "uipathcli": uipathcli,
    "robot": robot,
    "powershell": powershell,
}
