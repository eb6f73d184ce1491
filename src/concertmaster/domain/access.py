"""Who is calling, what they may do, and in which folders.

Roles given in the tenant hold in every folder that the caller can enter; roles given in a folder
hold there and below. Who is assigned to a folder can enter it and the folders below it. A tenant's
Administrator and applications (bounded by their scopes) can enter every folder.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.conditions import Granted, condition
from concertmaster.domain.errors import FolderNotFound, NotAuthenticated
from concertmaster.entities import (
    Folder,
    Machine,
    Permission,
    Robot,
    Role,
    User,
    UserRole,
    folder_machines,
    folder_user_roles,
    folder_users,
    queue_folders,
)
from concertmaster.store import Tenant

T = TypeVar("T")

#: The static role that may do everything, everywhere.
ADMINISTRATOR = "Administrator"
#: The static role of a robot, beside those of its user.
ROBOT = "Robot"

#: Scopes that stand for whatever the caller may do anyway.
UNBOUNDED_SCOPES = frozenset({"OR.Default", "OrchestratorApiUserAccess"})

NOTHING: Granted = frozenset()


# --- folders ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A folder, as far as finding it goes."""

    id: int
    key: str
    path: str
    parent_id: int | None


class FolderTree:
    """All folders of a tenant, by id, key and path, and the queues that are shared into them."""

    def __init__(
        self, places: Iterable[Place], queues: Mapping[int, frozenset[int]] | None = None
    ) -> None:
        self.queues = queues or {}
        self.by_id = {place.id: place for place in places}
        self.by_key = {place.key: place for place in self.by_id.values()}
        self.by_path = {place.path.lower(): place for place in self.by_id.values()}
        self.ids = frozenset(self.by_id)

    @classmethod
    def load(cls, session: Session) -> "FolderTree":
        columns = (Folder.id, Folder.key, Folder.fully_qualified_name, Folder.parent_id)
        places = [Place(*row) for row in session.execute(sa.select(*columns))]
        queues: dict[int, set[int]] = {}
        for queue_id, folder_id in session.execute(sa.select(queue_folders)):
            queues.setdefault(folder_id, set()).add(queue_id)
        return cls(places, {folder: frozenset(ids) for folder, ids in queues.items()})

    def shared_queues(self, folders: Iterable[int]) -> frozenset[int]:
        """The queues that live elsewhere and are shared into one of the folders."""
        if not self.queues:
            return frozenset()
        return frozenset().union(*(self.queues.get(folder, ()) for folder in folders))

    def ancestry(self, folder_id: int) -> list[int]:
        """The folder and what it lies in, inmost first."""
        found: list[int] = []
        at: int | None = folder_id
        while at is not None and at in self.by_id and at not in found:
            found.append(at)
            at = self.by_id[at].parent_id
        return found


# --- the caller ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """Who is calling: a user, a user's robot, a machine, or an application."""

    user_id: int | None
    user_key: str | None
    name: str
    email: str | None = None
    tenant: Tenant = field(kw_only=True, repr=False)
    tree: FolderTree = field(kw_only=True, repr=False)
    folders: frozenset[int] = field(kw_only=True)  #: those that the caller can enter
    tenant_permissions: Granted = field(default=NOTHING, kw_only=True)
    folder_permissions: Mapping[int, Granted] = field(default_factory=dict, kw_only=True)
    unlimited: bool = field(default=False, kw_only=True)  #: may do everything, everywhere
    robot_id: int | None = field(default=None, kw_only=True)
    machine_id: int | None = field(default=None, kw_only=True)
    application: str | None = field(default=None, kw_only=True)
    scopes: frozenset[str] | None = field(default=None, kw_only=True)  #: None is without bounds
    _known: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def person_id(self) -> int | None:
        """The user who does it, where it is not done by a robot in the user's name."""
        return self.user_id if self.robot_id is None else None

    def may(self, expression: str, folder_id: int | None = None) -> bool:
        """Whether the roles allow it: in the folder, or without one in the tenant."""
        if self.unlimited:
            return True
        return self.once((expression, folder_id), lambda: self._may(expression, folder_id))

    def once(self, asked: object, answer: Callable[[], T]) -> T:
        """Worked out once for this caller, who stays the same until something changes."""
        if asked not in self._known:
            self._known[asked] = answer()
        found: T = self._known[asked]
        return found

    def _may(self, expression: str, folder_id: int | None) -> bool:
        holds = condition(expression)
        if folder_id is None:
            return holds(self.tenant_permissions)
        if folder_id not in self.folders:
            return False
        return holds(self.tenant_permissions | self.folder_permissions.get(folder_id, NOTHING))

    def may_somewhere(self, expression: str) -> bool:
        """Whether there is any place where the roles allow it."""
        return self.may(expression) or any(self.may(expression, id_) for id_ in self.folders)

    def folders_where(self, expression: str) -> frozenset[int]:
        """The folders in which the roles allow it: what a read across folders shows."""
        if self.unlimited:
            return self.folders
        return frozenset(id_ for id_ in self.folders if self.may(expression, id_))

    def allows(self, scopes: str) -> bool:
        """Whether the token's scopes reach: `OR.Queues or OR.Queues.Read`."""
        if self.scopes is None or not scopes or self.scopes & UNBOUNDED_SCOPES:
            return True
        return condition(scopes)(frozenset(scope.lower() for scope in self.scopes))

    def bounded_by(self, scopes: frozenset[str] | None) -> "Caller":
        """The same caller, with the scopes of a token."""
        return self if scopes is None else replace(self, scopes=scopes)


def load_caller(session: Session, user_id: int, *, robot_id: int | None = None) -> Caller:
    """A user (or the user's robot) with all roles, from the database."""
    user = session.execute(
        sa.select(User.key, User.user_name, User.email_address, User.is_active).where(
            User.id == user_id
        )
    ).one_or_none()
    if user is None or not user.is_active:
        raise NotAuthenticated
    tree = FolderTree.load(session)
    tenant_roles, folder_roles, assigned = _roles(session, user_id, robot_id)
    granted = _granted(session, tenant_roles.union(*folder_roles.values()))
    administrator = _is_administrator(session, tenant_roles)

    # What is said of a folder holds below it.
    below = {id_: tree.ancestry(id_) for id_ in tree.ids}
    entered = (id_ for id_, line in below.items() if not assigned.isdisjoint(line))
    folder_permissions = {
        id_: _all_of(granted, (role for at in line for role in folder_roles.get(at, ())))
        for id_, line in below.items()
        if any(at in folder_roles for at in line)
    }
    return Caller(
        user_id,
        user.key,
        user.user_name,
        user.email_address,
        tenant=session.info["tenant"],
        tree=tree,
        folders=tree.ids if administrator else frozenset(entered),
        tenant_permissions=_all_of(granted, tenant_roles),
        folder_permissions=folder_permissions,
        unlimited=administrator,
        robot_id=robot_id,
    )


def load_named(session: Session, name: str) -> Caller:
    """The same, by user name."""
    folded = sa.func.lower(User.user_name) == sa.func.lower(name)
    user_id = session.scalar(sa.select(User.id).where(folded))
    if user_id is None:
        raise NotAuthenticated
    return load_caller(session, user_id)


def load_robot(session: Session, robot_key: str) -> Caller:
    """The robot that a key belongs to, with the roles of its user."""
    columns = (Robot.id, Robot.user_id, Robot.name, Robot.enabled)
    robot = session.execute(sa.select(*columns).where(Robot.robot_key == robot_key)).one_or_none()
    if robot is None or not robot.enabled:
        raise NotAuthenticated
    if robot.user_id is not None:
        return load_caller(session, robot.user_id, robot_id=robot.id)
    # A robot of a classic folder may have no user: it has its own role, where it lives.
    tree = FolderTree.load(session)
    home = _home(session, robot.id)
    role = session.execute(sa.select(Role.id).where(Role.name == ROBOT)).scalar()
    granted = _granted(session, {role} if role is not None else set())
    return Caller(
        None,
        None,
        robot.name,
        tenant=session.info["tenant"],
        tree=tree,
        folders=tree.ids & home,
        tenant_permissions=_all_of(granted, granted),
        robot_id=robot.id,
    )


def load_machine(session: Session, license_key: str) -> Caller:
    """A machine that signs in for itself: what robots may, in the folders that may use it."""
    columns = (Machine.id, Machine.name)
    same = Machine.license_key == license_key
    machine = session.execute(sa.select(*columns).where(same)).one_or_none()
    if machine is None:
        raise NotAuthenticated
    tree = FolderTree.load(session)
    assigned = sa.select(folder_machines.c.folder_id)
    inside = session.scalars(assigned.where(folder_machines.c.machine_id == machine.id))
    role = session.execute(sa.select(Role.id).where(Role.name == ROBOT)).scalar()
    granted = _granted(session, {role} if role is not None else set())
    return Caller(
        None,
        None,
        machine.name,
        tenant=session.info["tenant"],
        tree=tree,
        folders=tree.ids & set(inside),
        tenant_permissions=_all_of(granted, granted),
        machine_id=machine.id,
    )


def load_application(session: Session, client_id: str) -> Caller:
    """An application: everything that its token's scopes reach."""
    tree = FolderTree.load(session)
    return Caller(
        None,
        None,
        client_id,
        tenant=session.info["tenant"],
        tree=tree,
        folders=tree.ids,
        unlimited=True,
        application=client_id,
    )


def _roles(
    session: Session, user_id: int, robot_id: int | None
) -> tuple[set[int], dict[int, set[int]], set[int]]:
    """Roles in the tenant, roles by folder, and the folders assigned."""
    tenant_roles = set(
        session.scalars(sa.select(UserRole.role_id).where(UserRole.user_id == user_id))
    )
    assigned = set(
        session.scalars(
            sa.select(folder_users.c.folder_id).where(folder_users.c.user_id == user_id)
        )
    )
    given = sa.select(folder_user_roles.c.folder_id, folder_user_roles.c.role_id)
    folder_roles: dict[int, set[int]] = {}
    for folder_id, role_id in session.execute(given.where(folder_user_roles.c.user_id == user_id)):
        folder_roles.setdefault(folder_id, set()).add(role_id)
    if robot_id is not None:
        assigned |= _home(session, robot_id)
        role = session.execute(sa.select(Role.id).where(Role.name == ROBOT)).scalar()
        if role is not None:
            for folder_id in assigned:
                folder_roles.setdefault(folder_id, set()).add(role)
    return tenant_roles, folder_roles, assigned


def _home(session: Session, robot_id: int) -> set[int]:
    home = session.execute(
        sa.select(Robot.organization_unit_id).where(Robot.id == robot_id)
    ).scalar()
    return set() if home is None else {home}


def _granted(session: Session, roles: set[int]) -> dict[int, Granted]:
    """What each role grants, in lower case."""
    found: dict[int, set[str]] = {role: set() for role in roles}
    columns = sa.select(Permission.role_id, Permission.name)
    of_roles = columns.where(Permission.role_id.in_(roles), Permission.is_granted)
    for role_id, name in session.execute(of_roles):
        if role_id is not None:
            found[role_id].add(name.lower())
    return {role: frozenset(names) for role, names in found.items()}


def _is_administrator(session: Session, roles: set[int]) -> bool:
    named = sa.select(Role.id).where(Role.name == ADMINISTRATOR, Role.is_static)
    return session.execute(named).scalar() in roles


def _all_of(granted: Mapping[int, Granted], roles: Iterable[int]) -> Granted:
    return NOTHING.union(*(granted[role] for role in roles))


# --- which folder a request is about ------------------------------------------------------


def resolve_folder(caller: Caller, headers: Mapping[str, str]) -> int | None:
    """The folder that the headers name (their names in lower case), among those of the caller.

    A path goes before a key, a key before an id. Without a header it is the only folder of a
    caller who has just one, else None. Whatever names no folder is FolderNotFound, garbage too.
    """
    tree = caller.tree
    encoded = headers.get("x-uipath-folderpath-encoded")
    path = headers.get("x-uipath-folderpath")
    if encoded:
        place = tree.by_path.get(_absolute(_decoded(encoded), caller, headers).lower())
    elif path:
        place = tree.by_path.get(path.lower()) or tree.by_path.get(_as_utf8(path).lower())
    else:
        place = _by_key_or_id(tree, headers)
        if place is _UNNAMED:
            return next(iter(caller.folders)) if len(caller.folders) == 1 else None
    if place is None or place.id not in caller.folders:
        raise FolderNotFound
    return place.id


_UNNAMED = Place(0, "", "", None)


def _by_key_or_id(tree: FolderTree, headers: Mapping[str, str]) -> Place | None:
    if key := headers.get("x-uipath-folderkey"):
        return tree.by_key.get(key.strip().strip("{}").lower())
    if number := headers.get("x-uipath-organizationunitid"):
        number = number.strip()
        if re.fullmatch(r"[0-9]{1,19}", number):
            return tree.by_id.get(int(number))
        return tree.by_key.get(number.lower())  # `uipath publish` sends the feed of a workspace
    return _UNNAMED


def _decoded(encoded: str) -> str:
    """Base64 of UTF-16LE, as the clients write it."""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-16-le")
    except (binascii.Error, ValueError) as error:
        raise FolderNotFound from error


def _as_utf8(text: str) -> str:
    """A header's bytes come as Latin-1; clients send UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _absolute(path: str, caller: Caller, headers: Mapping[str, str]) -> str:
    """A path from the ambient folder (the one of the other headers), as the encoded header allows.

    `/x` starts at the root of the ambient tree, `.` is the ambient folder, `..` the one above.
    """
    if not path or path.endswith("/"):
        raise FolderNotFound
    first, *rest = path.split("/")
    if first not in ("", ".", ".."):
        return path
    ambient = _by_key_or_id(caller.tree, headers)
    if ambient is None:
        raise FolderNotFound
    at = ambient.path.split("/") if ambient.path else []
    if first == "":
        return "/".join(at[:1] + rest)
    if not at:
        raise FolderNotFound
    for step in (first, *rest):
        if step == "..":
            if len(at) < 2:
                raise FolderNotFound
            at.pop()
        elif step != ".":
            at.append(step)
    return "/".join(at)
