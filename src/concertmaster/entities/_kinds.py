"""The base of every entity and the columns that many of them share.

Shared columns are types, not mixins, so that each entity says in place where its members come
out in an answer. They are ours to set: a payload's value is ignored.
"""

from typing import Annotated

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

from concertmaster.odata.declare import TYPES, Declared, GuidText, InstantText, prop


class Entity(Declared, DeclarativeBase):
    """What every entity is.

    Words that the application reads, beside the engine's own:

    - `permission`: the family of permissions; GET asks `.View`, POST `.Create`, PUT and PATCH
      `.Edit`, DELETE `.Delete`
    - `permissions`: by method, where the family is not the answer. Names, `and`, `or`,
      parentheses; empty means that signing in is enough; `GET(key)` is a read of one entity,
      where it differs from a list
    - `scope`: the OAuth family; GET asks `.Read` or the bare name, the rest `.Write` or the bare
    - `folder`: "required", "optional" or None: whether a request must say its folder
    - `shared`: the table of the other folders in which a row is at home as well; its first column
      is the row's, its second the folder's
    - `type_name`, `key`: names on the wire that do not follow from the class
    """

    type_annotation_map = TYPES
    metadata = sa.MetaData(
        naming_convention={  # Alembic drops a constraint by its name: each must have one
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


#: The folder that an entity lives in, and its path as it stands in answers. Not indexed here: each
#: list is asked for by folder and something else, and has an index of both.
FolderId = Annotated[int, prop(sa.ForeignKey("folders.id"), computed=True)]
FolderPath = Annotated[str, prop(type_=sa.String(), computed=True)]

#: Who made or last changed an entity, and when.
SetAt = Annotated[str, prop(type_=InstantText(), computed=True)]
SetBy = Annotated[int, prop(type_=sa.BigInteger(), computed=True)]

#: The identity of an entity beside its number: given once, by us.
UniqueKey = Annotated[str, prop(type_=GuidText(), unique=True, computed=True)]

#: The number of a type that Orchestrator counts in 32 bits.
SmallKey = Annotated[int, mapped_column(sa.Integer, primary_key=True, autoincrement=True)]


def link(target: str, *, ondelete: str = "SET NULL") -> sa.ForeignKey:
    """A foreign key that lets its target go: history outlives what it speaks of."""
    return sa.ForeignKey(target, ondelete=ondelete)
