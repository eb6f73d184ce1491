"""What can be asked of machines: keys, names, and which of them a folder may use."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import fleet, machine_secrets, runtimes
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable, ItemNotFound
from concertmaster.entities import Machine, folder_machines
from concertmaster.model import NAMESPACE
from concertmaster.odata.operations import Id, action, function
from concertmaster.odata.request import Request
from concertmaster.odata.service import Selection, Values, select
from concertmaster.odata.write import Change, hook

#: Where the secret of a machine that is being made waits for the answer.
SHOWN_ONCE = "machine secret"

Ids = Annotated[list[Id], Field(min_length=1, max_length=1000)]


@hook("before_create", Machine)
def before_create(call: Call, machine: Machine, change: Change) -> None:
    fleet.register(machine)


@hook("after_create", Machine)
def after_create(call: Call, machine: Machine, change: Change) -> None:
    made = machine_secrets.make(call.session, machine, now=call.now)
    call.session.info[SHOWN_ONCE] = made.secret


@hook("after_read", Machine)
def after_read(call: Call, items: list[dict[str, Any]], request: Request) -> None:
    """Its first secret is shown to whoever makes a machine, and never again."""
    secret = call.session.info.get(SHOWN_ONCE) if request.method == "POST" else None
    for item in items:
        if secret is not None and "ClientSecret" in item:
            item["ClientSecret"] = secret


@hook("before_update", Machine)
def before_update(call: Call, machine: Machine, change: Change) -> None:
    if change.values.get("type", machine.type) != machine.type:
        raise FieldNotEditable(field="Type")


@hook("after_update", Machine)
def after_update(call: Call, machine: Machine, change: Change) -> None:
    fleet.rename(call.session, machine)


@hook("before_delete", Machine)
def before_delete(call: Call, machine: Machine) -> None:
    fleet.remove_machines(call.session, [machine])


@action("Machines", "DeleteBulk", permission="Machines.Delete")
def delete_bulk(call: Call, machine_ids: Ids) -> None:
    """Delete several machines, all of them or none."""
    fleet.remove_machines(call.session, fleet.find_machines(call.session, machine_ids))


@function("Machines", "GetAssignedMachines", permission="Machines.View or Jobs.Create")
def get_assigned_machines(call: Call, folder_id: Id, robot_id: Id | None = None) -> Selection:
    """The machines that a folder may use."""
    used = sa.select(folder_machines.c.machine_id).where(
        folder_machines.c.folder_id == folder_id,
        folder_machines.c.folder_id.in_(call.caller.folders),
    )
    return select(Machine, Machine.id.in_(used))


@function("Machines", "GetRuntimesForFolder", permission="Machines.View or Jobs.Create")
def get_runtimes_for_folder(call: Call, folder_id: Id) -> Values:
    """How many jobs of which kind a folder can run at a time, and how many more now."""
    if folder_id not in call.caller.folders:
        raise ItemNotFound(entity="Folder")
    return Values(f"{NAMESPACE}.MachineRuntimeDto", runtimes.of_folder(call.session, folder_id))
