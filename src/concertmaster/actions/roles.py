"""What can be asked of roles: what they grant, and who has them."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain import people
from concertmaster.domain.call import Call
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.entities import Role, User
from concertmaster.odata.operations import Id, Payload, action, function, read_list
from concertmaster.odata.service import Selection, Values, select
from concertmaster.odata.write import Change, hook

Ids = Annotated[list[Id], Field(max_length=1000)]


class GivenPermission(Payload):
    """One right in a role's list (PermissionDto)."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    is_granted: bool = False


@hook("before_create", Role)
def before_create(call: Call, role: Role, change: Change) -> None:
    role.is_static, role.is_editable = False, True
    role.display_name = role.display_name or role.name


@hook("before_update", Role)
def before_update(call: Call, role: Role, change: Change) -> None:
    if role.is_static or not role.is_editable:
        raise Conflict(f"The role {role.name} cannot be edited.")
    if change.values.get("type", role.type) != role.type:
        raise Conflict("The type of a role cannot be changed.")
    if not change.values.get("display_name"):
        change.values["display_name"] = change.values.get("name") or role.display_name


@hook("after_create", Role)
@hook("after_update", Role)
def after_write(call: Call, role: Role, change: Change) -> None:
    if change.related.get("Permissions") is not None:
        given = read_list(GivenPermission, change.related["Permissions"], "Permissions")
        people.set_permissions(call.session, role, {p.name: p.is_granted for p in given})
    for user in people.members_of(call.session, role):
        people.tell_roles(call.session, user)


@hook("before_delete", Role)
def before_delete(call: Call, role: Role) -> None:
    if role.is_static:
        raise Conflict(f"The role {role.name} cannot be deleted.")
    people.change_members(
        call.session, role, (), [user.id for user in people.members_of(call.session, role)]
    )


@action("Roles", "SetUsers", key=True, permission="Roles.Edit and Users.View")
def set_users(
    call: Call, key: int, added_user_ids: Ids | None = None, removed_user_ids: Ids | None = None
) -> None:
    """Give a role to users and take it from others."""
    people.change_members(
        call.session, _role(call, key), added_user_ids or (), removed_user_ids or ()
    )


@function("Roles", "GetUserIdsForRole", permission="Roles.View or Users.View")
def get_user_ids_for_role(call: Call, key: Id) -> Values:
    """The numbers of those who have a role."""
    members = people.members_of(call.session, _role(call, key))
    return Values("Edm.Int64", [user.id for user in members])


@function("Roles", "GetUsersForRole", permission="Roles.View and Users.View")
def get_users_for_role(call: Call, key: Id) -> Selection:
    """Those who have a role."""
    members = people.members_of(call.session, _role(call, key))
    return select(User, User.id.in_([user.id for user in members]))


def _role(call: Call, key: int) -> Role:
    role = call.session.get(Role, key)
    if role is None:
        raise ItemNotFound(entity="Role")
    return role
