"""What can be asked of robot logs, and what Elasticsearch would not answer."""

import re

import sqlalchemy as sa

from concertmaster.domain.call import Call
from concertmaster.domain.errors import InvalidRequest
from concertmaster.entities import RobotLog
from concertmaster.odata.operations import function
from concertmaster.odata.request import Options, Request
from concertmaster.odata.target import Target
from concertmaster.odata.write import hook

#: How deep a list may be paged into.
WINDOW = 10_000
#: How many rows a request that names no $top asks for.
PAGE = 1000

#: The only conditions there are: a member, how it is compared (API guide, Robots Requests).
CONDITIONS = frozenset({
    ("robotname", "eq"), ("jobkey", "eq"), ("machineid", "eq"), ("level", "ge"),
    ("timestamp", "gt"),
})  # fmt: skip

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_CONDITION = re.compile(r"\s*\(*\s*(\w+)\s+(\w+)\s+[^\s()]+\s*\)*\s*", re.ASCII)
_AND = re.compile(r"\s+and\s+", re.ASCII | re.IGNORECASE)


@hook("before_read", RobotLog)
def within_the_window(call: Call, target: Target, request: Request) -> None:
    """Where logs are kept in Elasticsearch, only so far and only by these conditions."""
    if call.settings.robot_logs == "elasticsearch" and target.key is None:
        check_window(request.options)
        check_conditions(request.options.get("$filter") or "")


def check_window(options: Options) -> None:
    top, skip = options.number("$top"), options.number("$skip") or 0
    if skip + (PAGE if top is None else top) > WINDOW:
        raise InvalidRequest(
            "Depth of pagination is limited in Elasticsearch by the max_result_window index "
            "setting. Make sure skip + take is lower than 10000"
        )


def check_conditions(text: str) -> None:
    """Every condition must be one of the few, and all of them joined by `and`."""
    for part in _AND.split(_QUOTED.sub("''", text)) if text.strip() else ():
        found = _CONDITION.fullmatch(part)
        if found is None or (found[1].lower(), found[2].lower()) not in CONDITIONS:
            raise InvalidRequest(
                "Invalid OData query options. Logs kept in Elasticsearch are searched by "
                "RobotName eq, JobKey eq, MachineId eq, Level ge and TimeStamp gt only."
            )


@function("RobotLogs", "GetTotalCount", permission="Logs.View")
def get_total_count(call: Call) -> int:
    """How many lines the folder has."""
    count = sa.select(sa.func.count()).where(RobotLog.organization_unit_id == call.folder)
    return call.session.scalar(count) or 0
