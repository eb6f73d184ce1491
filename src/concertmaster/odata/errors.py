"""Every way a request can fail inside the engine.

    ODataError                 the family; answered with `status`
    ├── BadRequest             400  the URL, an option, a header or the body is wrong
    │   ├── InvalidQuery       400  a query option does not hold: the sentence is the reason
    │   └── InvalidPayload     400  the body does not fit what it is for
    ├── NotFound               404  no such row
    │   └── NoSuchResource     404  no such set, operation or property in the URL
    ├── MethodNotAllowed       405
    ├── NotAcceptable          406
    ├── Conflict               409  another row is in the way
    ├── PreconditionFailed     412  If-Match names another version
    └── UnsupportedMediaType   415

The application turns the family into its own body (`Service.render_error`); the sentences are
those of ASP.NET Core OData where it has one (odata.net, Microsoft.OData.Core.txt).
"""

from http import HTTPStatus
from typing import Any


class ODataError(Exception):
    """A request that cannot be answered; `message` says why to the one who sent it."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadRequest(ODataError):
    status = HTTPStatus.BAD_REQUEST


class InvalidQuery(BadRequest):
    """A system query option that does not hold."""


class InvalidPayload(BadRequest):
    """A body that does not fit; `details["member"]` names the member when one is to blame."""


class NotFound(ODataError):
    """No such row; `details["type"]` is the entity type that was looked for."""

    status = HTTPStatus.NOT_FOUND


class NoSuchResource(NotFound):
    """The path names nothing that exists."""


class MethodNotAllowed(ODataError):
    """`details["allow"]` lists the methods that are."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class NotAcceptable(ODataError):
    status = HTTPStatus.NOT_ACCEPTABLE


class Conflict(ODataError):
    """`details` hold `type`, `property` and `value` of what is taken."""

    status = HTTPStatus.CONFLICT


class PreconditionFailed(ODataError):
    status = HTTPStatus.PRECONDITION_FAILED


class UnsupportedMediaType(ODataError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
