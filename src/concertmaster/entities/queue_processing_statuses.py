"""Queue processing statuses: how each queue stands, summed up from its items and its figures.

Not a table: a statement over queues, their items and their processing records, which the query
language works on like on any set. `stale_before` must be bound: an item in progress since before
that moment is taken for abandoned and not counted as in progress.
"""

from typing import Any

import sqlalchemy as sa

from concertmaster.entities._kinds import Entity
from concertmaster.entities._structures import Tag
from concertmaster.entities.queue_definitions import QueueDefinition
from concertmaster.entities.queue_items import QueueItem, QueueItemStatus
from concertmaster.entities.queue_processing_records import QueueProcessingRecord, ReportType
from concertmaster.entities.releases import Release
from concertmaster.odata.declare import WORDS, InstantText, Words

#: What may be asked for. "This type of request can only be filtered according to the queue name
#: or description, and not queue id." (API guide, transactions)
FILTERABLE = {"queue_definition_name", "queue_definition_description"}

NULLABLE = {
    "queue_definition_description", "last_processed", "release_name", "release_id",
    "is_process_in_current_folder", "process_schedule_id",
}  # fmt: skip

_queue = QueueDefinition.__table__.c
_item = QueueItem.__table__.c
_record = QueueProcessingRecord.__table__.c


def _items(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """How many items of a queue meet the conditions."""
    counted = sa.select(sa.func.count()).select_from(QueueItem.__table__)
    return counted.where(_item.queue_definition_id == _queue.id, *conditions).scalar_subquery()


#: The hours of each queue, added up.
_figures = (
    sa.select(
        _record.queue_definition_id,
        sa.func.sum(_record.number_of_successful_transactions).label("successes"),
        sa.func.sum(_record.number_of_application_exceptions).label("applications"),
        sa.func.sum(_record.number_of_business_exceptions).label("businesses"),
        sa.func.sum(_record.successful_transactions_processing_time).label("success_seconds"),
        sa.func.sum(_record.application_exceptions_processing_time).label("application_seconds"),
        sa.func.sum(_record.business_exceptions_processing_time).label("business_seconds"),
        sa.func.max(_record.last_processed).label("last"),
    )
    .where(_record.report_type == int(ReportType.Hour))
    .group_by(_record.queue_definition_id)
    .subquery("figures")
)
_sum = _figures.c
_all = _sum.successes + _sum.applications + _sum.businesses
_all_seconds = _sum.success_seconds + _sum.application_seconds + _sum.business_seconds


def _number(value: Any) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(value, 0), sa.Integer)


def _mean(seconds: Any, number: Any) -> sa.ColumnElement[float]:
    """Seconds for one transaction: what the guide's example shows under "ProcessingTime"."""
    return sa.func.coalesce(seconds / sa.func.nullif(number, 0), 0.0, type_=sa.Double())


def _given(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.case((column.is_(None), sa.false()), else_=sa.true())


_release_name = sa.select(Release.name).where(Release.id == _queue.release_id).scalar_subquery()
_STALE = sa.bindparam("stale_before", type_=InstantText())

_statement = (
    sa.select(
        _items(_item.status == int(QueueItemStatus.New)).label("items_to_process"),
        _items(
            _item.status == int(QueueItemStatus.InProgress), _item.start_processing >= _STALE
        ).label("items_in_progress"),
        _queue.id.label("queue_definition_id"),
        _queue.key.label("queue_definition_key"),
        _queue.name.label("queue_definition_name"),
        _queue.description.label("queue_definition_description"),
        _queue.accept_automatically_retry.label("queue_definition_accept_automatically_retry"),
        _queue.retry_abandoned_items.label("queue_definition_retry_abandoned_items"),
        _queue.max_number_of_retries.label("queue_definition_max_number_of_retries"),
        _queue.enforce_unique_reference.label("queue_definition_enforce_unique_reference"),
        _mean(_all_seconds, _all).label("processing_mean_time"),
        _number(_sum.successes).label("successful_transactions_no"),
        _number(_sum.applications).label("application_exceptions_no"),
        _number(_sum.businesses).label("business_exceptions_no"),
        _mean(_sum.success_seconds, _sum.successes).label(
            "successful_transactions_processing_time"
        ),
        _mean(_sum.application_seconds, _sum.applications).label(
            "application_exceptions_processing_time"
        ),
        _mean(_sum.business_seconds, _sum.businesses).label("business_exceptions_processing_time"),
        _number(_all).label("total_number_of_transactions"),
        sa.type_coerce(_sum.last, InstantText()).label("last_processed"),
        _release_name.label("release_name"),
        _queue.release_id,
        _queue.is_process_in_current_folder,
        _given(_queue.specific_data_json_schema).label("specific_data_json_schema_exists"),
        _given(_queue.output_data_json_schema).label("output_data_json_schema_exists"),
        _given(_queue.analytics_data_json_schema).label("analytics_data_json_schema_exists"),
        _queue.process_schedule_id,
        _queue.folders_count.label("queue_folders_count"),
        _queue.id,
        _queue.organization_unit_id,
        _queue.tags,
    )
    .select_from(QueueDefinition.__table__)
    .outerjoin(_figures, _sum.queue_definition_id == _queue.id)
    .subquery("statuses")
)


def _say_words() -> None:
    """What `prop` says of a column elsewhere: columns of a statement have no place for it."""
    for column in _statement.c:
        column.info = {WORDS: Words(filterable=column.key in FILTERABLE, computed=True)}  # type: ignore[attr-defined]
        column.nullable = column.key in NULLABLE  # type: ignore[attr-defined]
    _statement.c.organization_unit_id.info[WORDS] = Words(hidden=True)
    _statement.c.tags.info[WORDS] = Words(complex=Tag, collection=True, computed=True)


_say_words()


class QueueProcessingStatus(Entity, scope="OR.Queues", folder="required"):
    """How a queue stands: what waits, what is being done, how it went so far."""

    __table__ = _statement
