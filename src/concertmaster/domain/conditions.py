"""Expressions of permissions and scopes, such as `Queues.View and Transactions.Create`."""

import re
from collections.abc import Callable
from functools import cache

#: Names of permissions or scopes that someone has, in lower case.
Granted = frozenset[str]

_TOKEN = re.compile(r"\s*(?:([()])|([\w.]+))", re.ASCII)


@cache
def condition(expression: str) -> Callable[[Granted], bool]:
    """`Queues.View and (Transactions.View or Transactions.Edit)` → a test of what is granted.

    Names are compared in lower case; an empty expression holds for everyone.
    """
    words: list[str] = []
    at, text = 0, expression.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"not an expression of permissions: {expression!r}")
        words.append((found[1] or found[2]).lower())
        at = found.end()
    if not words:
        return lambda _granted: True
    words.reverse()  # read from the end: pop() is the next word
    parsed = _either(words)
    if words:
        raise ValueError(f"not an expression of permissions: {expression!r}")
    return parsed


def _either(words: list[str]) -> Callable[[Granted], bool]:
    parts = [_every(words)]
    while words and words[-1] == "or":
        words.pop()
        parts.append(_every(words))
    return parts[0] if len(parts) == 1 else lambda granted: any(part(granted) for part in parts)


def _every(words: list[str]) -> Callable[[Granted], bool]:
    parts = [_one(words)]
    while words and words[-1] == "and":
        words.pop()
        parts.append(_one(words))
    return parts[0] if len(parts) == 1 else lambda granted: all(part(granted) for part in parts)


def _one(words: list[str]) -> Callable[[Granted], bool]:
    word = words.pop() if words else ")"
    if word == "(":
        inner = _either(words)
        if not words or words.pop() != ")":
            raise ValueError("a parenthesis of an expression of permissions is not closed")
        return inner
    if word in (")", "and", "or"):
        raise ValueError("an expression of permissions lacks a name")
    return lambda granted: word in granted
