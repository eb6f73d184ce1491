"""Names → what they stand for in the model: properties, navigations, collections."""

from collections.abc import Sequence

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.expression import Collection, NavigationPath, PropertyPath, Variable
from concertmaster.odata.model import EntityType, Navigation


def no_property(name: str, entity_type: EntityType | str) -> InvalidQuery:
    owner = entity_type if isinstance(entity_type, str) else entity_type.qualified
    return InvalidQuery(
        f"Could not find a property named '{name[:200]}' on type '{owner}'.",
        property=name, type=entity_type,
    )  # fmt: skip


def walk(
    variable: Variable, names: Sequence[str], purpose: str
) -> PropertyPath | NavigationPath | Collection:
    """Follow a path from a row; it may end at a property, a navigation or a collection."""
    entity_type = variable.entity_type
    hops: list[Navigation] = []
    rest = list(names)
    aliased = 0  #: how many of the next names come from an alias, which names no other
    while rest:
        name = rest.pop(0)
        aliased -= 1
        stands_for = entity_type.alias(name) if aliased < 0 else None
        if stands_for and entity_type.find(name) is None:
            rest = [*stands_for.split("/"), *rest]
            aliased = stands_for.count("/") + 1
            continue
        if name.lower() == f"{entity_type.namespace}.{entity_type.name}".lower():
            continue  # a cast to the type it already has
        found = entity_type.find(name)
        if found is None:
            raise no_property(name, entity_type)
        if not isinstance(found, Navigation):
            if purpose and not found.filterable:
                raise InvalidQuery(
                    f"The property '{found.name}' cannot be used in the {purpose} query option."
                )
            if rest:
                raise no_property(rest[0], found.edm)
            return PropertyPath(variable, tuple(hops), found)
        if found.collection:
            if rest:
                raise InvalidQuery(
                    f"The parent value for a property access of a property '{rest[0][:200]}' is "
                    "not a single value. Property access can only be applied to a single value."
                )
            return Collection(variable, tuple(hops), found, Variable("", found.target), None)
        hops.append(found)
        entity_type = found.target
    return NavigationPath(variable, tuple(hops))


def bind_path(text: str, entity_type: EntityType) -> PropertyPath | NavigationPath:
    """What a bare path such as `Robot/Name` names, aliases of the entity type included."""
    found = walk(Variable("$it", entity_type), text.strip().split("/"), purpose="")
    if isinstance(found, Collection):
        raise no_property(found.navigation.name, entity_type)
    return found
