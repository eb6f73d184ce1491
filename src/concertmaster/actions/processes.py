"""What can be asked of packages: upload and download, their versions and arguments."""

from collections.abc import Callable
from typing import Any, BinaryIO

import orjson
import sqlalchemy as sa

from concertmaster.domain import feeds, packages, uploads
from concertmaster.domain.call import Call
from concertmaster.domain.errors import NotAuthorized
from concertmaster.entities import EntryPoint, Library, Process
from concertmaster.odata.declare import same_name
from concertmaster.odata.operations import Body, action, function
from concertmaster.odata.request import Request
from concertmaster.odata.response import File, Response
from concertmaster.odata.service import Complex, Selection, Values, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook
from concertmaster.store.blobs import Opened

VIEW = "Packages.View or FolderPackages.View"
NAMESPACE = "UiPath.Server.Configuration.OData"

#: What a request does to a package → the permission it asks for in a feed.
_WORDS = {"GET": "View", "DELETE": "Delete"}


@hook("before_read", Process)
def of_one_feed(call: Call, target: Target, request: Request) -> list[Any]:
    """`feedId` chooses the feed, else it is the tenant's; `searchTerm` looks into names.

    The list has one row a package, its newest version.
    """
    custom = {name.lower(): value for name, value in request.options.custom.items()}
    feed = _feed(call, custom.get("feedid"), _WORDS.get(request.method, "View"))
    conditions: list[Any] = [packages.in_feed(feed)]
    if target.key is not None:
        return conditions
    conditions.append(Process.is_latest_version.is_(True))
    if term := custom.get("searchterm", "").replace("\0", "\ufffd").strip():
        conditions.append(sa.func.lower(Process.id).contains(term.lower(), autoescape=True))
    return conditions


@hook("before_delete", Process)
def before_delete(call: Call, process: Process) -> None:
    packages.check_unused(call.session, process)
    packages.forget(call.session, call.tenant.files, process)


@action("Processes", "UploadPackage", permission="Packages.Create or FolderPackages.Create")
def upload_package(call: Call, body: Body, feed_id: str | None = None) -> Values:
    """Publish packages, sent as the files of a form; each answers with its id and version."""
    feed = feeds.find(call.session, call.caller, feed_id, "Create")
    return each_published(
        body,
        lambda content: packages.publish(
            call.session, call.tenant.files, content, feed, now=call.now
        ),
    )


def each_published(body: Body, publish: Callable[[BinaryIO], Process | Library]) -> Values:
    """Publish the files of a form, all of them or none."""
    answers = []
    with uploads.files(body.content, body.media_type) as files:
        for file in files:
            made = publish(file.content)
            told = orjson.dumps({"Id": made.id, "Version": made.version}).decode()
            answers.append({"Key": file.name, "Status": "OK", "Body": told})
    return Values(f"{NAMESPACE}.BulkItemDtoOfString", answers)


@function("Processes", "DownloadPackage", permission=VIEW)
def download_package(call: Call, key: str, feed_id: str | None = None) -> Response:
    """The package itself, a .nupkg."""
    feed = _feed(call, feed_id, "View")
    return package_answer(packages.content(call.session, call.tenant.files, key, feed), key)


def package_answer(found: Opened, key: str) -> Response:
    """A package as a file to be saved."""
    name = key.replace(":", ".").encode("ascii", "ignore").decode().replace('"', "")
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": f'attachment; filename="{name}.nupkg"',
    }
    return Response(200, headers=headers, file=File(found.content, found.size))


@function("Processes", "GetProcessVersions", permission=VIEW)
def get_process_versions(call: Call, process_id: str, feed_id: str | None = None) -> Selection:
    """All versions of a package."""
    feed = _feed(call, feed_id, "View")
    same = same_name(Process.id, process_id)
    return select(Process, same, packages.in_feed(feed))


@function("Processes", "GetArguments", permission="Packages.View")
def get_arguments(call: Call, key: str, feed_id: str | None = None) -> Complex:
    """What a package takes and gives."""
    found = packages.find(call.session, key, _feed(call, feed_id, "View"))
    arguments = found.arguments or {}
    members = {"Input": arguments.get("Input"), "Output": arguments.get("Output")}
    return Complex(f"{NAMESPACE}.ArgumentMetadata", members)


@function("Processes", "GetPackageEntryPoints", permission=VIEW)
def get_package_entry_points(call: Call, key: str, feed_id: str | None = None) -> Selection:
    """With which workflows a package can be started."""
    found = packages.find(call.session, key, _feed(call, feed_id, "View"))
    return select(EntryPoint, EntryPoint.process_key == found.key)


@function("Processes", "GetPackageMainEntryPoint", permission=VIEW)
def get_package_main_entry_point(
    call: Call, key: str, feed_id: str | None = None
) -> EntryPoint | None:
    """The workflow that a package starts with, unless another is asked for."""
    found = packages.find(call.session, key, _feed(call, feed_id, "View"))
    main = (found.main_entry_point_path or "").lower()
    return next((one for one in found.entry_points if (one.path or "").lower() == main), None)


def _feed(call: Call, asked: str | None, permission: str) -> str | None:
    """The feed asked for; who sees folders' packages only, sees nothing of the tenant's unasked."""
    try:
        return feeds.find(call.session, call.caller, asked, permission)
    except NotAuthorized:
        if asked or not call.caller.may_somewhere(f"FolderPackages.{permission}"):
            raise
        return None
