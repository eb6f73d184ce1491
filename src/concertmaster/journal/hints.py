"""Why a request failed, in a sentence for the person at the keyboard.

The answer itself stays what the real product says; this is what a stand-in can say beside it.
`REASONS` pairs what was raised with what explains it; the first explanation that is found counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Scope

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import (
    AssetNameNotFound,
    FolderNotFound,
    FolderRequired,
    ItemNotFound,
    NotAuthenticated,
    NotAuthorized,
    OperationNotBuilt,
    OrchestratorError,
    ProcessNotFound,
)
from concertmaster.edge.address import Nowhere
from concertmaster.edge.errors import cause_of
from concertmaster.identity.callers import identify
from concertmaster.identity.doubts import doubt
from concertmaster.journal.paths import nearest_operation, nearest_path, nearest_set
from concertmaster.journal.rows import where_else
from concertmaster.model import model
from concertmaster.odata.errors import (
    InvalidPayload,
    InvalidQuery,
    MethodNotAllowed,
    NoSuchResource,
    NotFound,
)
from concertmaster.odata.request import Request
from concertmaster.store import Registry, Tenant


@dataclass
class Circumstances:
    """A request that failed, and where."""

    scope: Scope
    tenant: Tenant
    ignored: Sequence[str]

    @cached_property
    def headers(self) -> dict[str, str]:
        return {k.decode("latin-1"): v.decode("latin-1") for k, v in self.scope["headers"]}

    @property
    def registry(self) -> Registry:
        found: Registry = self.scope["app"].state.registry
        return found

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def asked(self) -> Request | None:
        """The request as the OData engine read it, if it came that far."""
        return self.scope.get("odata")

    @cached_property
    def caller(self) -> Caller:
        """Raises NotAuthenticated."""
        authorization = self.headers.get("authorization")
        return identify(authorization, self.tenant, self.registry, self.registry.settings)

    def paths_of(self, folders: Iterable[int]) -> list[str]:
        return sorted(self.caller.tree.by_id[folder].path for folder in folders)


def hint_for(scope: Scope, tenant: Tenant, ignored: Sequence[str]) -> str | None:
    """Why the request of a scope failed; None when there is nothing to add to its answer."""
    fault = scope["state"].get("struck")
    if fault is not None:
        return f"made to fail by {'the request header' if fault == 'header' else f'fault {fault}'}"
    cause = cause_of(scope)
    if cause is None:
        return None
    circumstances = Circumstances(scope, tenant, ignored)
    found = (why(cause, circumstances) for kind, why in REASONS if isinstance(cause, kind))
    return next((hint for hint in found if hint), None)


# --- folders and permissions ----------------------------------------------------------------


def _no_folder(_: Any, at: Circumstances) -> str:
    mine = at.paths_of(at.caller.folders)
    return f"no folder header: send X-UIPATH-FolderPath with one of{_listed(mine)}"


def _folder_not_found(_: Any, at: Circumstances) -> str | None:
    tree = at.caller.tree
    names = ("x-uipath-folderpath-encoded", "x-uipath-folderpath", "x-uipath-folderkey",
             "x-uipath-organizationunitid")  # fmt: skip
    header = next((name for name in names if at.headers.get(name)), None)
    if header is None:
        return None
    sent = at.headers[header].strip().encode("latin-1")
    value = sent.decode("utf-8", "replace")  # as clients send it
    number = int(value) if value.isascii() and value.isdigit() else -1
    place = tree.by_path.get(value.lower()) or tree.by_key.get(value.lower())
    place = place or tree.by_id.get(number)
    if place is not None:
        return f'folder "{place.path}" exists, and {at.caller.name} is not assigned to it'
    mine = at.paths_of(at.caller.folders)
    near = get_close_matches(value.lower(), [path.lower() for path in mine], 1, 0.6)
    meant = [p for p in mine if p.lower() in near or p.rpartition("/")[2].lower() == value.lower()]
    if meant:
        return f'no folder "{value}"; did you mean "{meant[0]}"?'
    return f'{header} names no folder: "{value}"{_one_of(mine)}'


def _not_signed_in(_: Any, at: Circumstances) -> str | None:
    return doubt(at.headers.get("authorization"), at.tenant, at.registry)


def _not_authorized(error: NotAuthorized, at: Circumstances) -> str | None:
    if scopes := error.words.get("scopes"):
        return f"the token's scopes do not reach: {scopes}"
    if permission := error.words.get("permission"):
        return f"{at.caller.name} lacks {permission}"
    return None


# --- what is not there ----------------------------------------------------------------------


def _no_such_address(error: Nowhere, at: Circumstances) -> str | None:
    known = [str(tenant) for tenant in at.registry.tenants()]
    if error.organization and error.tenant:
        named = f"{error.organization}/{error.tenant}"
        return f'there is no tenant "{named}"{_meant(named, known) or _one_of(known)}'
    entity_set = nearest_set(at.path.rstrip("/").rpartition("/")[2], cutoff=1)
    if entity_set:
        return f"entity sets lie below /odata: did you mean odata/{entity_set}?"
    return f"paths begin with /organization/tenant/odata or api{_one_of(known)}"


def _no_such_resource(_: Any, at: Circumstances) -> str | None:
    segments = at.asked.segments if at.asked else ()
    if not segments:
        return None
    first = segments[0].name
    if nearest_set(first, cutoff=1) is None:
        found = nearest_set(first)
        return f'no entity set "{first}"' + (f"; did you mean {found}?" if found else "")
    if len(segments) == 1:
        return None
    found = nearest_operation(first, segments[1].name)
    return f'{first} has no "{segments[1].name}"' + (f"; did you mean {found}?" if found else "")


def _no_such_path(error: HTTPException, at: Circumstances) -> str | None:
    if error.status_code != 404:
        return None
    first = at.path.strip("/").split("/")[-1]
    if entity_set := nearest_set(first, cutoff=1):
        return f"entity sets lie below /odata: did you mean /odata/{entity_set}?"
    found = nearest_path(at.path)
    return f"did you mean {found}?" if found else None


def _other_method(error: MethodNotAllowed, at: Circumstances) -> str | None:
    allowed = error.details.get("allow")
    return f"{at.method} is not answered here; {allowed} is" if allowed else None


def _not_built(error: OperationNotBuilt, _: Any) -> str:
    return f"the real product knows {error.words['operation']}; it is not built here yet"


def _no_such_row(error: NotFound, at: Circumstances) -> str | None:
    kind = error.details.get("type")
    return where_else(kind.cls, at.asked, at.tenant, at.headers) if kind and at.asked else None


#: What is missing where the sentence does not name it.
_KINDS = {AssetNameNotFound: "Asset", ProcessNotFound: "Release"}


def _no_such_item(error: ItemNotFound, at: Circumstances) -> str | None:
    words = error.words
    named = _KINDS.get(type(error)) or words.get("kind") or words.get("entity")
    cls = next((cls for cls in model().types if cls.__name__ == named), None)
    return where_else(cls, at.asked, at.tenant, at.headers) if cls and at.asked else None


# --- what was sent --------------------------------------------------------------------------


def _no_such_property(error: InvalidQuery, _: Any) -> str | None:
    kind, name = error.details.get("type"), error.details.get("property")
    if kind is None or isinstance(kind, str) or not name:
        return None
    members = [*kind.properties, *kind.navigations]
    meant = _meant(name, [kind.find(member).name for member in members])
    return f'no "{name}"{meant}' if meant else None


def _misspelt_member(error: Exception, at: Circumstances) -> str | None:
    """A member that was ignored and looks like the one that is missing."""
    details = getattr(error, "details", None) or {}
    wanted = str(details.get("member") or "").rpartition(".")[2]
    members = [said.removeprefix("member ") for said in at.ignored if said.startswith("member ")]
    near = get_close_matches(wanted.lower(), [m.lower() for m in members], 1, 0.6) if wanted else []
    meant = next((member for member in members if member.lower() in near), None)
    if meant:
        return f'"{meant}" was ignored; did you mean "{wanted}"?'
    return f"ignored: {', '.join(members)}" if members else None


# --- words ----------------------------------------------------------------------------------


def _one_of(known: Sequence[str]) -> str:
    if not known:
        return ""
    return f" (there {'is' if len(known) == 1 else 'are'}{_listed(known)})"


def _listed(known: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in known[:5])
    return f" {shown}{' and others' if len(known) > 5 else ''}"


def _meant(name: str, known: Sequence[str]) -> str:
    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), by_lower, 1, 0.6)
    return f'; did you mean "{by_lower[near[0]]}"?' if near else ""


REASONS: tuple[tuple[type[Exception], Callable[[Any, Circumstances], str | None]], ...] = (
    (Nowhere, _no_such_address),
    (FolderRequired, _no_folder),
    (FolderNotFound, _folder_not_found),
    (NotAuthenticated, _not_signed_in),
    (NotAuthorized, _not_authorized),
    (OperationNotBuilt, _not_built),
    (NoSuchResource, _no_such_resource),
    (NotFound, _no_such_row),
    (ItemNotFound, _no_such_item),
    (HTTPException, _no_such_path),
    (MethodNotAllowed, _other_method),
    (InvalidQuery, _no_such_property),
    (InvalidPayload, _misspelt_member),
    (OrchestratorError, _misspelt_member),
)
