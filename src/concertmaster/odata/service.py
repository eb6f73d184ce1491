"""The pipeline: a request goes in, an answer comes out; each step is a module of its own.

    routes → Service.respond → target (what the path names) → host.open (who asks, may they)
           → reading | changing | calling → plan → query → response

A service knows a model, its operations and hooks, and a host: the application, which says who
may do what and in which session.
"""

from functools import lru_cache

from concertmaster.odata import metadata
from concertmaster.odata.calling import Calling
from concertmaster.odata.changing import Changing
from concertmaster.odata.errors import MethodNotAllowed
from concertmaster.odata.host import Behaviour, Call, Host
from concertmaster.odata.model import Model
from concertmaster.odata.operations import Operations
from concertmaster.odata.reading import Reading
from concertmaster.odata.request import Request, split_path
from concertmaster.odata.response import Response
from concertmaster.odata.selection import Complex, Extended, Selection, Values, select
from concertmaster.odata.target import Target, resolve
from concertmaster.odata.write import Hooks

__all__ = [
    "Behaviour", "Call", "Complex", "Extended", "Host", "Selection", "Service", "Values",
    "select",
]  # fmt: skip

#: As many resolved paths are remembered.
_MOST_TARGETS = 1_000


class Service:
    """An OData service over a model."""

    def __init__(
        self,
        model: Model,
        host: Host,
        *,
        operations: Operations | None = None,
        hooks: Hooks | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.model = model
        self.host = host
        self.operations = operations or Operations((), model.namespace)
        hooks, behaviour = hooks or Hooks(()), behaviour or Behaviour()
        self.reading = Reading(model, host, hooks, behaviour)
        self.changing = Changing(host, hooks, behaviour, self.reading)
        self.calling = Calling(self.reading, self.changing)
        self._known = lru_cache(_MOST_TARGETS)(self._resolve)
        self._methods = {
            "GET": self.reading.get,
            "POST": self.changing.post,
            "PUT": self.changing.put,
            "PATCH": self.changing.patch,
            "DELETE": self.changing.delete,
        }

    def respond(self, request: Request) -> Response:
        """The answer to a request.

        Raises:
            ODataError: the request cannot be answered; or what the host raises.
        """
        target = self._resolved(request)
        if target.document:
            return self._document(target.document, request)
        with self.host.open(request, target) as call:
            if target.operation:
                return self.calling.call(call, target, request)
            return self._methods[request.method](call, target, request)

    def _resolved(self, request: Request) -> Target:
        """What the path names; looked up where it has no key, as such paths come again."""
        resolved = self._resolve if "(" in request.path else self._known
        return resolved(request.method, request.path)

    def _resolve(self, method: str, path: str) -> Target:
        return resolve(method, split_path(path), self.model, self.operations)

    def _document(self, document: str, request: Request) -> Response:
        if request.method != "GET":
            raise MethodNotAllowed(
                "The requested resource does not support this method.", allow="GET"
            )
        if document == "$metadata":
            return metadata.csdl_response(self.model, self.operations)
        return metadata.service_document(self.model, request.base)
