"""Names of sets, operations and paths that lie near to one that does not exist."""

import re
from difflib import get_close_matches
from functools import cache

from concertmaster.model import model
from concertmaster.surface import operations


def nearest_set(name: str, *, cutoff: float = 0.6) -> str | None:
    """The entity set whose name is most like it; with `cutoff` 1 only the name itself."""
    return _nearest(name, _sets(), cutoff)


def nearest_operation(set_name: str, name: str) -> str | None:
    """The operation or member of a set that is most like the name; a bare name is enough."""
    known = _below().get(set_name.lower(), {})
    short = name.rpartition(".")[2]
    return _nearest(name, known, 0.6) or _nearest(short, known, 0.6)


def nearest_path(path: str) -> str | None:
    """The plain path that is most like it."""
    return _nearest(path, _paths(), 0.75)


def _nearest(name: str, known: dict[str, str], cutoff: float) -> str | None:
    if cutoff == 1:
        return known.get(name.lower())
    near = get_close_matches(name.lower(), known, 1, cutoff)
    return known[near[0]] if near else None


@cache
def _sets() -> dict[str, str]:
    """Names by themselves in lower case: those that are built, and those that are known."""
    names = {path.split("/")[2].partition("(")[0] for path in _odata()} | set(model().sets)
    return {name.lower(): name for name in names}


@cache
def _below() -> dict[str, dict[str, str]]:
    """What follows a set in a path: by its full name, and by the last part of it."""
    found: dict[str, dict[str, str]] = {}
    for path in _odata():
        parts = path.split("/")
        if len(parts) > 3:
            word = re.sub(r"\(.*", "", parts[3])
            known = found.setdefault(re.sub(r"\(.*", "", parts[2]).lower(), {})
            known[word.lower()] = word
            known.setdefault(word.rpartition(".")[2].lower(), word)
    for name, entity_set in model().sets.items():
        members = (*entity_set.type.properties, *entity_set.type.navigations)
        known = found.setdefault(name.lower(), {})
        known.update({member.lower(): member for member in members if member.lower() not in known})
    return found


@cache
def _paths() -> dict[str, str]:
    return {op.path.lower(): op.path for op in operations() if not op.path.startswith("/odata/")}


def _odata() -> list[str]:
    return [op.path for op in operations() if op.path.startswith("/odata/")]
