"""What can be asked of machines: keys, names, and which of them a folder may use."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import fleet
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable
from concertmaster.entities import Machine, folder_machines
from concertmaster.odata.operations import Id, action, function
from concertmaster.odata.service import Selection, select
from concertmaster.odata.write import Change, hook

Ids = Annotated[list[Id], Field(min_length=1, max_length=1000)]


@hook("before_create", Machine)
def before_create(call: Call, machine: Machine, change: Change) -> None:
    fleet.register(machine)


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
