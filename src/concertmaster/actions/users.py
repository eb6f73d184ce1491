"""What can be asked of users: who am I, roles, and the password of one's own robot."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import clock, folders, people, workspaces
from concertmaster.domain.call import Call
from concertmaster.domain.errors import (
    ForbiddenOperation,
    InvalidArgument,
    ItemNotFound,
    NotAuthorized,
)
from concertmaster.entities import Folder, Permission, User
from concertmaster.odata.operations import Id, Nothing, Payload, action, function, read_list
from concertmaster.odata.request import Request
from concertmaster.odata.service import Complex, Extended
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change, hook

NAMESPACE = "UiPath.Server.Configuration.OData"

#: What everyone may change of oneself, without any permission.
OWN = frozenset({"unattended_robot"})

RoleIds = Annotated[list[Id], Field(max_length=1000)]


class GivenRole(Payload):
    """A role in a user's list (UserRoleDto)."""

    role_id: Id


# --- what must hold -------------------------------------------------------------------------


@hook("before_read", User)
def only_oneself(call: Call, target: Target, request: Request) -> list[Any]:
    """Without Users.View there is nobody but oneself."""
    if call.caller.may("Users.View"):
        return []
    if target.key is None:
        raise NotAuthorized
    return [User.id == (call.caller.user_id or 0)]


@hook("before_create", User)
def before_create(call: Call, user: User, change: Change) -> None:
    _check_names(user.user_name)
    user.key = clock.new_guid()
    people.describe(user, call.tenant)
    people.take_password(user, change.values.get("password"))
    user.unattended_robot = people.take_robot(
        call.session, user, change.values.get("unattended_robot"), merge=False
    )
    user.roles_list = []


@hook("before_update", User)
def before_update(call: Call, user: User, change: Change) -> None:
    values = change.values
    if not call.caller.may("Users.Edit"):
        _check_own(call, user, change)
    if "user_name" in values:
        _check_names(values["user_name"])
    people.take_password(user, values.pop("password", None))
    if "unattended_robot" in values or change.replace:
        values["unattended_robot"] = people.take_robot(
            call.session, user, values.get("unattended_robot"), merge=not change.replace
        )
    change.related["RolesList"] = values.pop("roles_list", None)


def _check_own(call: Call, user: User, change: Change) -> None:
    mine = user.id == call.caller.user_id
    # A PUT carries the whole user: with a permission on robots, only the robot's part is heeded.
    if change.replace and call.caller.may("Robots.Create or Robots.Edit or Robots.Delete"):
        given = change.values.get("unattended_robot")
        change.replace, change.values = False, {"unattended_robot": given} if given else {}
        change.related.clear()
        return
    if not mine or change.replace or change.related or not change.values.keys() <= OWN:
        raise NotAuthorized


def _check_names(name: str | None) -> None:
    if name is None or not name.strip() or name != name.strip():
        raise InvalidArgument(field="UserName")


@hook("after_create", User)
def after_create(call: Call, user: User, change: Change) -> None:
    _give_workspace(call, user)
    _take_roles(call, user, change, change.values.get("roles_list"))


@hook("after_update", User)
def after_update(call: Call, user: User, change: Change) -> None:
    user.last_modification_time = call.now
    user.last_modifier_user_id = call.caller.user_id
    people.describe(user, call.tenant)
    _give_workspace(call, user)
    _take_roles(call, user, change, change.related.get("RolesList"))
    people.tell_roles(call.session, user)


def _give_workspace(call: Call, user: User) -> None:
    """Who may have a personal workspace has one."""
    if user.may_have_personal_workspace and user.personal_workspace_id is None:
        workspaces.make(call.session, user)


def _take_roles(call: Call, user: User, change: Change, names: list[str] | None) -> None:
    """Roles by name go before roles by number; neither leaves them as they are."""
    if names is not None and (names or "UserRoles" not in change.related):
        people.set_roles(call.session, user, people.roles_by_name(call.session, names))
    elif change.related.get("UserRoles") is not None:
        given = read_list(GivenRole, change.related["UserRoles"], "UserRoles")
        people.set_roles(call.session, user, [role.role_id for role in given])


@hook("before_delete", User)
def before_delete(call: Call, user: User) -> None:
    if user.id == call.caller.user_id:
        raise ForbiddenOperation(entity="User")
    people.check_may_go(call.session, user)
    people.forget_robots(call.session, user)


# --- who am I -------------------------------------------------------------------------------


@function("Users", "GetCurrentUser")
def get_current_user(call: Call) -> User | None:
    """The caller; nothing for an application, which is no user."""
    return _caller(call)


@function("Users", "GetCurrentUserExtended")
def get_current_user_extended(call: Call) -> Extended | None:
    """The caller with the personal workspace."""
    user = _caller(call)
    if user is None:
        return None
    found = call.session.get(Folder, user.personal_workspace_id or 0)
    members = {
        "PersonalWorkspace": folders.members(found) if found else None,
        # Spelt as the real product spells it. A workspace's feed has its key.
        "PersonalWorskpaceFeedId": found.key if found else None,
    }
    return Extended(user, members)


@function("Users", "GetCurrentPermissions")
def get_current_permissions(call: Call) -> Complex:
    """What the caller may do in the tenant."""
    names = call.session.scalars(sa.select(Permission.name).distinct().order_by(Permission.name))
    granted = [name for name in names if call.caller.may(name)]
    members = {"UserId": call.caller.user_id, "Permissions": granted}
    return Complex(f"{NAMESPACE}.UserPermissionsCollection", members)


def _caller(call: Call) -> User | None:
    user_id = call.caller.user_id
    return None if user_id is None else call.session.get(User, user_id)


# --- roles ----------------------------------------------------------------------------------


@action("Users", "AssignRoles", key=True, permission="Users.Edit or Users.Create")
def assign_roles(call: Call, key: int, role_ids: RoleIds) -> Nothing:
    """Give a user these roles and no others."""
    people.set_roles(call.session, _user(call, key), role_ids)
    return Nothing()


@action("Users", "ToggleRole", key=True, permission="Users.Edit")
def toggle_role(call: Call, key: int, role: str, toggle: bool) -> Nothing:
    """Give a user one role, or take it."""
    user = _user(call, key)
    changed = set(people.roles_by_name(call.session, [role]))
    held = {given.role_id for given in user.user_roles}
    people.set_roles(call.session, user, held | changed if toggle else held - changed)
    return Nothing()


def _user(call: Call, key: int) -> User:
    user = call.session.get(User, key)
    if user is None:
        raise ItemNotFound(entity="User")
    return user
