"""What can be asked of libraries: upload and download, and their versions."""

from typing import Any

import sqlalchemy as sa

from concertmaster.actions.processes import each_published, package_answer
from concertmaster.domain import libraries
from concertmaster.domain.call import Call
from concertmaster.entities import Library
from concertmaster.odata.declare import same_name
from concertmaster.odata.operations import Body, action, function
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.service import Selection, Values, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook


@hook("before_read", Library)
def of_the_feed(call: Call, target: Target, request: Request) -> list[Any]:
    """The list has one row a library, its newest version; `searchTerm` looks into names."""
    custom = {name.lower(): value for name, value in request.options.custom.items()}
    libraries.check_feed(call.tenant.key, custom.get("feedid"))
    if target.key is not None:
        return []
    conditions: list[Any] = [Library.is_latest_version.is_(True)]
    if term := custom.get("searchterm", "").replace("\0", "\ufffd").strip():
        conditions.append(sa.func.lower(Library.id).contains(term.lower(), autoescape=True))
    return conditions


@hook("before_delete", Library)
def before_delete(call: Call, library: Library) -> None:
    libraries.forget(call.session, call.tenant.files, library)


@action("Libraries", "UploadPackage", permission="Libraries.Create")
def upload_package(call: Call, body: Body, feed_id: str | None = None) -> Values:
    """Publish libraries, sent as the files of a form; each answers with its id and version."""
    libraries.check_feed(call.tenant.key, feed_id)
    return each_published(
        body,
        lambda content: libraries.publish(call.session, call.tenant.files, content, now=call.now),
    )


@function("Libraries", "DownloadPackage", permission="Libraries.View")
def download_package(call: Call, key: str, feed_id: str | None = None) -> Response:
    """The library itself, a .nupkg."""
    libraries.check_feed(call.tenant.key, feed_id)
    return package_answer(libraries.content(call.session, call.tenant.files, key), key)


@function("Libraries", "GetVersions", permission="Libraries.View")
def get_versions(call: Call, package_id: str, feed_id: str | None = None) -> Selection:
    """All versions of a library."""
    libraries.check_feed(call.tenant.key, feed_id)
    return select(Library, same_name(Library.id, package_id))
