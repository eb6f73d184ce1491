"""What can be asked of packages: their versions and arguments."""

from typing import Any

import sqlalchemy as sa

from concertmaster.domain.call import Call
from concertmaster.domain.errors import HasDependentItems, ItemNotFound
from concertmaster.entities import EntryPoint, Process, Release
from concertmaster.odata.operations import function
from concertmaster.odata.request import Request
from concertmaster.odata.service import Complex, Selection, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook

VIEW = "Packages.View or FolderPackages.View"


@hook("before_read", Process)
def search(call: Call, target: Target, request: Request) -> list[Any]:
    """`searchTerm` looks into names; the list has one row a package, its newest version."""
    if target.key is not None:
        return []
    custom = {name.lower(): value for name, value in request.options.custom.items()}
    conditions: list[Any] = [Process.is_latest_version.is_(True)]
    if term := custom.get("searchterm", "").replace("\0", "\ufffd").strip():
        conditions.append(sa.func.lower(Process.id).contains(term.lower(), autoescape=True))
    return conditions


@hook("before_delete", Process)
def before_delete(call: Call, process: Process) -> None:
    used = sa.select(sa.literal(1)).where(
        Release.process_key == process.id, Release.process_version == process.version
    )
    if call.session.scalar(used.limit(1)):
        raise HasDependentItems(entity="Package", dependents="processes")


@function("Processes", "GetProcessVersions", permission=VIEW)
def get_process_versions(call: Call, process_id: str, feed_id: str | None = None) -> Selection:
    """All versions of a package."""
    return select(Process, sa.func.lower(Process.id) == process_id.lower())


@function("Processes", "GetArguments", permission="Packages.View")
def get_arguments(call: Call, key: str) -> Complex:
    """What a package takes and gives."""
    arguments = _find(call, key).arguments or {}
    members = {"Input": arguments.get("Input"), "Output": arguments.get("Output")}
    return Complex("UiPath.Server.Configuration.OData.ArgumentMetadata", members)


@function("Processes", "GetPackageEntryPoints", permission=VIEW)
def get_package_entry_points(call: Call, key: str, feed_id: str | None = None) -> Selection:
    """With which workflows a package can be started."""
    return select(EntryPoint, EntryPoint.process_key == _find(call, key).key)


def _find(call: Call, key: str) -> Process:
    found = call.session.get(Process, key)
    if found is None:
        raise ItemNotFound(entity="Package")
    return found
