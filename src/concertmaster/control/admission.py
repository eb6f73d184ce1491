"""Who may use the controls: administrators, wherever they are in the tenant."""

from typing import Annotated

from fastapi import Depends, Request

from concertmaster.domain.call import Call
from concertmaster.domain.errors import NotAuthorized
from concertmaster.edge.calls import admit

_signed_in = admit(reads=True)
_in_a_folder = admit(reads=True, folder="optional")


def administrator(request: Request) -> Call:
    """The call of an administrator. It only reads: what a control changes, it changes by itself.

    Raises:
        NotAuthenticated, NotAuthorized
    """
    return _unlimited(_signed_in(request))


def administrator_in_a_folder(request: Request) -> Call:
    """The same, with the folder that the headers name, if they name one.

    Raises:
        NotAuthenticated, NotAuthorized, FolderNotFound
    """
    return _unlimited(_in_a_folder(request))


def _unlimited(call: Call) -> Call:
    if not call.caller.unlimited:
        raise NotAuthorized
    return call


def administrator_of_all(request: Request) -> Call:
    """The call of an administrator of the default tenant, who also makes and drops the others."""
    call = administrator(request)
    if call.tenant.key != request.app.state.registry.default.key:
        raise NotAuthorized
    return call


#: For handlers on routes of class `CallRoute`.
Administrator = Annotated[Call, Depends(administrator)]
AdministratorOfAll = Annotated[Call, Depends(administrator_of_all)]
AdministratorInAFolder = Annotated[Call, Depends(administrator_in_a_folder)]
