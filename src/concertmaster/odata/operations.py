"""Actions and functions: declared on a Python function, bound to a request, called.

    @action("Jobs", "StartJobs", status=201, permission="Jobs.Create")
    def start_jobs(call: Call, start_info: StartInfo) -> list[Job]:
        \"\"\"Start a process on robots.\"\"\"

The signature is the declaration: parameters after `call` (and `key`, for an operation on one
entity) are the operation's parameters, validated by pydantic and matched in any letter case;
the return annotation says what is answered. (OData 4.01 part 1, 11.5.)
"""

import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Annotated, Any, BinaryIO, Protocol, TypeVar

import orjson
import pydantic
from pydantic.alias_generators import to_pascal

from concertmaster.odata.declare import pascal
from concertmaster.odata.errors import BadRequest, InvalidPayload
from concertmaster.odata.ignored import ignore
from concertmaster.odata.request import Options, Request, split_list

MARK = "__odata_operation__"

#: A number that names a row: a parameter beyond 64 bits is refused before a database sees it.
Id = Annotated[int, pydantic.Field(ge=-(2**63), lt=2**63)]


class Payload(pydantic.BaseModel):
    """A structured parameter: members in PascalCase, accepted in any letter case.

    Members nobody declared are ignored; enumerations come by name, number, or number in quotes.
    """

    model_config = pydantic.ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, extra="ignore", frozen=True
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _any_case(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        fields = _fields_of(cls)
        matched = {}
        for name, value in data.items():
            found = fields.get(str(name).lower())
            if found:
                attribute, members = found
                matched[attribute] = value if members is None else read_enum(members, value)
        return matched


def read_list(payload: type[Payload], given: Any, name: str) -> list[Any]:
    """Members of a navigation, as a payload brought them → validated; None is an empty list.

    Raises:
        InvalidPayload: it is no list, or one of them does not fit.
    """
    if given is None:
        return []
    if not isinstance(given, list):
        raise InvalidPayload(f"The value of {name} is not valid: a list is expected.", member=name)
    try:
        return [payload.model_validate(item) for item in given]
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in (name, *first["loc"]))
        raise InvalidPayload(_sentence(path, first), member=name) from None


P = TypeVar("P", bound=Payload)


def read_payload(payload: type[P], given: Mapping[str, Any]) -> P:
    """The members of a body that a payload declares. Raises InvalidPayload where they don't fit."""
    try:
        return payload.model_validate(given)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise InvalidPayload(_sentence(path, first), member=path) from None


_FIELDS: dict[type, dict[str, tuple[str, type[enum.IntEnum] | None]]] = {}


def _fields_of(cls: type[Payload]) -> dict[str, tuple[str, type[enum.IntEnum] | None]]:
    if cls not in _FIELDS:
        _FIELDS[cls] = {
            (info.alias or name).lower(): (name, _enum_of(info.annotation))
            for name, info in cls.model_fields.items()
        }
    return _FIELDS[cls]


def _enum_of(annotation: Any) -> type[enum.IntEnum] | None:
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, enum.IntEnum):
            return part
    return None


def read_enum(members: type[enum.IntEnum], value: Any) -> Any:
    """A member by name in any letter case, by number, or by number in quotes.

    Raises ValueError for anything else, in ODL's words.
    """
    if value is None or isinstance(value, members):
        return value
    if isinstance(value, str):
        for name, member in members.__members__.items():
            if name.lower() == value.strip().lower():
                return member
        if value.strip().lstrip("-").isdecimal():
            value = int(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value in {int(member) for member in members}
    ):
        return members(value)
    raise ValueError(f"The string '{value}' is not a valid enumeration type constant.")


@dataclass(frozen=True)
class Body:
    """A parameter that takes the body of the request as it came: files, say, not JSON."""

    content: BinaryIO
    media_type: str  #: with its parameters, as the header has it

    def members(self) -> Mapping[str, Any]:
        """Those of the JSON object that it is. Raises InvalidPayload."""
        return read_object(self.content.read())


class Rows(Protocol):
    """A parameter that takes the engine's own way to make and change rows: as POST and PUT do."""

    def create(self, cls: type[Any], payload: Mapping[str, Any]) -> Any:
        """A new row of a payload, with all that must hold around it."""
        ...

    def replace(self, entity: Any, payload: Mapping[str, Any]) -> None:
        """A row changed by a payload; what is missing goes back to its default."""
        ...


class Nothing:
    """What an operation returns that answers an empty object."""


@dataclass(frozen=True)
class Parameter:
    name: str  #: the Python name
    wire: str  #: the name on the wire, in camelCase as declared
    required: bool
    default: Any
    annotation: Any
    adapter: Any  #: a pydantic TypeAdapter


@dataclass(frozen=True, eq=False)
class Operation:
    """A declared action or function."""

    kind: str  #: "action", "function", "replacement" or "deletion"
    set_name: str | None  #: the set it is bound to; None for an unbound one
    namespace: str
    name: str
    on_entity: bool  #: bound to one entity rather than to the collection
    run: Callable[..., Any]
    status: int | None
    host: Mapping[str, Any] = field(default_factory=dict)

    @property
    def qualified(self) -> str:
        return f"{self.namespace}.{self.name}"

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.run) or ""

    @cached_property
    def returns(self) -> Any:
        return typing.get_type_hints(self.run, include_extras=True).get("return")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        hints = typing.get_type_hints(self.run, include_extras=True)
        found = []
        signature = list(inspect.signature(self.run).parameters.values())
        for parameter in signature[2 if self.on_entity else 1 :]:
            annotation = hints[parameter.name]
            if annotation in (Options, Body, Rows):
                continue
            wire = pascal(parameter.name)
            found.append(
                Parameter(
                    parameter.name, wire[0].lower() + wire[1:],
                    parameter.default is inspect.Parameter.empty, parameter.default,
                    annotation, pydantic.TypeAdapter(annotation),
                )
            )  # fmt: skip
        return tuple(found)

    @cached_property
    def options(self) -> str | None:
        """The name of the parameter that takes the request's query options, if there is one."""
        return self._taking(Options)

    @cached_property
    def body(self) -> str | None:
        """The name of the parameter that takes the body as it came, if there is one."""
        return self._taking(Body)

    @cached_property
    def rows(self) -> str | None:
        """The name of the parameter that makes and changes rows, if there is one."""
        return self._taking(Rows)

    @cached_property
    def _wires(self) -> frozenset[str]:
        return frozenset(parameter.wire.lower() for parameter in self.parameters)

    def _taking(self, kind: type) -> str | None:
        hints = typing.get_type_hints(self.run)
        return next((name for name, hint in hints.items() if hint is kind), None)

    def bind(self, given: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
        """Arguments by Python name.

        Raises:
            InvalidPayload: one is missing or does not fit; or, if `strict`, is not declared.
        """
        by_lower = {name.lower(): value for name, value in given.items()}
        bound = {}
        for name in given if not self.options else ():
            if name.lower() not in self._wires:
                if strict:
                    raise InvalidPayload(f"{self.name} has no parameter '{name}'.", member=name)
                ignore("member" if self.kind == "action" else "option", name)
        for parameter in self.parameters:
            value = by_lower.get(parameter.wire.lower())
            if isinstance(value, str) and "\0" in value:
                raise InvalidPayload("A text must not contain the character U+0000.")
            if value is None:
                if parameter.required:
                    raise InvalidPayload(
                        f"{parameter.wire} must not be null", member=parameter.wire
                    )
                bound[parameter.name] = parameter.default
                continue
            bound[parameter.name] = _validate(parameter, value)
        return bound


def _validate(parameter: Parameter, value: Any) -> Any:
    members = _enum_of(parameter.annotation)
    try:
        if members is not None:
            return read_enum(members, value)
        return parameter.adapter.validate_python(value, strict=False)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in (parameter.wire, *first["loc"]))
        raise InvalidPayload(_sentence(path, first), member=path) from None
    except ValueError as error:
        raise InvalidPayload(str(error), member=parameter.wire) from None


def _sentence(path: str, error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return f"The {path.rpartition('.')[2]} field is required."
    message = error["msg"].removeprefix("Value error, ")
    return f"The value of {path} is not valid: {message}"


# --- declaring ------------------------------------------------------------------------------


def _declare(
    kind: str,
    set_name: str | None,
    name: str,
    *,
    key: bool,
    status: int | None,
    host: dict[str, Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    namespace, _, short = name.rpartition(".")

    def mark(run: Callable[..., Any]) -> Callable[..., Any]:
        operation = Operation(kind, set_name, namespace, short, key, run, status, host)
        setattr(run, MARK, [*getattr(run, MARK, ()), operation])
        return run

    return mark


def action(
    set_name: str | None, name: str, *, key: bool = False, status: int | None = None, **host: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a POST operation; `name` may carry its namespace. `key` binds it to one entity."""
    return _declare("action", set_name, name, key=key, status=status, host=host)


def function(
    set_name: str | None, name: str, *, key: bool = False, status: int | None = None, **host: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a GET operation."""
    return _declare("function", set_name, name, key=key, status=status, host=host)


def replacement(
    set_name: str | None, name: str, *, key: bool = False, status: int | None = None, **host: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An operation that answers PUT, its parameters in the body. OData knows no such thing."""
    return _declare("replacement", set_name, name, key=key, status=status, host=host)


def deletion(
    set_name: str | None, name: str, *, key: bool = False, status: int | None = None, **host: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An operation that answers DELETE, its parameters in the URL. OData knows no such thing."""
    return _declare("deletion", set_name, name, key=key, status=status, host=host)


#: Method → the kind of operation that answers it.
KINDS = {"GET": "function", "POST": "action", "PUT": "replacement", "DELETE": "deletion"}


class Operations:
    """All operations of a service, found by set, binding and name in any letter case."""

    def __init__(self, modules: Iterable[ModuleType], namespace: str) -> None:
        self.namespace = namespace
        self.all: list[Operation] = []
        self._by_name: dict[tuple[str, bool, str, str], Operation] = {}
        for module in modules:
            for member in vars(module).values():
                if isinstance(member, types.FunctionType) and member.__module__ == module.__name__:
                    for operation in getattr(member, MARK, ()):
                        self._add(operation)
        self.set_names = {o.set_name.lower() for o in self.all if o.set_name}

    def _add(self, operation: Operation) -> None:
        if not operation.namespace:
            operation = Operation(
                operation.kind, operation.set_name, self.namespace, operation.name,
                operation.on_entity, operation.run, operation.status, operation.host,
            )  # fmt: skip
        self.all.append(operation)
        bound = (operation.set_name or "").lower()
        for name in (operation.name, operation.qualified):
            key = (bound, operation.on_entity, operation.kind, name.lower())
            self._by_name.setdefault(key, operation)

    def find(
        self, set_name: str | None, name: str, *, on_entity: bool, method: str
    ) -> Operation | None:
        kind = KINDS.get(method, "")
        return self._by_name.get(((set_name or "").lower(), on_entity, kind, name.lower()))

    def methods(self, set_name: str | None, name: str, *, on_entity: bool) -> list[str]:
        """The methods for which the name exists."""
        bound = (set_name or "").lower()
        return [
            method
            for method, kind in KINDS.items()
            if (bound, on_entity, kind, name.lower()) in self._by_name
        ]


# --- arguments ------------------------------------------------------------------------------


def body_arguments(request: Request) -> Mapping[str, Any]:
    """The parameters of an action from its body; no body is no parameters.

    Raises:
        InvalidPayload: not JSON, or not an object.
    """
    return read_object(request.body) if request.body.strip() else {}


def read_object(body: bytes) -> Mapping[str, Any]:
    """A JSON object; a comma too many, which examples of the API guide have, is let by."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _read_lenient(body)
    if not isinstance(value, dict):
        raise InvalidPayload("The request body must be a JSON object.")
    if b"\\u0000" in body and _holds_nul(value):
        raise InvalidPayload("A text must not contain the character U+0000.")
    return value


def _holds_nul(value: Any) -> bool:
    """Whether a text in it cannot be stored: PostgreSQL's have no NUL."""
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_holds_nul(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _read_lenient(body: bytes) -> Any:
    import re

    try:
        text = body.decode("utf-8-sig")
        # Newtonsoft, which reads the real product's bodies, allows a comma before a closing brace.
        strings_kept = re.sub(
            r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda match: match.group(1) or "", text
        )
        return orjson.loads(strings_kept)  # refuses NaN and lone surrogates
    except (ValueError, RecursionError):
        raise InvalidPayload("The request body is not valid JSON.") from None


def inline_arguments(text: str | None, aliases: Mapping[str, str]) -> dict[str, Any]:
    """`(a=1,b='x',c=@p)` → values by name; literals become plain Python values."""
    if not text:
        return {}
    arguments = {}
    for part in split_list(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise BadRequest(f"The parameter '{part}' has no value.")
        arguments[name.strip()] = read_literal(value.strip(), aliases)
    return arguments


def read_literal(text: str, aliases: Mapping[str, str]) -> Any:
    """A literal as it stands in a URL; bare text (GUIDs, names) stays text."""
    if text.startswith("@"):
        if text not in aliases:
            raise BadRequest(f"The parameter alias '{text}' has no value.")
        text = aliases[text].strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] in "{[" and text:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise BadRequest(f"The value '{text[:200]}' is not valid JSON.") from None
    return {"null": None, "true": True, "false": False}.get(text.lower(), text)
