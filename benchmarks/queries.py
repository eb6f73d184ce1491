"""What a $filter costs before the database is asked: text to plan, in this process, without HTTP.

A shape is a filter with its literals cut out: one that is known has a plan already.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from sqlalchemy.dialects.sqlite import dialect

from concertmaster.model import model
from concertmaster.odata.plan import Asked, Planner

#: Conditions that are joined to filters of three, in every order.
_CONDITIONS = (
    "State eq 'Faulted'", "Robot/Name eq 'Robot{0}'", "Id gt {0}", "startswith(ReleaseName,'I{0}')",
    "CreationTime ge 2025-01-01T00:00:{0}Z", "contains(Info,'{0}')", "HasMediaRecorded eq false",
    "Release/Name ne 'Invoices {0}'", "Key ne 00000000-0000-4000-8000-0000000000{0}",
    "EndTime ne null",
)  # fmt: skip


@dataclass(frozen=True)
class Planning:
    """Medians, in µs, from the text of a $filter to a counting statement and its values.

    Counting, because the columns of a list are no matter of the filter.
    """

    known: float
    new: float


def planning(shapes: int = 400) -> Planning:
    filters = list(itertools.islice(_filters(), shapes))
    planner = Planner(model(), dialect(paramstyle="qmark"))
    _plan(planner, "Id eq 1")  # what is made once for all plans
    new = [_plan(planner, text.format(10)) for text in filters]
    known = [_plan(planner, text.format(11 + at % 48)) for at, text in enumerate(filters)]
    return Planning(median(known), median(new))


def _filters() -> Iterator[str]:
    for conditions in itertools.permutations(_CONDITIONS, 3):
        yield "{} and ({} or {})".format(*conditions)


def _plan(planner: Planner, text: str) -> float:
    jobs = model().set("Jobs")
    assert jobs is not None
    asked = Asked(jobs, options={"$filter": text}, rows=False, count=True)
    start = time.perf_counter()
    planner.plan(asked)
    return (time.perf_counter() - start) * 1e6
