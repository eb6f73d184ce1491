"""Clients write the same texts again and again: what was made of one is remembered."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

_MOST = 2048  # texts
_LONGEST = 500  # characters of one: what is longer seldom comes twice, and takes room


def remembered(make: Callable[[str], T]) -> Callable[[str], T]:
    """`make(text)` is called once for each of the last short texts."""
    known = lru_cache(_MOST)(make)

    @wraps(make)
    def ask(text: str) -> T:
        return known(text) if len(text) <= _LONGEST else make(text)

    return ask
