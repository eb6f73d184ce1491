"""Comparing answers with the API guide's examples: what is documented must be there, as it is.

An answer may hold newer members besides. Dates, numbers and nulls are compared as they stand.
"""

from collections.abc import Sequence
from typing import Any

CLOUD = "/acme/Default/orchestrator_"
SERVER = "UiPath.Server.Configuration.OData"
QUEUES = "UiPathODataSvc"

#: The one folder of the scenario.
FOLDER = {"X-UIPATH-OrganizationUnitId": "770643"}


def differences(documented: Any, answered: Any, at: str = "") -> list[str]:
    """Where an answer is not what the example shows; nothing if it agrees."""
    if isinstance(documented, dict) and isinstance(answered, dict):
        found = []
        for name, value in documented.items():
            if name not in answered:
                found.append(f"{at}/{name} is missing")
            else:
                found += differences(value, answered[name], f"{at}/{name}")
        return found
    if isinstance(documented, list) and isinstance(answered, list):
        if len(documented) != len(answered):
            return [f"{at}: {len(answered)} in place of {len(documented)}"]
        pairs = zip(documented, answered, strict=True)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{at}[{i}]")]
    same = documented == answered and isinstance(documented, bool) == isinstance(answered, bool)
    return [] if same else [f"{at}: {answered!r} in place of {documented!r}"]


def agrees(documented: Any, answered: Any) -> bool:
    """Whether it does; prints where it does not."""
    found = differences(documented, answered)
    for line in found:
        print(line)
    return not found


def collection(
    answer: dict[str, Any], *, context: str, count: int, rows: Sequence[dict[str, Any]]
) -> bool:
    """Whether a list has the documented context, count and rows; more rows may follow."""
    shown = {**answer, "value": answer["value"][: len(rows)]}
    shown["@odata.context"] = answer["@odata.context"].partition("$metadata#")[2]
    documented = {"@odata.context": context, "@odata.count": count, "value": list(rows)}
    return agrees(documented, shown)
