"""What a path names: a set, one entity, a property, a navigation, an operation, a document.

Names are looked up in dictionaries, in any letter case; nothing here is a regular expression
over the whole path. (OData 4.01 part 2, 4 resource path.)
"""

import re
from dataclasses import dataclass

from concertmaster.odata.errors import MethodNotAllowed, NoSuchResource
from concertmaster.odata.model import EntitySet, Model, Navigation, Property
from concertmaster.odata.operations import Operation, Operations
from concertmaster.odata.request import Segment

#: A key as a segment of its own, `Jobs/5` (4.01 part 2, 4.3.6): numbers and GUIDs only, so that
#: it can never hide an operation.
_KEY_SEGMENT = re.compile(r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


_OF_A_SET = frozenset({"GET", "POST"})
_OF_AN_ENTITY = frozenset({"GET", "PUT", "PATCH", "DELETE"})


@dataclass(slots=True)
class Target:
    """A resolved path. `key` is the text in parentheses; None addresses the collection."""

    set_name: str = ""
    entity_set: EntitySet | None = None
    key: str | None = None
    operation: Operation | None = None
    argument: str | None = None  #: inline parameters of the operation
    property: Property | None = None
    navigation: Navigation | None = None
    count: bool = False
    raw: bool = False  #: `/$value`
    document: str = ""  #: "service" or "$metadata"


def resolve(
    method: str, segments: tuple[Segment, ...], model: Model, operations: Operations
) -> Target:
    """The target of a path, which answers the method.

    Raises:
        NoSuchResource: the path names nothing.
        MethodNotAllowed: it names something that does not answer this method.
    """
    if not segments:
        return Target(document="service")
    first, rest = segments[0], segments[1:]
    if first.name.lower() == "$metadata" and not rest:
        return Target(document="$metadata")
    entity_set = model.set(first.name)
    if entity_set is None and first.name.lower() not in operations.set_names:
        return _unbound(first, rest, method, operations)
    key = first.argument or None
    if rest and key is None and entity_set and _KEY_SEGMENT.fullmatch(rest[0].name):
        key, rest = rest[0].name, rest[1:]
    name = entity_set.name if entity_set else first.name
    target = Target(name, entity_set, key)
    if rest:
        return _below(target, rest, method, operations)
    if entity_set is None:
        raise _nothing()
    _check_method(target, method)
    return target


def _unbound(
    first: Segment, rest: tuple[Segment, ...], method: str, operations: Operations
) -> Target:
    operation = operations.find(None, first.name, on_entity=False, method=method)
    if operation is None or rest:
        raise _nothing()
    return Target(operation=operation, argument=first.argument)


def _below(
    target: Target, rest: tuple[Segment, ...], method: str, operations: Operations
) -> Target:
    segment, further = rest[0], rest[1:]
    name, entity_set, key = target.set_name, target.entity_set, target.key
    operation = operations.find(name, segment.name, on_entity=key is not None, method=method)
    if operation is not None:
        if further:
            raise _nothing()
        return Target(name, entity_set, key, operation, segment.argument)
    if methods := operations.methods(name, segment.name, on_entity=key is not None):
        raise MethodNotAllowed(
            "The requested resource does not support this method.", allow=", ".join(methods)
        )
    if entity_set is None:
        raise _nothing()
    if segment.name == "$count" and key is None and not further:
        _only_get(method)
        return Target(name, entity_set, count=True)
    if key is None:
        raise _nothing()
    member = entity_set.type.find(segment.name)
    tail = [part.name for part in further]
    if isinstance(member, Property) and tail in ([], ["$value"]):
        _only_get(method)
        return Target(name, entity_set, key, property=member, raw=bool(tail))
    if isinstance(member, Navigation) and (not tail or (tail == ["$count"] and member.collection)):
        _only_get(method)
        return Target(name, entity_set, key, navigation=member, count=bool(tail))
    raise _nothing()


def _check_method(target: Target, method: str) -> None:
    assert target.entity_set
    answered = target.entity_set.declaration.methods
    fitting = _OF_A_SET if target.key is None else _OF_AN_ENTITY
    if method not in answered or method not in fitting:
        raise MethodNotAllowed(
            "The requested resource does not support this method.",
            allow=", ".join(sorted(answered & fitting)), set=target.set_name,
        )  # fmt: skip


def _only_get(method: str) -> None:
    if method != "GET":
        raise MethodNotAllowed("The requested resource does not support this method.", allow="GET")


def _nothing() -> NoSuchResource:
    return NoSuchResource("The requested resource was not found.")
