"""The files of exports, for whoever holds a link."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from concertmaster.domain.errors import NotAuthorized
from concertmaster.entities import Export
from concertmaster.store import Tenant
from concertmaster.work import exports

router = APIRouter(tags=["Exports"])


@router.get("/blobs/exports/{number}")
def download(
    request: Request, number: int, expires: Annotated[int, Query()] = 0,
    signature: Annotated[str, Query()] = "",
) -> FileResponse:  # fmt: skip
    """The file behind a link of GetDownloadLink."""
    if not 0 < number < 2**63:
        raise NotAuthorized
    tenant: Tenant = request.state.tenant
    with tenant.reader() as session:
        export = session.get(Export, number)
        path = exports.file_of(tenant, export, expires, signature)
        name = export.name if export else ""
    return FileResponse(path, media_type="text/csv", filename=f"{name}.csv")
