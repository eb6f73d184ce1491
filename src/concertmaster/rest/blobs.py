"""Where files are sent to and fetched from, for whoever holds an address (not OData).

Content is streamed in both directions; nothing is held in memory.
"""

from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from concertmaster.domain import buckets, files, reactions
from concertmaster.domain.errors import FileTooLarge, ItemNotFound
from concertmaster.entities import Attachment
from concertmaster.store import Tenant
from concertmaster.store.blobs import TooLarge

router = APIRouter(tags=["Files"])

Signature = Annotated[str, Query()]
Expires = Annotated[int, Query()]


async def _receive(request: Request, area: str) -> tuple[str, int]:
    tenant: Tenant = request.state.tenant
    try:
        return await tenant.files.receive(area, request.stream(), most=files.LARGEST)
    except TooLarge:
        raise FileTooLarge(limit=files.LARGEST) from None


#: Whatever a file says it is, a browser shows none of it on our own address.
NOT_GUESSED = {"x-content-type-options": "nosniff"}


def send(tenant: Tenant, key: str | None, name: str, kind: str | None) -> Response:
    """A file to be saved: from this machine in any range, from elsewhere as a whole."""
    if key and (path := tenant.files.path(key)):
        return FileResponse(path, media_type=kind, filename=name, headers=NOT_GUESSED)
    found = tenant.files.open(key) if key else None
    if found is None:
        raise ItemNotFound(entity="File")
    headers = {
        **NOT_GUESSED,
        "content-length": str(found.size),
        "content-disposition": f"attachment; filename*=utf-8''{quote(name)}",
    }
    return StreamingResponse(found.pieces(), media_type=kind, headers=headers)


# --- attachments ----------------------------------------------------------------------------


@router.put("/blobs/attachments/{attachment_id}", status_code=201)
async def put_attachment(
    request: Request, attachment_id: str, signature: Signature = ""
) -> Response:
    """Send the content of an attachment."""
    tenant: Tenant = request.state.tenant
    await to_thread.run_sync(_attachment, tenant, attachment_id, signature)
    key, _ = await _receive(request, "attachments")

    def keep() -> str | None:
        with tenant.session() as session:
            row = files.find(session, attachment_id)
            before, row.file = row.file, key
            row.last_modification_time = tenant.clock.now()
            reactions.commit(session)
            return before

    await _kept(tenant, key, keep)
    return Response(status_code=201)


@router.get("/blobs/attachments/{attachment_id}")
def get_attachment(request: Request, attachment_id: str, signature: Signature = "") -> Response:
    """Fetch the content of an attachment."""
    row = _attachment(request.state.tenant, attachment_id, signature)
    return send(request.state.tenant, row.file, row.name, "application/octet-stream")


def _attachment(tenant: Tenant, attachment_id: str, signature: str) -> Attachment:
    with tenant.reader() as session:
        row = files.find(session, attachment_id)
        files.check(signature, row.secret, row.id)
        return row


# --- buckets --------------------------------------------------------------------------------


@router.put("/blobs/buckets/{bucket_id}/{path:path}", status_code=201)
async def put_bucket_file(
    request: Request, bucket_id: int, path: str, expires: Expires = 0, signature: Signature = ""
) -> Response:
    """Send a file of a bucket."""
    tenant: Tenant = request.state.tenant

    def check() -> None:
        with tenant.reader() as session:
            bucket = buckets.opened(session, bucket_id, path, "PUT", expires, signature)
            buckets.check_writable(bucket)

    await to_thread.run_sync(check)
    key, size = await _receive(request, "buckets")
    kind = request.headers.get("content-type")

    def keep() -> str | None:
        with tenant.session() as session:
            bucket = buckets.opened(session, bucket_id, path, "PUT", expires, signature)
            now = tenant.clock.now()
            before = buckets.keep(session, bucket, path, key, size, kind, now=now)
            reactions.commit(session)
            return before

    await _kept(tenant, key, keep)
    return Response(status_code=201)


@router.get("/blobs/buckets/{bucket_id}/{path:path}")
def get_bucket_file(
    request: Request, bucket_id: int, path: str, expires: Expires = 0, signature: Signature = ""
) -> Response:
    """Fetch a file of a bucket."""
    tenant: Tenant = request.state.tenant
    with tenant.reader() as session:
        buckets.opened(session, bucket_id, path, "GET", expires, signature)
        row = buckets.file(session, bucket_id, path)
    return send(tenant, row.file, path.rpartition("/")[2], row.content_type)


async def _kept(tenant: Tenant, key: str, keep: Any) -> None:
    """Note what came; what it takes the place of goes, and so does it where it cannot be noted."""
    try:
        before = await to_thread.run_sync(keep)
    except BaseException:
        tenant.files.delete(key)
        raise
    if before:
        with suppress(OSError):  # somebody reads it (Windows)
            tenant.files.delete(before)
