"""What is at home in several folders: where it is to be found, and who may put it there.

A row has the folder that it was made in (`organization_unit_id`) and, in a table beside it, the
others. The first goes to another when it is taken away; the last one stays.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.access import Caller
from concertmaster.domain.errors import Conflict, ForbiddenOperation, ItemNotFound, NameAlreadyUsed
from concertmaster.entities import Folder
from concertmaster.odata.declare import same_name
from concertmaster.odata.query import Statement, compile_statement, once_per_dialect, run

_NOBODY = 0  #: an id that no row has


def folders_of(session: Session, row: Any, shared: sa.Table) -> list[int]:
    """The folders in which a row is at home, the one it was made in first."""
    mine, place = shared.columns
    others = session.scalars(sa.select(place).where(mine == row.id).order_by(place))
    return [row.organization_unit_id, *others]


def is_in(session: Session, row: Any, folder_id: int, shared: sa.Table) -> bool:
    """Whether a row is at home in a folder."""
    return folder_id in folders_of(session, row, shared)


def check_free(
    connection: sa.Connection,
    cls: type[Any],
    name: str,
    folder_id: int,
    shared: sa.Table,
    own: int | None = None,
) -> None:
    """Raises NameAlreadyUsed where the folder has another of that name, its own or shared."""
    asked = {"folder": folder_id, "name": name, "own": own or _NOBODY}
    if run(connection, _namesake(cls, shared, connection.dialect), asked):
        raise NameAlreadyUsed(name=name)


@once_per_dialect
def _namesake(cls: type[Any], shared: sa.Table, dialect: sa.Dialect) -> Statement:
    """Two questions, as one with `or` between them would be answered by looking at every row."""
    mine, place = shared.columns
    folder = sa.bindparam("folder", type_=sa.BigInteger())
    name = sa.bindparam("name", type_=sa.String())
    another = sa.select(cls.id).where(
        same_name(cls.name, name), cls.id != sa.bindparam("own", type_=sa.BigInteger())
    )
    at_home = another.where(cls.organization_unit_id == folder)
    as_guest = another.join(shared, mine == cls.id).where(place == folder)
    return compile_statement(at_home.union_all(as_guest), dialect)


def share(
    session: Session,
    caller: Caller,
    rows: Iterable[Any],
    shared: sa.Table,
    *,
    family: str,
    add: Sequence[int],
    remove: Collection[int],
) -> None:
    """Put rows into folders and take them out of others, all of them or none.

    `family` is that of the permissions: adding asks for `.Create` there, removing for `.Delete`.

    Raises:
        ItemNotFound: the caller cannot enter one of the folders.
        ForbiddenOperation: the caller may not do that there.
        NameAlreadyUsed: a folder has another of the same name.
        Conflict: nothing would be left of where it is.
    """
    _check(session, caller, add, f"{family}.Create")
    _check(session, caller, remove, f"{family}.Delete")
    for row in rows:
        before = folders_of(session, row, shared)
        after = [id_ for id_ in dict.fromkeys((*before, *add)) if id_ not in remove]
        if not after:
            raise Conflict(f"{row.name} would be in no folder any more.")
        session.flush()  # what became of the rows before it counts
        for folder_id in set(after) - set(before):
            check_free(session.connection(), type(row), row.name, folder_id, shared, own=row.id)
        mine, place = shared.columns
        session.execute(sa.delete(shared).where(mine == row.id))
        row.organization_unit_id, row.folders_count = after[0], len(after)
        if others := [{mine.name: row.id, place.name: id_} for id_ in after[1:]]:
            session.execute(sa.insert(shared), others)
    session.flush()


def _check(session: Session, caller: Caller, folders: Collection[int], permission: str) -> None:
    for folder_id in folders:
        if folder_id not in caller.folders or session.get(Folder, folder_id) is None:
            raise ItemNotFound(entity="Folder", resource_ids=[folder_id])
        if not caller.may(permission, folder_id):
            raise ForbiddenOperation(entity="Folder", resource_ids=[folder_id])


def accessible(session: Session, caller: Caller, row: Any, shared: sa.Table) -> dict[str, Any]:
    """Where a row is, as far as the caller can go there (AccessibleFoldersDto)."""
    inside = folders_of(session, row, shared)
    columns = (Folder.display_name, Folder.fully_qualified_name, Folder.id)
    found = session.execute(
        sa.select(*columns)
        .where(Folder.id.in_(caller.folders.intersection(inside)))
        .order_by(Folder.id)
    )
    listed = [
        {"DisplayName": name, "FullyQualifiedName": path, "Id": id_} for name, path, id_ in found
    ]
    return {"AccessibleFolders": listed, "TotalFoldersCount": len(inside)}
