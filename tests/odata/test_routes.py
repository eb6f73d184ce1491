"""The door to the engine, as the server speaks to it."""

import anyio
import pytest

from concertmaster.odata.errors import BadRequest
from concertmaster.odata.routes import read_body


def read(*messages: dict[str, object]) -> bytes:
    coming = iter(messages)

    async def receive() -> dict[str, object]:
        return next(coming)

    return anyio.run(read_body, receive)


def test_a_body_may_come_in_parts() -> None:
    first = {"type": "http.request", "body": b'{"a"', "more_body": True}
    assert read(first, {"type": "http.request", "body": b": 1}"}) == b'{"a": 1}'


def test_half_a_body_is_none() -> None:
    first = {"type": "http.request", "body": b'{"a": 1}', "more_body": True}
    with pytest.raises(BadRequest, match="ended before"):
        read(first, {"type": "http.disconnect"})
