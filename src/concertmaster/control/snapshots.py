"""`/_control/snapshots`: a tenant kept under a name, put back, carried elsewhere as one file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio import open_file, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask

from concertmaster.control.admission import Administrator
from concertmaster.control.replacing import replacing
from concertmaster.domain.errors import (
    FileTooLarge,
    InvalidArgument,
    ItemNotFound,
    NameAlreadyUsed,
)
from concertmaster.edge.calls import CallRoute
from concertmaster.scenarios import adopt, check_values
from concertmaster.store.archives import ArchiveRefused
from concertmaster.store.snapshots import (
    NoSuchSnapshot,
    Snapshot,
    SnapshotNameRefused,
    Snapshots,
    SnapshotTaken,
)

router = APIRouter(route_class=CallRoute, prefix="/_control/snapshots", tags=["Control"])

#: Bytes of a file that is sent.
MOST = 1024**3


class NewSnapshot(BaseModel):
    """What it shall be called."""

    model_config = ConfigDict(extra="forbid")

    name: str


def shown(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "created": snapshot.created,
        "size": snapshot.size,
        "tenant": snapshot.tenant,
        "revision": snapshot.revision,
    }


@contextmanager
def failing() -> Iterator[None]:
    """What the store raises → what a client is told."""
    try:
        yield
    except NoSuchSnapshot as missing:
        raise ItemNotFound(entity="Snapshot") from missing
    except SnapshotTaken as taken:
        raise NameAlreadyUsed(name=str(taken)) from taken
    except (SnapshotNameRefused, ArchiveRefused) as refused:
        raise InvalidArgument(f"{str(refused).rstrip('.')}.") from refused


def kept(request: Request, call: Administrator) -> Snapshots:
    return Snapshots(request.app.state.registry, call.tenant)


@router.get("", operation_id="control_list_snapshots")
def snapshots(call: Administrator, request: Request) -> dict[str, Any]:
    """The tenant's snapshots, in order of their names."""
    return {"value": [shown(snapshot) for snapshot in kept(request, call).all()]}


@router.post("", status_code=201, operation_id="control_take_snapshot")
def take(call: Administrator, request: Request, asked: NewSnapshot) -> dict[str, Any]:
    """Keep the tenant as it is: its data, its clock and its files."""
    with failing():
        return shown(kept(request, call).take(asked.name))


@router.post("/{name}/restore", status_code=204, operation_id="control_restore_snapshot")
def restore(call: Administrator, request: Request, name: str) -> Response:
    """Put the tenant back to what it was."""
    put_back(call, request, name)
    return Response(status_code=204)


def put_back(call: Administrator, request: Request, name: str) -> None:
    with failing(), replacing(request, call.tenant):
        kept(request, call).restore(name, adopt)


@router.get("/{name}", operation_id="control_export_snapshot")
def export(call: Administrator, request: Request, name: str) -> FileResponse:
    """The snapshot as one file, whatever database the tenant lives in."""
    with failing():
        file = kept(request, call).export(name)
    return FileResponse(
        file,
        media_type="application/zip",
        filename=f"{name}.zip",
        background=BackgroundTask(file.unlink, missing_ok=True),
    )


@router.put("/{name}", operation_id="control_import_snapshot")
async def receive(call: Administrator, request: Request, name: str) -> Response:
    """A file becomes a snapshot, in place of one of that name; it may be another tenant's."""
    here = kept(request, call)
    file = here.room()
    try:
        await _write(request, file)
        with failing():
            new = await to_thread.run_sync(here.receive, name, file, check_values)
    finally:
        file.unlink(missing_ok=True)
    return Response(status_code=201 if new else 204)


async def _write(request: Request, file: Path) -> None:
    size = 0
    async with await open_file(file, "wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST:
                raise FileTooLarge(limit=MOST)
            await out.write(chunk)


@router.delete("/{name}", status_code=204, operation_id="control_delete_snapshot")
def delete(call: Administrator, request: Request, name: str) -> Response:
    """Forget a snapshot."""
    with failing():
        kept(request, call).delete(name)
    return Response(status_code=204)
