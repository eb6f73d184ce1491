"""What an item may hold: plain content, structured results, progress, each within its size."""

from collections.abc import Mapping
from typing import Any

import orjson

from concertmaster.domain.errors import (
    AnalyticsSizeExceeded,
    ContentSizeExceeded,
    InvalidArgument,
    OutputSizeExceeded,
    ProgressSizeExceeded,
    SizeExceeded,
)

#: An annotation of type beside a member: `"Name@odata.type": "#String"`. Not content.
ANNOTATION = "@odata.type"

PROGRESS_LENGTH = 104_857

#: Structured parts of an item: how long their JSON may be, and what is said when it is longer.
LIMITS: Mapping[str, tuple[int, type[SizeExceeded]]] = {
    "SpecificContent": (500 * 1024, ContentSizeExceeded),
    "Output": (100 * 1024, OutputSizeExceeded),
    "Analytics": (10 * 1024, AnalyticsSizeExceeded),
}


def flat(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What an item is about: names and plain values, annotations dropped."""
    members = structured("SpecificContent", content)
    for name, value in (members or {}).items():
        if isinstance(value, (dict, list)):
            raise InvalidArgument(f"SpecificContent may hold plain values only; {name} is not one.")
    return members


def structured(part: str, members: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A structured part without its annotations, of a size that can be kept."""
    if members is None:
        return None
    kept = {name: value for name, value in members.items() if not name.endswith(ANNOTATION)}
    limit, refusal = LIMITS[part]
    try:
        size = len(orjson.dumps(kept))
    except TypeError:  # nested too deep, or a number beyond 64 bits
        raise InvalidArgument(field=part) from None
    if size > limit:
        raise refusal(limit=limit)
    return kept


def as_data(members: Mapping[str, Any]) -> str:
    """A structured part as the text members (SpecificData, OutputData) show it."""
    return orjson.dumps({"DynamicProperties": members}).decode()


def check_progress(progress: str | None) -> None:
    if progress is not None and len(progress) > PROGRESS_LENGTH:
        raise ProgressSizeExceeded(limit=PROGRESS_LENGTH)
