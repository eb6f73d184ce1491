"""What can be asked of permissions: the list of all there are."""

from typing import Any

from concertmaster.domain.call import Call
from concertmaster.entities import Permission
from concertmaster.odata.request import Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook


@hook("before_read", Permission)
def only_the_catalogue(call: Call, target: Target, request: Request) -> list[Any]:
    """What a role grants is seen with the role; the set itself lists each permission once."""
    return [Permission.role_id.is_(None)]
