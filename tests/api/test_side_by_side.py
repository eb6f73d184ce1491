"""Writers side by side: plain calls in threads, OData on the loop, neither keeps the other."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn

from stand_in import StandIn, Start


@contextmanager
def served(stand_in: StandIn) -> Iterator[tuple[str, dict[str, str]]]:
    """Where a stand-in listens, on a loop of its own, and the headers of a caller in a folder."""
    config = uvicorn.Config(stand_in.http.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"authorization": f"Bearer {stand_in.token()}", "x-uipath-folderpath": "Shared"}
    try:
        yield f"http://127.0.0.1:{port}", headers
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.timeout(60)
def test_logs_and_queue_items_at_once(start_stand_in: Start) -> None:
    stand_in: StandIn = start_stand_in("empty")
    stand_in.client(folder="Shared").ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "q"})
    statuses: list[int] = []

    def write(url: str, headers: dict[str, str]) -> None:
        line = json.dumps({"message": "m", "level": "Info", "timeStamp": "2026-01-01T00:00:00Z"})
        calls = {
            "/api/Logs/SubmitLogs": [line] * 5,
            "/odata/Queues/UiPathODataSvc.AddQueueItem": {"itemData": {"Name": "q"}},
        }
        with httpx2.Client(base_url=url, headers=headers) as client:
            for _ in range(15):
                for path, body in calls.items():
                    statuses.append(client.post(path, json=body).status_code)

    with served(stand_in) as where:
        writers = [threading.Thread(target=write, args=where) for _ in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    # A writer that waits for the event loop, which waits for it, ends in an error: nobody waits for
    # a turn to write for ever.
    assert set(statuses) <= {200, 201, 202}


@pytest.mark.timeout(60)
def test_what_is_refused_takes_nothing_of_the_others_away(start_stand_in: Start) -> None:
    """Requests that are there at once share a transaction on SQLite; each is told its own end."""
    stand_in: StandIn = start_stand_in("empty")
    caller = stand_in.client(folder="Shared")
    unique = {"Name": "unique", "EnforceUniqueReference": True}
    caller.ok("POST", "/odata/QueueDefinitions", 201, json=unique)
    queues, add = "/odata/QueueDefinitions", "/odata/Queues/UiPathODataSvc.AddQueueItem"
    item = {"Name": "unique", "Priority": "High"}
    told: dict[int, list[int]] = {}

    async def ask(client: httpx2.AsyncClient, number: int) -> None:
        asked = [
            (queues, {"Name": f"own {number}"}, 201),
            (queues, {"Name": "everybody's"}, None),
            (queues, {"Name": "x" * 300}, 400),
            (add, {"itemData": {**item, "Reference": f"own {number}"}}, 201),
            (add, {"itemData": {**item, "Reference": "everybody's"}}, None),
            (add, {"itemData": {**item, "Name": "nowhere"}}, 404),
        ]
        for path, body, status in asked[number % 6 :] + asked[: number % 6]:
            answer = await client.post(path, json=body)
            told.setdefault(answer.status_code, []).append(number)
            assert status in (None, answer.status_code), answer.text
            if answer.status_code == 201 and path == queues:  # it is there once that is said
                key = answer.json()["Id"]
                assert (await client.get(f"{queues}({key})")).status_code == 200

    async def all_at_once(url: str, headers: dict[str, str]) -> None:
        async with httpx2.AsyncClient(base_url=url, headers=headers) as client:
            await asyncio.gather(*(ask(client, number) for number in range(12)))

    with served(stand_in) as where:
        asyncio.run(all_at_once(*where))
    assert {status: len(numbers) for status, numbers in told.items()} == {
        201: 26, 400: 12, 404: 12, 409: 22,
    }  # fmt: skip
    own = {f"own {number}" for number in range(12)} | {"everybody's"}
    names = {one["Name"] for one in caller.ok("GET", queues)["value"]}
    assert names == own | {"unique"}
    items = caller.ok("GET", "/odata/QueueItems")["value"]
    assert sorted(one["Reference"] for one in items) == sorted(own)
