"""Runtimes: how many jobs of which kind a host of a machine runs at a time.

A machine has so many slots for each kind; a template's hold for each of its hosts. A robot beside
its user needs none: it runs one job at a time. Nor does a robot that is bound to its machine, as
those of classic folders are. A machine that has no slots at all does not count them.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.job_states import IN_HAND, WAITING
from concertmaster.entities import (
    HostingType,
    Job,
    Machine,
    Robot,
    SessionState,
    folder_machines,
)
from concertmaster.entities import Session as RobotSession
from concertmaster.entities._enums import RobotType
from concertmaster.entities.machines import SLOTS

#: What a robot beside its user may be licensed for.
BESIDE = (
    RobotType.Attended, RobotType.Development, RobotType.Studio, RobotType.RpaDeveloper,
    RobotType.StudioX, RobotType.CitizenDeveloper, RobotType.RpaDeveloperPro, RobotType.StudioPro,
    RobotType.AttendedStudioWeb, RobotType.AssistantWeb,
)  # fmt: skip


def slots(machine: Machine) -> dict[RobotType, int]:
    """How many jobs a host of the machine may run at a time, of each kind it has slots for."""
    found = {kind: getattr(machine, column) for kind, column in SLOTS.items()}
    return {kind: number for kind, number in found.items() if number}


def free(session: Session, held: RobotSession, robot: Robot) -> list[RobotType]:
    """The kinds of runtime that a robot may take a job for, its own kind first.

    The machine is locked meanwhile, so that two robots never take one slot.
    """
    if held.simulated:  # there is no host whose slots would be taken
        return [robot.type, *(kind for kind in (*SLOTS, *BESIDE) if kind != robot.type)]
    if robot.type in BESIDE:
        return [robot.type, *(kind for kind in BESIDE if kind != robot.type)]
    machine = _locked(session, held) if robot.hosting_type != HostingType.Standard else None
    counted = slots(machine) if machine else {}
    kinds = [robot.type, *(kind for kind in SLOTS if kind != robot.type)]
    if machine is None or not counted:
        return kinds
    used = taken(session, machine.id, held.host_machine_name)
    return [kind for kind in kinds if counted.get(kind, 0) > used.get(kind, 0)]


def _locked(session: Session, held: RobotSession) -> Machine | None:
    same = sa.select(Machine).where(Machine.id == (held.machine_id or 0))
    return session.scalars(same.with_for_update()).first()


def taken(session: Session, machine_id: int, host: str | None = None) -> dict[RobotType, int]:
    """How many runtimes of each kind are in use on a machine, or on one of its hosts."""
    given = sa.and_(Job.dispatched_to.is_not(None), Job.state.in_(WAITING))
    wanted: list[Any] = [Job.machine_id == machine_id, sa.or_(Job.state.in_(IN_HAND), given)]
    if host is not None:
        wanted.append(Job.host_machine_name == host)
    rows = session.execute(
        sa.select(Job.runtime_type, sa.func.count()).where(*wanted).group_by(Job.runtime_type)
    )
    return {RobotType(kind): number for kind, number in rows if kind is not None}


# --- figures --------------------------------------------------------------------------------


def of_folder(session: Session, folder_id: int) -> list[dict[str, Any]]:
    """What a folder can run: by kind, in all, on connected hosts, and free (MachineRuntimeDto)."""
    machines = session.scalars(
        sa.select(Machine).join(folder_machines).where(folder_machines.c.folder_id == folder_id)
    ).all()
    total: dict[RobotType, int] = {}
    connected: dict[RobotType, int] = {}
    used: dict[RobotType, int] = {}
    for machine in machines:
        hosts = len(_hosts(session, machine.id))
        for kind, number in slots(machine).items():
            total[kind] = total.get(kind, 0) + number * max(hosts, 1)
            connected[kind] = connected.get(kind, 0) + number * hosts
        for kind, number in taken(session, machine.id).items():
            used[kind] = used.get(kind, 0) + number
    return [
        {
            "Type": kind.name,
            "Total": number,
            "Connected": connected[kind],
            "Available": max(connected[kind] - used.get(kind, 0), 0),
        }
        for kind, number in sorted(total.items())
    ]


def _hosts(session: Session, machine_id: int) -> set[str | None]:
    return set(
        session.scalars(
            sa.select(RobotSession.host_machine_name).where(
                RobotSession.machine_id == machine_id,
                RobotSession.state != SessionState.Disconnected,
            )
        )
    )


def of_hosts(
    session: Session, kind: RobotType | None = None, folder_id: int | None = None
) -> list[dict[str, Any]]:
    """The runtimes of every host, one row for each kind (MachineSessionRuntimeDto)."""
    hosts = (
        sa.select(RobotSession, Machine)
        .join(Machine, Machine.id == RobotSession.machine_id)
        .order_by(RobotSession.id)
    )
    if folder_id is not None:
        inside = sa.select(folder_machines.c.machine_id)
        hosts = hosts.where(Machine.id.in_(inside.where(folder_machines.c.folder_id == folder_id)))
    found: list[dict[str, Any]] = []
    seen: set[tuple[int, str | None]] = set()
    for held, machine in session.execute(hosts):
        host = (machine.id, held.host_machine_name)
        if host in seen:  # another user's session on the same host
            continue
        seen.add(host)
        used = taken(session, *host)
        found += [
            _row(held, machine, one, number, used.get(one, 0))
            for one, number in slots(machine).items()
            if kind in (None, one)
        ]
    return found


def _row(
    held: RobotSession, machine: Machine, kind: RobotType, number: int, used: int
) -> dict[str, Any]:
    return {
        "SessionId": held.id,
        "MachineId": machine.id,
        "MachineName": machine.name,
        "MaintenanceMode": held.maintenance_mode.name,
        "HostMachineName": held.host_machine_name,
        "RuntimeType": kind.name,
        "MachineType": machine.type.name,
        "MachineScope": machine.scope.name,
        "Status": held.state.name,
        "IsUnresponsive": held.is_unresponsive,
        "Runtimes": number,
        "UsedRuntimes": used,
        "ServiceUserName": held.service_user_name,
        "ReportingTime": held.reporting_time,
        "Version": held.version,
        "DebugModeExpirationDate": held.debug_mode_expiration_date,
        "Platform": None if held.platform is None else held.platform.name,
        "EndpointDetection": held.endpoint_detection,
        "TriggersCount": 0,
    }
