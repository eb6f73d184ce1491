"""Secrets of machines: made, listed without what signs in, taken away (not OData)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from concertmaster.domain import machine_secrets
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.edge.calls import CallRoute, admit
from concertmaster.entities import MachineSecret

router = APIRouter(route_class=CallRoute, tags=["ClientSecrets"])

Reading = Annotated[Call, Depends(admit("Machines.View", scope="OR.Machines", reads=True))]
Writing = Annotated[Call, Depends(admit("Machines.Edit", scope="OR.Machines"))]


@router.get("/api/clientsecrets/{license_key}")
def get_secrets(call: Reading, license_key: str) -> list[dict[str, Any]]:
    """The secrets of a machine."""
    machine = machine_secrets.find(call.session, license_key)
    return [_shown(row) for row in machine_secrets.of_machine(call.session, machine)]


@router.post("/api/clientsecrets/{license_key}", status_code=201)
def post_secret(call: Writing, license_key: str) -> dict[str, Any]:
    """A new secret for a machine; the answer is the only place where it is ever shown."""
    machine = machine_secrets.find(call.session, license_key)
    made = machine_secrets.make(call.session, machine, now=call.now)
    return {**_shown(made.row), "secret": made.secret}


@router.delete("/api/clientsecrets/{secret_id}", status_code=204)
def delete_secret(call: Writing, secret_id: str) -> Response:
    """Take a secret away."""
    if not secret_id.isascii() or not secret_id.isdecimal():
        raise ItemNotFound(entity="Secret")
    machine_secrets.remove(call.session, int(secret_id))
    return Response(status_code=204)


def _shown(row: MachineSecret) -> dict[str, Any]:
    return {"id": row.id, "secret": None, "creationTime": row.creation_time}
