"""Where packages are kept: the tenant's feed, named for clients that ask first (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute, admit

router = APIRouter(route_class=CallRoute, tags=["PackageFeeds"])

Listing = Annotated[
    Call,
    Depends(admit("Packages.View or FolderPackages.View", scope="OR.Execution", reads=True)),
]
Reading = Annotated[Call, Depends(admit(scope="OR.Execution", reads=True))]


@router.get("/api/PackageFeeds/GetFeeds")
def get_feeds(call: Listing) -> list[dict[str, Any]]:
    """The feeds of packages: the tenant's. Its key is the tenant's own."""
    feed = {"name": "Tenant", "id": call.tenant.key, "purpose": "Processes"}
    return [feed]


@router.get("/api/PackageFeeds/GetFolderFeed")
def get_folder_feed(call: Reading, folder_id: Annotated[int, Query(alias="folderId")]) -> None:
    """The feed of a folder's own; no folder has one yet, all use the tenant's."""
    if folder_id not in call.caller.folders:
        raise ItemNotFound(entity="Folder")
