"""Which rows may be seen, as conditions: of one folder, of some folders, through a navigation."""

from collections.abc import Collection

import sqlalchemy as sa

from concertmaster.entities import Folder
from concertmaster.odata.model import EntityType
from concertmaster.odata.plan import Inside, Restriction
from concertmaster.odata.query import list_value, one_of

Conditions = list[sa.ColumnElement[bool]]


def in_folder(folder_id: int, *, strict: bool) -> Restriction:
    """Rows of one folder; unless `strict`, those without a folder too."""

    def conditions(root: sa.FromClause) -> Conditions:
        column = root.c.organization_unit_id
        matches = column == sa.bindparam("r_folder", type_=sa.BigInteger())
        return [matches if strict else sa.or_(matches, column.is_(None))]

    return Restriction("folder" if strict else "folder?", conditions, {"r_folder": folder_id})


def among(
    name: str, folders: Collection[int], dialect: str, *, or_none: bool = False
) -> Restriction:
    """Rows whose column names one of the folders."""

    def conditions(root: sa.FromClause) -> Conditions:
        inside = one_of(root.c[name], "r_folders", dialect)
        return [sa.or_(inside, root.c[name].is_(None)) if or_none else inside]

    values = {"r_folders": list_value(sorted(folders), dialect)}
    return Restriction(f"among {name} {or_none}", conditions, values)


def reachable(folders: Collection[int], dialect: str) -> Inside:
    """What expansions may show: rows of these folders, and rows that have no folder."""

    def conditions(entity_type: EntityType, root: sa.FromClause) -> Conditions:
        if entity_type.table is Folder.__table__:
            return [one_of(root.c.id, "i_folders", dialect)]
        if "organization_unit_id" not in root.c:
            return []
        column = root.c.organization_unit_id
        return [sa.or_(one_of(column, "i_folders", dialect), column.is_(None))]

    return Inside("folders", conditions, {"i_folders": list_value(sorted(folders), dialect)})
