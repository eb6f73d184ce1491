"""JSON schemas of queues: what is one, what fits, and what becomes of what doesn't."""

from typing import Any

import pytest

from concertmaster.domain import queue_schemas, queues
from concertmaster.domain.errors import InvalidSchema, SchemaViolation
from concertmaster.domain.queues import CommitType, NewItem
from concertmaster.entities import ProcessingExceptionType, QueueItemStatus
from domain.queue_room import QueueRoom
from domain.test_transactions import EARLY, end, take

NUMBERED = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        NUMBERED,
        '{"$schema": "http://json-schema.org/draft-04/schema#", "minProperties": 1}',
        '{"$defs": {"a": {}}, "properties": {"n": {"$ref": "#/$defs/a"}}}',
        '{"$ref": "http://json-schema.org/draft-07/schema#"}',
        '{"properties": {"when": {"format": "date-time"}}}',
    ],
)
def test_what_is_a_schema(text: str) -> None:
    queue_schemas.check_definition("SpecificDataJsonSchema", text)


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "[]", "true", '"object"', "{", '{"type": "number of things"}', '{"required": 5}',
        '{"$ref": "#"}', '{"$ref": "#/nowhere"}', '{"$ref": "http://127.0.0.1:1/fetched"}',
        '{"$ref": "file:///etc/passwd"}', '{"properties": {"a": {"pattern": "("}}}',
        '{"patternProperties": {"(": {}}}', "[" * 5000, '{"not":' * 3000 + "{}" + "}" * 3000,
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(InvalidSchema, match="SpecificDataJsonSchema is not a valid JSON schema"):
        queue_schemas.check_definition("SpecificDataJsonSchema", text)


def test_content_must_fit(room: QueueRoom) -> None:
    queue = room.queue(specific_data_json_schema=NUMBERED)

    def add(**content: Any) -> int:
        new = NewItem(content=content)
        return queues.add_item(room.session, queue, new, by=room.by, now=EARLY)

    add(n=1)
    add(**{"n": 2, "n@odata.type": "#Int64"})
    with pytest.raises(SchemaViolation, match=r"SpecificContent .* n: 'x' is not of type"):
        add(n="x")
    with pytest.raises(SchemaViolation, match="'n' is a required property"):
        queues.add_item(room.session, queue, NewItem(), by=room.by, now=EARLY)
    batch = [NewItem(content={"n": 1}), NewItem(content={"n": None})]
    every = CommitType.ProcessAllIndependently
    added = queues.add_items(room.session, queue, batch, every, by=room.by, now=EARLY)
    assert len(added.ids) == 1
    assert [(one.ordinal, one.error.code) for one in added.refused] == [
        (2, "QueueItemSchemaViolationException")
    ]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"output": {"n": 1}, "analytics": {"n": 2}}, QueueItemStatus.Successful),
        ({"output": {"n": "1"}, "analytics": {"n": 2}}, QueueItemStatus.Failed),
        ({"output": {"n": 1}, "analytics": {}}, QueueItemStatus.Failed),
        ({"output": {"n": 1}}, QueueItemStatus.Failed),
        ({}, QueueItemStatus.Failed),
    ],
)
def test_a_success_that_does_not_fit_is_a_business_exception(
    room: QueueRoom, told: dict[str, Any], status: QueueItemStatus
) -> None:
    queue = room.queue(
        output_data_json_schema=NUMBERED, analytics_data_json_schema=NUMBERED,
        accept_automatically_retry=True, max_number_of_retries=5,
    )  # fmt: skip
    queues.add_item(room.session, queue, NewItem(), by=room.by, now=EARLY)
    item = take(room, queue)
    assert item is not None
    ended = end(room, item, successful=True, **told)
    assert ended.status == status
    if status == QueueItemStatus.Failed:
        assert ended.processing_exception_type == ProcessingExceptionType.BusinessException
        assert "JSON schema" in ended.processing_exception["Reason"]
    assert ended.output == told.get("output")


def test_a_failure_is_not_held_to_schemas(room: QueueRoom) -> None:
    queue = room.queue(output_data_json_schema=NUMBERED)
    queues.add_item(room.session, queue, NewItem(), by=room.by, now=EARLY)
    item = take(room, queue)
    assert item is not None
    ended = end(room, item, output={"n": "x"})
    assert ended.processing_exception_type == ProcessingExceptionType.ApplicationException
