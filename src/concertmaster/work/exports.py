"""Exports: what a query finds, written to a CSV file in the background.

    New ──→ InProgress ──→ Completed | Failed

An export is a row that says what to write. Whoever claims it reads in batches, so that memory
is bounded whatever the size, and moves the file into place when it is whole. A row that a dead
process left InProgress is claimed again.
"""

import csv
import hashlib
import hmac
import io
import logging
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.domain.call import Call
from concertmaster.domain.due import first
from concertmaster.domain.errors import (
    Conflict,
    ExportTenantDailyLimitReached,
    NotAuthorized,
)
from concertmaster.entities import Export, ExportStatus, ExportType
from concertmaster.model import model
from concertmaster.odata.model import Navigation
from concertmaster.odata.plan import Asked, Node, Plan, Planner, Restriction
from concertmaster.odata.query import stream
from concertmaster.odata.request import Options
from concertmaster.odata.response import Rendering
from concertmaster.store import Tenant
from concertmaster.visibility import reachable
from concertmaster.work.alone import Alone
from concertmaster.work.due import Fired, Kind

log = logging.getLogger("concertmaster")

#: How many a tenant may ask for in a day (API guide, Exporting jobs).
DAILY_LIMIT = 100
#: How long a download link is good, in ticks of wall time.
LINK_LIFETIME = 15 * clock.MINUTE
#: Rows held in memory at a time.
BATCH = 500

#: The query options that choose what is written.
CHOOSING = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip")

#: How the names of files begin.
NAMES: Mapping[ExportType, str] = {
    ExportType.Jobs: "jobs",
    ExportType.Logs: "logs",
    ExportType.Queues: "queues",
    ExportType.OrchestratorAudit: "audit",
}


class Stopped(Exception):
    """The process ends; the export stays claimed, for the next one to take."""


# --- asking ---------------------------------------------------------------------------------


def ask(call: Call, kind: ExportType, cls: type[Any], options: Options, **equal: Any) -> Export:
    """A new export of the rows of a set that match and, where they have folders, lie in the call's.

    Raises:
        ExportTenantDailyLimitReached: there were too many today.
        InvalidQuery: the options do not hold.
    """
    midnight = f"{call.now[:10]}T00:00:00.0000000Z"
    today = sa.select(sa.func.count()).where(Export.requested_at >= midnight)
    if (call.session.scalar(today) or 0) >= DAILY_LIMIT:
        raise ExportTenantDailyLimitReached
    wanted = {
        "set": cls.__odata__.entity_set,
        "options": {name: options.system[name] for name in CHOOSING if name in options.system},
        "aliases": dict(options.aliases),
        "equal": {**_place(call, cls), **equal},
        "folders": None if call.caller.unlimited else sorted(call.caller.folders),
        "secret": clock.new_guid(),  # signs the links to the file
    }
    _plan(call.connection.dialect, wanted)
    export = Export(
        name=f"{NAMES[kind]}-{clock.new_guid()}", type=kind, status=ExportStatus.New,
        requested_at=call.now, request=wanted, user_id=call.caller.user_id,
        folder_id=call.folder_id,
    )  # fmt: skip
    call.session.add(export)
    call.session.flush()
    return export


def _place(call: Call, cls: type[Any]) -> dict[str, Any]:
    in_folders = "organization_unit_id" in cls.__table__.c
    return {"organization_unit_id": call.folder} if in_folders else {}


_PLANNERS: dict[str, Planner] = {}


def _planner(dialect: sa.Dialect) -> Planner:
    return _PLANNERS.setdefault(dialect.name, Planner(model(), dialect))


def _plan(dialect: sa.Dialect, wanted: Mapping[str, Any]) -> tuple[Plan, dict[str, Any]]:
    entity_set = model().sets[wanted["set"]]
    options, equal, folders = wanted["options"], wanted["equal"], wanted["folders"]
    bounds = Options(system=options)
    skip, top = bounds.number("$skip") or 0, bounds.number("$top")

    def conditions(root: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        return [
            root.c[name] == sa.bindparam(f"r_{name}", type_=root.c[name].type) for name in equal
        ]

    restriction = Restriction(
        " ".join(equal), conditions, {f"r_{name}": value for name, value in equal.items()}
    )
    asked = Asked(
        entity_set, options=options, aliases=wanted["aliases"], top=True, skip=True,
        restriction=restriction,
        inside=None if folders is None else reachable(folders, dialect.name),
    )  # fmt: skip
    plan, values = _planner(dialect).plan(asked)
    return plan, {**values, "o_skip": skip, "o_top": 2**62 if top is None else top}


# --- the link to a file ---------------------------------------------------------------------


def link(export: Export, base_url: str) -> str:
    """Where a file can be fetched without signing in, for a while.

    Raises:
        Conflict: it is not written yet.
    """
    if export.status != ExportStatus.Completed:
        raise Conflict(f"The export is {export.status.name}.")
    expires = clock.Clock.wall() + LINK_LIFETIME
    signature = _sign(export, expires)
    return f"{base_url}blobs/exports/{export.id}?expires={expires}&signature={signature}"


def file_of(export: Export | None, expires: int, signature: str) -> str:
    """The blob behind a link. Raises NotAuthorized for one that is forged or too old."""
    if export is None or export.file is None or expires < clock.Clock.wall():
        raise NotAuthorized
    if not hmac.compare_digest(_sign(export, expires).encode(), signature.encode()):
        raise NotAuthorized
    return export.file


def _sign(export: Export, expires: int) -> str:
    secret = (export.request or {})["secret"]
    return hmac.new(secret.encode(), f"{export.id} {expires}".encode(), hashlib.sha256).hexdigest()


# --- working off ----------------------------------------------------------------------------


UNFINISHED = (ExportStatus.New, ExportStatus.InProgress)


_NEXT = first(sa.select(sa.func.min(Export.requested_at)).where(Export.status.in_(UNFINISHED)))


def work_off(tenant: Tenant, now: str, stopping: threading.Event) -> list[Fired]:
    """Write every export that waits, the oldest first."""
    waiting = sa.select(Export.id).where(Export.status.in_(UNFINISHED)).order_by(Export.id)
    with tenant.reader() as session:
        ids = list(session.scalars(waiting))
    written = []
    for export_id in ids:
        if stopping.is_set():
            break
        with tenant.own(_Writing).holding(export_id) as mine:
            if mine and _move(tenant, export_id, UNFINISHED, ExportStatus.InProgress):
                _make(tenant, export_id, stopping)
                written.append(Fired(now, "export", export_id))
    return written


#: Somebody waits for the file: it is written even while the background rests.
KIND = Kind("export", _NEXT, work_off, rests=False)


class _Writing(Alone):
    """The exports of a tenant that this process is working on."""

    space = 0x6578706F


def _move(
    tenant: Tenant,
    export_id: int,
    before: tuple[ExportStatus, ...],
    after: ExportStatus,
    **values: Any,
) -> bool:
    with tenant.session() as session:
        moved = session.execute(
            sa.update(Export)
            .where(Export.id == export_id, Export.status.in_(before))
            .values(status=after, **values)
        )
        session.commit()
        return bool(moved.rowcount)  # type: ignore[attr-defined]


def _make(tenant: Tenant, export_id: int, stopping: threading.Event) -> None:
    try:
        file, size = _write(tenant, export_id, stopping)
    except Stopped:
        return
    except Exception:
        log.exception("export %s of %s failed", export_id, tenant)
        _end(tenant, export_id, ExportStatus.Failed)
        return
    _end(tenant, export_id, ExportStatus.Completed, file=file, size=size)


def _end(tenant: Tenant, export_id: int, status: ExportStatus, **values: Any) -> None:
    now = tenant.clock.now()
    _move(tenant, export_id, (ExportStatus.InProgress,), status, executed_at=now, **values)


def _write(tenant: Tenant, export_id: int, stopping: threading.Event) -> tuple[str, int]:
    """The blob that holds the export, and its size."""
    with tenant.reader() as session, tempfile.TemporaryFile() as file:
        wanted = session.execute(
            sa.select(Export.request).where(Export.id == export_id)
        ).scalar_one()
        assert wanted is not None
        connection = session.connection()
        plan, values = _plan(connection.dialect, wanted)
        assert plan.rows
        out = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(out)
        writer.writerow(_header(plan.node))
        for rows in stream(connection, plan.rows, values, BATCH):
            if stopping.is_set():
                raise Stopped
            items = Rendering(connection, values, frozen=False).objects(plan.node, rows)
            writer.writerows(_cells(plan.node, item) for item in items)
        size = file.tell()
        file.seek(0)
        return tenant.files.keep("exports", file, ".csv"), size


def _header(node: Node, before: str = "") -> list[str]:
    """Names of members; those of an expanded entity as `Robot/Name`."""
    names = [before + name for name in node.names]
    for branch in node.expands:
        navigation = branch.link.navigation
        path = before + navigation.name
        names += [path] if navigation.collection else _header(branch.node, f"{path}/")
    return names


def _cells(node: Node, item: Mapping[str, Any] | None) -> list[str]:
    cells = [_cell(item.get(name) if item else None) for name in node.names]
    for branch in node.expands:
        navigation: Navigation = branch.link.navigation
        value = item.get(navigation.name) if item else None
        cells += [_cell(value)] if navigation.collection else _cells(branch.node, value)
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
