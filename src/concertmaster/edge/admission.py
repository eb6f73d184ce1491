"""Who is let in: the one place where sign-in, scopes, permissions and folders are enforced.

The OData pipeline comes through `Orchestrator.open`, plain routes through `admit`; both end in
`enter`, so no operation can forget a check: what it needs is declared on it.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from concertmaster import visibility
from concertmaster.domain.access import resolve_folder
from concertmaster.domain.call import Call
from concertmaster.domain.clock import new_guid
from concertmaster.domain.errors import FolderRequired, NotAuthorized
from concertmaster.edge import auditing
from concertmaster.edge.telling import tell, tell_going
from concertmaster.entities import Folder
from concertmaster.identity.callers import identify
from concertmaster.odata.declare import GuidText
from concertmaster.odata.model import EntitySet, EntityType
from concertmaster.odata.operations import Operation
from concertmaster.odata.plan import Inside, Restriction
from concertmaster.odata.request import Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant

#: required: no folder, no answer · optional: used if given · across: all the caller may see
FolderRule = Literal["required", "optional", "across"] | None

JOB_KEY = "x-uipath-jobkey"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_SUFFIX = {"GET": "View", "POST": "Create", "PUT": "Edit", "PATCH": "Edit", "DELETE": "Delete"}


@dataclass(frozen=True)
class Need:
    """What a request must hold to be let in."""

    permission: str = ""  #: names joined by `and`, `or`, parentheses; empty is none
    scopes: str = ""
    folder: FolderRule = None
    writes: bool = True


def scopes_of(family: str | None, *, reading: bool) -> str:
    """`OR.Jobs` for a read → `OR.Jobs or OR.Jobs.Read`."""
    if not family:
        return ""
    return f"{family} or {family}.{'Read' if reading else 'Write'}"


def enter(
    tenant: Tenant,
    registry: Registry,
    headers: Mapping[str, str],
    need: Need,
    *,
    base_url: str = "",
) -> Call:
    """The call of an admitted request.

    Raises:
        NotAuthenticated, NotAuthorized, FolderNotFound, FolderRequired
    """
    settings: Settings = registry.settings
    caller = identify(headers.get("authorization"), tenant, registry, settings)
    if not caller.allows(need.scopes):
        raise NotAuthorized(scopes=need.scopes)
    # A header that names no folder is refused even where the folder makes no difference.
    folder_id = resolve_folder(caller, headers) if need.folder else None
    if need.folder == "across":
        folder_id = None
    across: frozenset[int] | None = None
    if need.folder == "required":
        if folder_id is None:
            raise FolderRequired
        if not caller.may(need.permission, folder_id):
            raise NotAuthorized(permission=need.permission)
    elif need.folder == "across" or (need.folder == "optional" and folder_id is None):
        across = caller.folders_where(need.permission)
        if not across and not caller.may(need.permission):
            raise NotAuthorized(permission=need.permission)
    elif not caller.may(need.permission, folder_id) and not (
        folder_id is None and caller.may_somewhere(need.permission)
    ):
        raise NotAuthorized(permission=need.permission)
    return Call(
        tenant, caller, settings, folder_id, across,
        writes=need.writes, base_url=base_url, job_key=_job_of(headers),
    )  # fmt: skip


def _job_of(headers: Mapping[str, str]) -> str | None:
    """The job that a request says it comes from: the official client does, inside of one."""
    key = headers.get(JOB_KEY, "").strip().strip("{}").lower()
    return key if _GUID.fullmatch(key) else None


class Orchestrator:
    """The host behind the OData service (see `odata/service.py`)."""

    def __init__(self, registry: Registry, tenant: Tenant) -> None:
        self.registry = registry
        self.tenant = tenant

    @contextmanager
    def open(self, request: Request, target: Target) -> Iterator[Call]:
        root = request.base.removesuffix("odata/")
        call = enter(
            self.tenant, self.registry, request.headers, need_of(request.method, target),
            base_url=root,
        )  # fmt: skip
        promises = request.promises
        call.patient = promises is not None
        try:
            yield call
        except BaseException:
            call.close(commit=False)
            raise
        promise = call.close(commit=call.writes)
        if promise is not None and promises is not None:
            promises.append(promise)

    def restrict(self, call: Call, entity_type: EntityType) -> Restriction | None:
        return visible(call, entity_type)

    def inside(self, call: Call) -> Inside | None:
        caller = call.caller
        if caller.unlimited:
            return None
        dialect = call.tenant.dialect
        return caller.once(Inside, lambda: visibility.reachable(caller.folders, dialect))

    def prepare(self, call: Call, entity: Any) -> None:
        """What every new row gets from its call: the folder, who made it, and when."""
        prepare(call, entity)

    def created(self, call: Call, entity: Any, change: Change) -> None:
        auditing.created(call, entity, change)
        tell(call, "created", entity)

    def updating(self, call: Call, entity: Any, change: Change) -> None:
        auditing.updating(call, entity, change)
        tell(call, "updated", entity)

    def deleting(self, call: Call, entity: Any) -> None:
        auditing.deleting(call, entity)
        tell_going(call, entity)

    def acted(
        self, call: Call, operation: Operation, key: Any, arguments: Mapping[str, Any], result: Any
    ) -> None:
        auditing.acted(call, operation, key, arguments, result)


def need_of(method: str, target: Target) -> Need:
    """What a target needs, from the words of its declaration."""
    if target.operation:
        return _need_of_operation(target.operation, target.entity_set)
    assert target.entity_set
    return _need_of_set(target.entity_set, method, target.key is not None)


@cache
def _need_of_operation(operation: Operation, entity_set: EntitySet | None) -> Need:
    words = operation.host
    inherited: Mapping[str, Any] = entity_set.declaration.host if entity_set else {}
    reading = operation.kind == "function" or words.get("reads", False)
    scope = words.get("scope", inherited.get("scope"))
    return Need(
        words.get("permission", ""),
        words.get("scopes", scopes_of(scope, reading=reading)),
        words.get("folder", inherited.get("folder")),
        writes=not reading,
    )


@cache
def _need_of_set(entity_set: EntitySet, method: str, by_key: bool) -> Need:
    words = entity_set.declaration.host
    permissions = words.get("permissions", {})
    permission = permissions.get(method)
    if method == "GET" and by_key:
        permission = permissions.get("GET(key)", permission)
    if permission is None:
        permission = f"{words['permission']}.{_SUFFIX[method]}" if "permission" in words else ""
    reading = method == "GET"
    return Need(
        permission, scopes_of(words.get("scope"), reading=reading), words.get("folder"),
        writes=not reading,
    )  # fmt: skip


# --- which rows -----------------------------------------------------------------------------


def visible(call: Call, entity_type: EntityType) -> Restriction | None:
    """Which rows of a set a call may see: those of its folder, or of the folders it may see."""
    asked = (entity_type, call.folder_id, call.across)
    return call.caller.once(asked, lambda: _visible(call, entity_type))


def _visible(call: Call, entity_type: EntityType) -> Restriction | None:
    dialect, caller = call.tenant.dialect, call.caller
    if entity_type.cls is Folder:
        return visibility.among("id", caller.folders, dialect)
    rule = entity_type.declaration.host.get("folder")
    if rule is None or "organization_unit_id" not in entity_type.table.c:
        return None
    shared = entity_type.declaration.host.get("shared")
    if call.folder_id is not None:
        folders: Collection[int] = (call.folder_id,)
        seen = visibility.in_folder(call.folder_id, strict=rule == "required", shared=shared)
    elif caller.unlimited:
        return None
    else:
        folders = caller.folders if call.across is None else call.across
        seen = visibility.among(
            "organization_unit_id", folders, dialect, or_none=rule == "optional", shared=shared
        )
    queues = caller.tree.shared_queues(folders)
    return visibility.with_shared(seen, entity_type.cls, queues, dialect)


# --- what a new row gets --------------------------------------------------------------------


#: Attribute → what a call gives a new row for it.
_GIVEN: Mapping[str, Callable[[Call], Any]] = {
    "creator_user_id": lambda call: call.caller.user_id,
    "creation_time": lambda call: call.now,
    "organization_unit_id": lambda call: call.folder_id,
    "organization_unit_fully_qualified_name": lambda call: _place(call, "path"),
    "folder_key": lambda call: _place(call, "key"),
}


def prepare(call: Call, entity: Any) -> None:
    """Fill in what is ours to set: identity, place, author and moment."""
    values = entity.__dict__
    for attribute, give in _given_to(type(entity)):  # type: ignore[arg-type]
        if values.get(attribute) is None:
            values[attribute] = give(call)  # no session has it yet, which would have to be told


@cache
def _given_to(cls: type[Any]) -> tuple[tuple[str, Callable[[Call], Any]], ...]:
    """The attributes of a class that are ours to set, and how."""
    found = []
    for attribute in cls.__mapper__.column_attrs:
        column, give = attribute.columns[0], _GIVEN.get(attribute.key)
        if give is not None:
            found.append((attribute.key, give))
        elif not column.nullable and isinstance(column.type, GuidText) and column.default is None:
            found.append((attribute.key, lambda _call: new_guid()))
    return tuple(found)


def _place(call: Call, member: str) -> Any:
    return (
        None if call.folder_id is None else getattr(call.caller.tree.by_id[call.folder_id], member)
    )
