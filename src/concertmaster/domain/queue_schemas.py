"""The JSON schemas of a queue: what its items' content, output and analytics must fit.

A schema says by `$schema` which draft it is of; without that it is of the newest. It stands alone:
what it refers to must be in itself, nothing is ever fetched.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable

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

#: How much of a reason is told: it may quote the value it is about.
REASON_LENGTH = 500

#: What a schema may run into that its own rules don't forbid: a circle, a reference to nowhere, an
#: expression of another dialect, a number beyond reckoning.
_UNUSABLE = (RecursionError, Unresolvable, re.error, ArithmeticError)


def check_definition(field: str, text: str) -> None:
    """Raises InvalidSchema where the text is no JSON schema."""
    try:
        list(_validator(text).iter_errors({}))  # some flaws show only in use
    except SchemaError as error:
        raise InvalidSchema(field=field, reason=_reason(error)) from None
    except (ValueError, *_UNUSABLE) as error:
        raise InvalidSchema(field=field, reason=str(error)[:REASON_LENGTH]) from None


def check(queue: QueueDefinition, part: str, members: Mapping[str, Any] | None) -> None:
    """Hold a part of an item against its queue's schema, if there is one; none is an empty one.

    Raises SchemaViolation.
    """
    text = getattr(queue, SCHEMAS[part])
    if not text:
        return
    try:
        worst = best_match(_validator(text).iter_errors(dict(members or {})))
    except _UNUSABLE as error:
        raise SchemaViolation(part=part, reason=str(error)[:REASON_LENGTH]) from None
    if worst is not None:
        raise SchemaViolation(part=part, reason=_reason(worst))


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


@lru_cache(maxsize=256)
def _validator(text: str) -> Validator:
    schema = orjson.loads(text)
    if not isinstance(schema, dict):
        raise ValueError("it is not a JSON object")
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, registry=REGISTRY, format_checker=kind.FORMAT_CHECKER)


def _reason(error: ValidationError | SchemaError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".")
    return (f"{place}: {error.message}" if place else error.message)[:REASON_LENGTH]
