"""The hourly figures of queues, summed up from the items that a scenario tells as ended."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from concertmaster.domain import clock
from concertmaster.domain.queue_figures import hour_of
from concertmaster.entities import (
    ProcessingExceptionType,
    QueueItem,
    QueueItemStatus,
    QueueProcessingRecord,
    ReportType,
)

if TYPE_CHECKING:
    from concertmaster.scenarios.building import Row, World

ENDED = frozenset({QueueItemStatus.Failed, QueueItemStatus.Successful, QueueItemStatus.Retried})

_PREFIX = {
    None: "successful_transactions",
    ProcessingExceptionType.ApplicationException: "application_exceptions",
    ProcessingExceptionType.BusinessException: "business_exceptions",
}


def add(world: "World") -> None:
    """A record for every hour of a queue, unless the scenario has records of its own."""
    if world.rows[QueueProcessingRecord]:
        return
    hours: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for item in world.rows[QueueItem].values():
        if item["status"] in ENDED and item["start_processing"] and item["end_processing"]:
            hour = hour_of(item["end_processing"])
            hours[item["queue_definition_id"], hour].append(item)
    for (queue, hour), items in sorted(hours.items()):
        world.new(
            QueueProcessingRecord,
            queue_definition_id=queue,
            processing_time=hour,
            report_type=ReportType.Hour,
            last_processed=max(item["end_processing"] for item in items),
            **_sums(items),
        )


def _sums(items: "list[Row]") -> dict[str, Any]:
    found: dict[str, Any] = {
        "total_number_of_transactions": len(items),
        "number_of_retried_items": sum(i["status"] == QueueItemStatus.Retried for i in items),
    }
    for failure, words in _PREFIX.items():
        ticks = [
            clock.ticks(item["end_processing"]) - clock.ticks(item["start_processing"])
            for item in items
            if _failure(item) == failure
        ]
        found[f"number_of_{words}"] = len(ticks)
        found[f"{words}_processing_time"] = sum(ticks) / clock.SECOND
    return found


def _failure(item: "Row") -> ProcessingExceptionType | None:
    if item["status"] == QueueItemStatus.Successful:
        return None
    kind = item["processing_exception_type"]
    return ProcessingExceptionType(kind or 0)
