"""The folders of the caller, as the clients' folder look-ups ask for them (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from concertmaster.domain import folders
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidArgument
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import Folder, FolderType
from concertmaster.odata.operations import read_enum

router = APIRouter(route_class=CallRoute, tags=["FoldersNavigation"])

#: The most that one page holds.
MOST = 1000

Reading = Annotated[Call, Depends(admit(reads=True))]
ReadingFolders = Annotated[Call, Depends(admit(scope="OR.Folders", reads=True))]
Number = Annotated[int, Query()]


@router.get("/api/FoldersNavigation/GetFoldersForCurrentUser")
def get_folders_for_current_user(
    call: Reading,
    skip: Number = 0,
    take: Number = MOST,
    search_text: Annotated[str, Query(alias="searchText")] = "",
    folder_types: Annotated[list[str] | None, Query(alias="folderTypes")] = None,
) -> dict[str, Any]:
    """A page of the folders that the caller can enter, searched by name."""
    found = folders.visible(
        call.session, call.caller, search=search_text, kinds=_kinds(folder_types or [])
    )
    return _page(found, skip, take)


@router.get("/api/Folders/GetAllForCurrentUser")
def get_all_for_current_user(
    call: ReadingFolders, skip: Number = 0, take: Number = MOST
) -> dict[str, Any]:
    """The same without a search."""
    return _page(folders.visible(call.session, call.caller), skip, take)


@router.get("/api/FoldersNavigation/GetAllFoldersForCurrentUser")
def get_all_folders_for_current_user(call: Reading) -> list[dict[str, Any]]:
    """All of them at once, with their place in the tree."""
    found = folders.visible(call.session, call.caller)
    parents = {folder.parent_id for folder in found}
    return [
        {
            **folders.members(folder),
            "IsSelectable": True,
            "HasChildren": folder.id in parents,
            "Level": folder.fully_qualified_name.count("/"),
        }
        for folder in found
    ]


def _page(found: list[Folder], skip: int, take: int) -> dict[str, Any]:
    if not 0 <= take <= MOST:
        raise InvalidArgument(f"The field take must be between 0 and {MOST}")
    if skip < 0:
        raise InvalidArgument("The field skip must not be negative.")
    items = [
        {"FolderPath": folder.fully_qualified_name, **folders.members(folder)}
        for folder in found[skip : skip + take]
    ]
    return {"PageItems": items, "Count": len(found)}


def _kinds(names: list[str]) -> list[FolderType]:
    try:
        return [read_enum(FolderType, name) for name in names]
    except ValueError as error:
        raise InvalidArgument(str(error)) from None
