"""Users and roles: who has which role, and the texts that say so in answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.access import ADMINISTRATOR
from concertmaster.domain.errors import Conflict, InvalidArgument, ItemNotFound
from concertmaster.domain.passwords import hash_password
from concertmaster.entities import Permission, Robot, Role, RoleType, User, UserRole
from concertmaster.store import Tenant


def describe(user: User, tenant: Tenant) -> None:
    """What an answer says of a user beyond what was sent."""
    user.full_name = " ".join(part for part in (user.name, user.surname) if part)
    user.tenant_id, user.tenant_key = tenant.id, tenant.key
    user.tenancy_name = user.tenant_display_name = tenant.name


def take_password(user: User, password: str | None) -> None:
    """Keep a password as its hash; nothing else of it stays."""
    user.password = None
    if password:
        user.password_hash = hash_password(password)


# --- the robot that works in a user's name --------------------------------------------------


def take_robot(
    session: Session, user: User, given: Mapping[str, Any] | None, *, merge: bool
) -> dict[str, Any] | None:
    """What a user's unattended robot is to be; its password goes to the robot and is not shown."""
    if given is None:
        return user.unattended_robot if merge else None
    told = {name: value for name, value in given.items() if value is not None}
    password = told.pop("Password", None)
    held = dict(user.unattended_robot or {}) if merge else {}
    settled: dict[str, Any] = {**dict.fromkeys(given), **held, **told, "Password": None}
    if password and user.id is not None:
        owned = sa.update(Robot).where(Robot.user_id == user.id)
        session.execute(owned.values(password=password))
    return settled


# --- roles of a user ------------------------------------------------------------------------


def roles_by_name(session: Session, names: Sequence[str]) -> list[int]:
    wanted = {name.lower(): name for name in names}
    roles = session.execute(sa.select(Role.id, Role.name))
    rows = [(role_id, name) for role_id, name in roles if name.lower() in wanted]
    missing = wanted.keys() - {name.lower() for _, name in rows}
    if missing:
        raise InvalidArgument(f"The role {wanted[min(missing)]} does not exist.")
    return [role_id for role_id, _ in rows]


def set_roles(session: Session, user: User, role_ids: Iterable[int]) -> None:
    """Make a user's roles in the tenant those, and no others."""
    wanted = dict.fromkeys(role_ids)
    roles = {role.id: role for role in session.scalars(sa.select(Role).where(Role.id.in_(wanted)))}
    missing = sorted(set(wanted) - set(roles))
    if missing:
        raise ItemNotFound(entity="Role", resource_ids=missing)
    for role in roles.values():
        if role.type == RoleType.Folder:
            raise Conflict(f"The role {role.name} can be given in a folder only.")
    held = {given.role_id: given for given in user.user_roles}
    for role_id in held.keys() - wanted.keys():
        _check_not_last_administrator(session, held[role_id])
        user.user_roles.remove(held[role_id])
    for role_id in wanted.keys() - held.keys():
        user.user_roles.append(UserRole(role_id=role_id))
    session.flush()
    tell_roles(session, user)


def tell_roles(session: Session, user: User) -> None:
    """Keep the names in step that stand beside the numbers."""
    names = []
    for given in sorted(user.user_roles, key=lambda given: given.role_id):
        role = session.get_one(Role, given.role_id)
        given.user_name, given.role_name, given.role_type = user.user_name, role.name, role.type
        names.append(role.name)
    if user.roles_list != names:
        user.roles_list = names


def _check_not_last_administrator(session: Session, given: UserRole) -> None:
    role = session.get_one(Role, given.role_id)
    if role.name != ADMINISTRATOR or not role.is_static:
        return
    others = sa.select(sa.func.count()).where(
        UserRole.role_id == role.id, UserRole.user_id != given.user_id
    )
    if not session.scalar(others):
        raise Conflict("The last administrator cannot be taken away.")


def check_may_go(session: Session, user: User) -> None:
    """Whether a user can be deleted."""
    for given in user.user_roles:
        _check_not_last_administrator(session, given)


def forget_robots(session: Session, user: User) -> None:
    """A robot that was made for a user goes with the user."""
    session.execute(
        sa.delete(Robot).where(Robot.user_id == user.id, Robot.organization_unit_id.is_(None))
    )


# --- what a role grants ---------------------------------------------------------------------


def set_permissions(session: Session, role: Role, granted: Mapping[str, bool]) -> None:
    """Make a role grant those permissions that are named, out of those that there are."""
    catalogue = {
        permission.name.lower(): permission
        for permission in session.scalars(sa.select(Permission).where(Permission.role_id.is_(None)))
    }
    wanted = {name.strip().lower(): (name, value) for name, value in granted.items()}
    for lowered, (name, _) in wanted.items():
        if catalogue and lowered not in catalogue:
            raise InvalidArgument(f"The permission {name} does not exist.")
    role.permissions = []
    session.flush()  # the old rows must be gone before new ones take their names
    for lowered, (name, value) in wanted.items():
        known = catalogue.get(lowered)
        row = Permission(name=known.name if known else name, is_granted=value)
        if known:
            row.scope = known.scope
        role.permissions.append(row)
    session.flush()


def members_of(session: Session, role: Role) -> list[User]:
    inside = sa.select(UserRole.user_id).where(UserRole.role_id == role.id)
    return list(session.scalars(sa.select(User).where(User.id.in_(inside)).order_by(User.id)))


def change_members(
    session: Session, role: Role, added: Sequence[int], removed: Sequence[int]
) -> None:
    """Give a role to users and take it from others."""
    wanted = [*added, *removed]
    users = {user.id: user for user in session.scalars(sa.select(User).where(User.id.in_(wanted)))}
    missing = sorted(set(wanted) - set(users))
    if missing:
        raise ItemNotFound(entity="User", resource_ids=missing)
    for user_id, user in users.items():
        held = {given.role_id for given in user.user_roles}
        held = held | {role.id} if user_id in added else held - {role.id}
        set_roles(session, user, held)
