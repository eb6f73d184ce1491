"""Where packages are kept: the feeds, named for clients that ask first (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from concertmaster.domain import feeds, libraries
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import Folder

router = APIRouter(route_class=CallRoute, tags=["PackageFeeds"])

Listing = Annotated[
    Call,
    Depends(admit("Packages.View or FolderPackages.View", scope="OR.Execution", reads=True)),
]
Libraries = Annotated[Call, Depends(admit("Libraries.View", scope="OR.Execution", reads=True))]
Reading = Annotated[Call, Depends(admit(scope="OR.Execution", reads=True))]


@router.get("/api/PackageFeeds/GetFeeds")
def get_feeds(call: Listing) -> list[dict[str, Any]]:
    """The feeds of packages: the tenant's, whose key is the tenant's own, and those of folders.

    The command line finds a folder's by its name, less "Orchestrator" and "Feed".
    """
    named = [("Tenant Processes", call.tenant.key)]
    named += [
        (folder.display_name, folder.key)
        for folder in feeds.reachable(call.session, call.caller)
        if not folder.is_personal
    ]
    return [
        {"name": f"Orchestrator {name} Feed", "id": key, "purpose": "Processes"}
        for name, key in named
    ]


@router.get("/api/PackageFeeds/GetLibraryFeeds")
def get_library_feeds(call: Libraries) -> list[dict[str, Any]]:
    """The feeds of libraries: the tenant's."""
    key = libraries.feed(call.tenant.key)
    return [{"name": "Orchestrator Tenant Libraries Feed", "id": key, "purpose": "Libraries"}]


@router.get("/api/PackageFeeds/GetFolderFeed")
def get_folder_feed(
    call: Reading, folder_id: Annotated[int, Query(alias="folderId")]
) -> str | None:
    """The feed of a folder's own; nothing for one that takes packages from the tenant's."""
    if folder_id not in call.caller.folders:
        raise ItemNotFound(entity="Folder")
    return feeds.of_folder(call.session, call.session.get_one(Folder, folder_id))
