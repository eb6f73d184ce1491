"""Personal workspaces: the folders of which each belongs to one user.

Not a table: folders, seen together with their owners.
"""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from concertmaster.entities._kinds import Entity
from concertmaster.entities.folders import Folder
from concertmaster.entities.users import User
from concertmaster.odata.declare import WORDS, Int64, Mapped, Words

_folder, _user = Folder.__table__.c, User.__table__.c

_statement = (
    sa.select(
        _folder.key,
        _folder.display_name.label("name"),
        _user.is_active,
        _user.id.label("owner_id"),
        _user.key.label("owner_key"),
        _user.user_name.label("owner_name"),
        _user.last_login_time.label("last_login"),
        _folder.exploring_user_ids,
        _folder.id,
    )
    .join_from(Folder.__table__, User.__table__, _user.personal_workspace_id == _folder.id)
    .where(_folder.is_personal)
    .subquery("personal_workspaces")
)


def _say_words() -> None:
    """What `prop` says of a column elsewhere: columns of a statement have no place for it."""
    for column in _statement.c:
        column.info = {WORDS: Words(computed=True)}  # type: ignore[attr-defined]
        column.nullable = column.key == "last_login"  # type: ignore[attr-defined]
    _statement.c.exploring_user_ids.info[WORDS] = Words(complex=int, collection=True, computed=True)


_say_words()


class PersonalWorkspace(
    Entity, entity_set="PersonalWorkspaces", permissions={"GET": "Units.View"}, scope="OR.Folders"
):
    """A user's own folder: whose it is, and who looks into it."""

    __table__ = _statement
    __mapper_args__ = {"primary_key": [_statement.c.id]}

    if TYPE_CHECKING:
        owner_id: Mapped[Int64]
