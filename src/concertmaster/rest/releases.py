"""A process taken away by its key, from whichever folder it is in (not OData)."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response

from concertmaster.domain import releases
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import Release

router = APIRouter(route_class=CallRoute, tags=["Releases"])

Deleting = Annotated[
    Call, Depends(admit("Processes.Delete", scope="OR.Execution", folder="across"))
]


@router.delete("/api/Releases/DeleteByKey", status_code=204)
def delete_by_key(call: Deleting, key: Annotated[str, Query()]) -> Response:
    """Take a process away of which no job is unfinished."""
    same = Release.key == key.strip("{} ").lower()
    here = Release.organization_unit_id.in_(call.across or ())
    release = call.session.scalars(sa.select(Release).where(same, here)).first()
    if release is None:
        raise ItemNotFound(entity="Release")
    releases.check_idle(call.session, release)
    call.session.delete(release)
    return Response(status_code=204)
