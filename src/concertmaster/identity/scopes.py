"""The OAuth scopes that exist, and which of them an application is given."""

import re

#: What the API description asks for, without `.Read` and `.Write`.
FAMILIES = (
    "Administration", "Analytics", "Assets", "Audit", "AutomationSolutions",
    "BackgroundTasks", "BusinessRules", "Execution", "Folders", "Hypervisor", "Jobs",
    "License", "Machines", "ML", "Monitoring", "Queues", "Robots", "Settings", "Tasks",
    "TestDataQueues", "TestSetExecutions", "TestSets", "TestSetSchedules", "Users",
    "Webhooks",
)  # fmt: skip

#: Asked for by every client that knows OpenID, whatever its application is registered for.
_OPENID = frozenset({"openid", "profile", "email", "offline_access"})

SUPPORTED = sorted(
    _OPENID
    | {"OR.Default", "OrchestratorApiUserAccess"}  # all of Orchestrator
    | {f"OR.{family}{ending}" for family in FAMILIES for ending in ("", ".Read", ".Write")}
)

_KNOWN = frozenset(SUPPORTED)
_OF_OTHER_PRODUCTS = re.compile(r"(?!OR\.)[A-Za-z]\w*(\.\w+)+", re.ASCII)


class InvalidScope(Exception):
    """A scope that nobody knows, or that the application is not registered for."""


def granted(asked: str, registered: frozenset[str] | None) -> frozenset[str]:
    """What an application gets that asks for `asked`; nothing asked is all it may have."""
    wanted = frozenset(asked.split())
    if not wanted:
        return registered if registered is not None else frozenset({"OR.Default"})
    for scope in wanted:
        if scope not in _KNOWN and not _OF_OTHER_PRODUCTS.fullmatch(scope):
            raise InvalidScope(scope)
        if registered is not None and scope not in registered and scope not in _OPENID:
            raise InvalidScope(scope)
    return wanted
