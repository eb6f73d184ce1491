"""What can be asked of personal workspaces: one's own, a look into others', a folder of one."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain import workspaces
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.entities import PersonalWorkspace
from concertmaster.odata.operations import action, function
from concertmaster.odata.service import Selection, select

EXPLORE = "Units.Edit and Users.View and Roles.View"


@function("PersonalWorkspaces", "GetPersonalWorkspace", permission="")
def get_personal_workspace(call: Call) -> Selection:
    """The caller's own."""
    own = PersonalWorkspace.owner_id == (call.caller.user_id or 0)
    return select(PersonalWorkspace, own, single=ItemNotFound(entity="PersonalWorkspace"))


@action("PersonalWorkspaces", "StartExploring", key=True, permission=EXPLORE)
def start_exploring(call: Call, key: int) -> None:
    """Look into somebody else's workspace, as if one worked there."""
    workspaces.explore(call.session, key, call.caller.user_id)


@action("PersonalWorkspaces", "StopExploring", key=True, permission=EXPLORE)
def stop_exploring(call: Call, key: int) -> None:
    """Look no more."""
    workspaces.leave(call.session, key, call.caller.user_id)


@action("PersonalWorkspaces", "ConvertToFolder", key=True, permission="Units.Edit")
def convert_to_folder(
    call: Call, key: int, folder_name: Annotated[str, Field(min_length=1, max_length=115)]
) -> None:
    """Make a folder of a workspace, with all that is in it."""
    workspaces.convert(call.session, key, folder_name)
