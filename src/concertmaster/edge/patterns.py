"""How fault rules and questions to the journal name requests: by path, in any letter case.

    /odata/Jobs              this path and what lies below it: Jobs(5), Jobs/UiPath….StartJobs
    /odata/*StartTransaction `*` stands for anything; the pattern is then the whole path

A path is the one below the tenant, so a pattern holds for all URL shapes; one with organization
and tenant is understood too.
"""

import re
from functools import lru_cache

from concertmaster.edge.address import split

Pattern = re.Pattern[str]

#: Where one entity's or one folder's name ends.
_BELOW = r"(?:[/(].*)?"


@lru_cache(maxsize=256)
def path_pattern(text: str) -> Pattern:
    """A pattern as written → what paths are matched with, from their beginning to their end."""
    path = "/" + text.strip().partition("?")[0].strip("/")
    address = split(path)
    if address is not None:
        path = address.rest
    whole = ".*".join(re.escape(part) for part in path.rstrip("/").split("*"))
    return re.compile(whole if "*" in path else whole + _BELOW, re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=256)
def set_pattern(name: str) -> Pattern:
    """The paths of an entity set: the set, its entities, its operations."""
    return re.compile(f"/odata/{re.escape(name)}{_BELOW}", re.IGNORECASE | re.DOTALL)
