"""Headers that mean nothing here: ignored, and noted, since somebody meant something by them."""

from starlette.types import Scope

#: What we act upon, and what browsers, clients, proxies and the protocol itself send.
_KNOWN = b"""
    accept accept-charset accept-encoding accept-language authorization cache-control connection
    content-encoding content-length content-type cookie date dnt expect forwarded from host
    if-match if-modified-since if-none-match if-unmodified-since keep-alive max-forwards
    odata-isolation odata-maxversion odata-version origin pragma prefer priority range referer te
    trailer transfer-encoding upgrade upgrade-insecure-requests user-agent via
    baggage correlation-context request-id traceparent tracestate x-request-id x-requested-with
    x-real-ip
    x-concertmaster-fault
    x-robot-agent x-robot-capabilities x-robot-license x-robot-machine x-robot-machine-encoded
    x-robot-service-username x-robot-service-username-encoded x-robot-version
    x-uipath-folderkey x-uipath-folderpath x-uipath-folderpath-encoded
    x-uipath-organizationunitid x-uipath-source x-uipath-tenantname x-uipath-traceparent-id
    x-uipath-user-agent
"""
KNOWN = frozenset(_KNOWN.split())
_FAMILIES = (b"sec-", b"x-forwarded-", b"access-control-", b"proxy-")


def unknown(scope: Scope) -> tuple[str, ...]:
    """`header x-colour`, for each header that makes no difference."""
    others = [name for name, _ in scope["headers"] if name not in KNOWN]
    if not others:
        return ()
    return tuple(
        f"header {name.decode('latin-1')}" for name in others if not name.startswith(_FAMILIES)
    )
