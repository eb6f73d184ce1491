"""The known surface: every call of the real product, built here or not, with what it asks for.

The table beside this file holds the operations of the published API descriptions and those that
clients were seen to call outside them. `find` tells which of them a request means, so that what
is not built answers 501 with its name; tests and documentation read the permissions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: a method, the template of its path, and who may make it."""

    method: str
    path: str  #: below `/odata`, `/api`…, as published: `/odata/Jobs({key})`
    name: str  #: `Jobs_GetById`
    permissions: str  #: `Queues.View and Transactions.View`; empty: none, or signing in is enough
    scopes: tuple[str, ...]  #: each one is enough
    source: str  #: "v20", "v16" and "v11" are published descriptions; "client" was seen in use


class Surface:
    """A table of operations that finds the one a request means.

    A path is looked up in one dictionary by its shape: names in lower case, keys and values left
    out. `/odata/Jobs(5)/X.Y(a=1,b='2')` has the shape of `/odata/Jobs({key})/X.Y(b={b},a='{a}')`.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._by_shape: dict[tuple[str, str], Operation] = {}
        self._by_names: dict[tuple[str, str], Operation] = {}
        self._wild: dict[tuple[str, int], list[tuple[list[str], Operation]]] = {}
        for operation in self.operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        segments = _split(operation.path)
        shape = _shape(segments)
        self._by_shape.setdefault((operation.method, shape), operation)
        self._by_names.setdefault((operation.method, _without_parameters(shape)), operation)
        if "/{" in operation.path:  # a plain call with a value between slashes
            rows = self._wild.setdefault((operation.method, len(segments)), [])
            rows.append(([segment.lower() for segment in segments], operation))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a decoded path means; parameters left out or added do not matter."""
        method = method.upper()
        segments = _split(path.removesuffix("/$count"))
        shape = _shape(segments)
        return (
            self._by_shape.get((method, shape))
            or self._by_names.get((method, _without_parameters(shape)))
            or self._find_wild(method, segments)
        )

    def _find_wild(self, method: str, segments: list[str]) -> Operation | None:
        asked = [segment.lower() for segment in segments]
        for template, operation in self._wild.get((method, len(segments)), ()):
            pairs = zip(template, asked, strict=True)
            if all(known == given or known.startswith("{") for known, given in pairs):
                return operation
        return None


#: A quoted value, in which slashes, commas and parentheses mean nothing; '' is a quote in it.
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_PARENTHESES = re.compile(r"^([^(]*)(?:\((.*)\))?$", re.DOTALL)
_PARAMETER = re.compile(r"(?:^|,)\s*([^=,\s]+)\s*=")
_FUNCTION_PARAMETERS = re.compile(r"(\.[^/(]*)\([^/]*\)")


def _split(path: str) -> list[str]:
    """The segments of a path, quoted values emptied: what they say does not matter here."""
    return _QUOTED.sub("''", path).strip("/").split("/")


def _shape(segments: list[str]) -> str:
    return "/".join(_shape_of(segment) for segment in segments)


def _shape_of(segment: str) -> str:
    """`Jobs(5)` → `jobs(*)`; `X.Y(b=1,a='')` → `x.y(a,b)`; `X.Y()` → `x.y`."""
    match = _PARENTHESES.match(segment.lower())
    name, inside = match.groups() if match else (segment.lower(), None)
    if not inside or not inside.strip():
        return str(name)
    if "." not in name:  # an entity set: whatever stands there is a key
        return f"{name}(*)"
    return f"{name}({','.join(sorted(_PARAMETER.findall(inside)))})"


def _without_parameters(shape: str) -> str:
    """The same for functions by name alone."""
    return _FUNCTION_PARAMETERS.sub(r"\1", shape)


@cache
def operations() -> tuple[Operation, ...]:
    """Every known operation, in the order of the table."""
    lines = files(__name__).joinpath("operations.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return tuple(
        Operation(method, path, name, permissions, tuple(scopes.split()), source)
        for method, path, name, permissions, scopes, source in rows
    )


@cache
def _surface() -> Surface:
    return Surface(operations())


def find(method: str, path: str) -> Operation | None:
    """The known operation that a request means, built here or not."""
    return _surface().find(method, path)
