"""The files of a bucket, page by page, as the SDK lists them (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from concertmaster.domain import buckets, files
from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidArgument
from concertmaster.edge.calls import CallRoute, admit

router = APIRouter(route_class=CallRoute, tags=["Buckets"])

Listing = Annotated[
    Call,
    Depends(
        admit(
            "Buckets.View and BlobFiles.View", scope="OR.Administration", folder="required",
            reads=True,
        )
    ),
]  # fmt: skip


@router.get("/api/Buckets/{bucket_id}/ListFiles")
def list_files(
    call: Listing,
    bucket_id: Annotated[int, Path(ge=1, lt=2**63)],
    prefix: Annotated[str, Query()] = "",
    take_hint: Annotated[int, Query(alias="takeHint")] = 500,
    continuation_token: Annotated[str, Query(alias="continuationToken")] = "",
    expiry_in_minutes: Annotated[int | None, Query(alias="expiryInMinutes")] = None,
) -> dict[str, Any]:
    """A page of files in order of path; the token of a page is the last path before it."""
    if not 1 <= take_hint <= 1000:
        raise InvalidArgument("The field takeHint must be between 1 and 1000.")
    bucket = buckets.find(call.session, bucket_id, call.folder)
    found = [
        one
        for one in buckets.below(call.session, bucket_id, prefix.lstrip("/"))
        if one.path > continuation_token
    ]
    page = found[:take_hint]
    items = [
        {
            "fullPath": one.path,
            "contentType": one.content_type,
            "size": one.size,
            "lastModified": one.last_modified,
        }
        for one in page
    ]
    if expiry_in_minutes is not None:  # then whoever lists wants to fetch, too
        for item in items:
            uri = buckets.uri(
                bucket, str(item["fullPath"]), "GET", call.base_url, expiry_in_minutes
            )
            item["accessInfo"] = files.access(uri, "GET")  # type: ignore[assignment]
    more = len(found) > take_hint
    return {"items": items, "continuationToken": page[-1].path if more else None}
