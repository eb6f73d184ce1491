"""Writers side by side: plain calls in threads, OData on the loop, neither keeps the other."""

import json
import threading
import time

import httpx2
import pytest
import uvicorn

from stand_in import StandIn, Start


@pytest.mark.timeout(60)
def test_logs_and_queue_items_at_once(start_stand_in: Start) -> None:
    stand_in: StandIn = start_stand_in("empty")
    token = stand_in.token()
    stand_in.client(folder="Shared").ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "q"})
    config = uvicorn.Config(stand_in.http.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"authorization": f"Bearer {token}", "x-uipath-folderpath": "Shared"}
    statuses: list[int] = []
    slowest: list[float] = []

    def write(number: int) -> None:
        line = json.dumps({"message": "m", "level": "Info", "timeStamp": "2026-01-01T00:00:00Z"})
        calls = {
            "/api/Logs/SubmitLogs": [line] * 5,
            "/odata/Queues/UiPathODataSvc.AddQueueItem": {"itemData": {"Name": "q"}},
        }
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            for _ in range(15):
                for path, body in calls.items():
                    started = time.monotonic()
                    statuses.append(client.post(path, json=body).status_code)
                    slowest.append(time.monotonic() - started)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    server.should_exit = True
    thread.join()
    assert set(statuses) <= {200, 201, 202}
    assert max(slowest) < 5, "a writer waited for the event loop, which waited for it"
