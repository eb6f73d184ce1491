"""The files of exports, for whoever holds a link."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from concertmaster.domain.errors import NotAuthorized
from concertmaster.entities import Export
from concertmaster.rest.blobs import send
from concertmaster.store import Tenant
from concertmaster.work import exports

router = APIRouter(tags=["Exports"])


@router.get("/blobs/exports/{number}")
def download(
    request: Request, number: int, expires: Annotated[int, Query()] = 0,
    signature: Annotated[str, Query()] = "",
) -> Response:  # fmt: skip
    """The file behind a link of GetDownloadLink."""
    if not 0 < number < 2**63:
        raise NotAuthorized
    tenant: Tenant = request.state.tenant
    with tenant.reader() as session:
        export = session.get(Export, number)
        file = exports.file_of(export, expires, signature)
        name = export.name if export else ""
    return send(tenant, file, f"{name}.csv", "text/csv")
