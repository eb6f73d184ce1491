"""The JSON schemas of a queue: what its items' content, output and analytics must fit.

What holds values against them (`domain/json_schemas.py`) is imported for the first queue that has
one: a start would wait for it, and most tenants have none.
"""

from collections.abc import Mapping
from typing import Any

from concertmaster.domain.errors import (
    InvalidSchema,
    InvalidSchemaType,
    SchemaNotFound,
    SchemaViolation,
)
from concertmaster.entities import QueueDefinition
from concertmaster.odata.declare import pascal

#: A part of an item, by its name on the wire → the attribute of the queue that holds its schema.
SCHEMAS: Mapping[str, str] = {
    "SpecificContent": "specific_data_json_schema",
    "Output": "output_data_json_schema",
    "Analytics": "analytics_data_json_schema",
}


def check_definition(field: str, text: str) -> None:
    """Raises InvalidSchema where the text is no JSON schema."""
    from concertmaster.domain import json_schemas

    if reason := json_schemas.flaw_of(text):
        raise InvalidSchema(field=field, reason=reason)


def check(queue: QueueDefinition, part: str, members: Mapping[str, Any] | None) -> None:
    """Hold a part of an item against its queue's schema, if there is one; none is an empty one.

    Raises SchemaViolation.
    """
    text = getattr(queue, SCHEMAS[part])
    if not text:
        return
    from concertmaster.domain import json_schemas

    if reason := json_schemas.misfit_of(text, members or {}):
        raise SchemaViolation(part=part, reason=reason)


def definition(queue: QueueDefinition, kind: str) -> tuple[str, str]:
    """A schema by its name (`SpecificData`, in any case): the name as it is written, and the text.

    Raises:
        InvalidSchemaType: there is no schema of that name.
        SchemaNotFound: the queue has none.
    """
    for attribute in SCHEMAS.values():
        name = pascal(attribute).removesuffix("JsonSchema")
        if kind.lower() in (name.lower(), name.removesuffix("Data").lower()):
            text = getattr(queue, attribute)
            if not text:
                raise SchemaNotFound(name=name)
            return name, text
    raise InvalidSchemaType(name=kind[:50])
