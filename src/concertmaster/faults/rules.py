"""A fault as it is asked for: which requests, which of them, and what happens to them.

{"path": "/odata/Queues", "nth": 2, "status": 503}       the JSON of a rule
X-Concertmaster-Fault: 503; times=2                      the same, of one request
"""

import re
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from concertmaster.domain.errors import InvalidRequest
from concertmaster.edge.patterns import Pattern, path_pattern, set_pattern

#: The longest a request may be held up: clients gave up long before (milliseconds).
LONGEST_DELAY = 600_000

Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_DELAY)]
Many = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Effect(BaseModel):
    """What happens to a request, and how often; the words of the request header."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    nth: Many | None = None  #: from the n-th matching request on; without `times` only that one
    times: Many | None = None  #: how many requests it happens to; None is all
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    status: Annotated[int, Field(ge=200, le=599)] | None = None  #: answered in its place
    body: Any = None  #: of that answer; a text as it is, anything else as JSON
    retry_after: Annotated[int, Field(ge=0, le=86_400)] | None = None  #: seconds
    delay_ms: Milliseconds | tuple[Milliseconds, Milliseconds] | None = None
    #: Close the connection: before anything is done, or after it was, without an answer.
    drop: bool | Literal["before", "after"] = False
    #: Break the answer off after half of it, or after so many bytes.
    truncate: bool | Annotated[int, Field(ge=0)] = False
    expire_token: bool = False  #: the token that the request brings is good no more

    @model_validator(mode="after")
    def _something_possible(self) -> Self:
        if self.delay_ms is None and not self.answers:
            raise ValueError(
                "a fault needs something to do: status, delayMs, drop, truncate or expireToken"
            )
        if self.drop and (self.code or self.truncated or self.expire_token):
            raise ValueError("a connection that is dropped answers nothing: leave the rest out")
        if self.expire_token and self.status not in (None, 401):
            raise ValueError("a token that has expired is answered 401")
        if "body" in self.model_fields_set and self.code is None:
            raise ValueError("a body needs a status")
        if isinstance(self.delay_ms, tuple) and self.delay_ms[0] > self.delay_ms[1]:
            raise ValueError("delayMs: the first of the two is the shorter one")
        return self

    @property
    def code(self) -> int | None:
        """The status in place of the real answer, if there is one."""
        if self.status is None and self.retry_after is not None:
            return 429
        return self.status

    @property
    def truncated(self) -> bool:
        return self.truncate is not False

    @property
    def answers(self) -> bool:
        """Whether it decides what comes back; a mere delay does not."""
        return bool(self.code or self.drop or self.truncated or self.expire_token)

    @property
    def last(self) -> int | None:
        """How often it acts at most."""
        return 1 if self.nth is not None and self.times is None else self.times


class Rule(Effect):
    """An effect and the requests that it is for; what is not said matches all."""

    method: Annotated[str, Field(pattern=r"^\s*[A-Za-z]{1,20}\s*$")] | None = None
    path: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    entity_set: Annotated[str, Field(max_length=100, pattern=r"^\w+$")] | None = None

    def matches(self, method: str, path: str) -> bool:
        """`path` lies below the tenant and is decoded."""
        wanted, patterns = self.wanted
        if wanted is not None and wanted != method:
            return False
        return all(pattern.fullmatch(path) for pattern in patterns)

    @cached_property
    def wanted(self) -> tuple[str | None, tuple[Pattern, ...]]:
        """The method, and what the path must fit; made once, asked for each request."""
        by_set = [set_pattern(self.entity_set)] if self.entity_set else []
        by_path = [path_pattern(self.path)] if self.path else []
        return self.method and self.method.strip().upper(), (*by_set, *by_path)


_WORD = re.compile(
    r"""\s*([A-Za-z0-9]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[{\[].*[}\]]|[^;]*))?\s*(?:;|$)"""
)


def read_header(text: str) -> Effect:
    """`503; times=2` → an effect. The first word may be a status; a word alone is true.

    Raises:
        InvalidRequest: it says nothing that can be done.
    """
    words: dict[str, Any] = {}
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise InvalidRequest(f"X-Concertmaster-Fault: '{text[at:][:100]}' is not understood.")
        name, value = found.groups()
        if value is None and name.isdecimal():
            name, value = "status", name
        words[name] = True if value is None else _value(value.strip())
        at = found.end()
    try:
        return Effect.model_validate(words)
    except ValidationError as error:
        raise InvalidRequest(f"X-Concertmaster-Fault: {sentence(error)}") from None


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def sentence(error: ValidationError) -> str:
    """What is wrong with a rule, in one line."""
    first = error.errors()[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
