"""What the engine asks of the application it serves, and how services differ."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.odata.model import EntityType
from concertmaster.odata.operations import Operation
from concertmaster.odata.plan import Inside, Limits, Restriction
from concertmaster.odata.request import Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change


class Call(Protocol):
    """What a request may use: made by the host, handed to operations and hooks."""

    @property
    def session(self) -> Session: ...
    @property
    def connection(self) -> sa.Connection: ...
    @property
    def now(self) -> str:
        """What `now()` means in a query: an instant."""
        ...


class Host(Protocol):
    """The application behind a service."""

    def open(self, request: Request, target: Target) -> AbstractContextManager[Any]:
        """Admit the request or raise; commit when the block ends well, else roll back."""
        ...

    def restrict(self, call: Any, entity_type: EntityType) -> Restriction | None:
        """Which rows the call may see; None is all."""
        ...

    def inside(self, call: Any) -> Inside | None:
        """What expansions of the call may show; None is everything."""
        ...

    def prepare(self, call: Any, entity: Any) -> None:
        """Give a new row what it gets from its call."""
        ...

    # Every change passes one of these, within the transaction of the call.

    def created(self, call: Any, entity: Any, change: Change) -> None:
        """A row was made; it has its key."""
        ...

    def updating(self, call: Any, entity: Any, change: Change) -> None:
        """A row is about to be written; its attributes still know what they were."""
        ...

    def deleting(self, call: Any, entity: Any) -> None:
        """A row is about to go."""
        ...

    def acted(
        self, call: Any, operation: Operation, key: Any, arguments: Mapping[str, Any], result: Any
    ) -> None:
        """An action or a deletion of one's own was done, on the entity with this key if any."""
        ...


@dataclass(frozen=True)
class Behaviour:
    """Where services differ from one another."""

    limits: Limits = field(default_factory=Limits)
    count_by_default: bool = False  #: `@odata.count` unless `$count=false`
    next_links: bool = True  #: page with `@odata.nextLink` instead of cutting silently
    context_expands: bool = True  #: name expansions in context URLs
    ignore_case: bool = True  #: compare strings without regard to ASCII case
    strict: bool = False  #: refuse members and query options that nobody declared
    updated_body: bytes | None = None  #: what PUT and PATCH answer; None is 204
