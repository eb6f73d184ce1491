"""JSON schemas, and values held against them.

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

#: How much of a reason is told: it may quote the value it is about.
REASON_LENGTH = 500

#: What a schema may run into that its own rules don't forbid: a circle, a reference to nowhere, an
#: expression of another dialect, a number beyond reckoning.
_UNUSABLE = (RecursionError, Unresolvable, re.error, ArithmeticError)


def flaw_of(text: str) -> str | None:
    """Why a text is no JSON schema; None where it is one."""
    try:
        list(_validator(text).iter_errors({}))  # some flaws show only in use
    except SchemaError as error:
        return _reason(error)
    except (ValueError, *_UNUSABLE) as error:
        return _told(error)
    return None


def misfit_of(text: str, members: Mapping[str, Any]) -> str | None:
    """Why an object does not fit a schema; None where it does."""
    try:
        worst = best_match(_validator(text).iter_errors(dict(members)))
    except _UNUSABLE as error:
        return _told(error)
    return None if worst is None else _reason(worst)


@lru_cache(maxsize=256)
def _validator(text: str) -> Validator:
    schema = orjson.loads(text)
    if not isinstance(schema, dict):
        raise ValueError("it is not a JSON object")
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, registry=REGISTRY, format_checker=kind.FORMAT_CHECKER)


def _told(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:REASON_LENGTH]


def _reason(error: ValidationError | SchemaError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".")
    return (f"{place}: {error.message}" if place else error.message)[:REASON_LENGTH]
