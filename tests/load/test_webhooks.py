"""At least once, through a `kill -9`: what was missed comes later, each event once after dedup."""

import os
from collections import Counter

import pytest

from load.served import Client, Served
from receiver import receiving

LONG = bool(os.environ.get("CONCERTMASTER_TEST_LONG"))
EVENTS, KILLS = (200, 5) if LONG else (30, 1)

NS = "UiPath.Server.Configuration.OData"


@pytest.mark.timeout(600 if LONG else 120)
@pytest.mark.parametrize("served", [("--webhook-delivery", "at-least-once")], indirect=True)
def test_nothing_is_lost_and_everything_can_be_told_apart(served: Served) -> None:
    sent: list[str] = []

    def trigger(count: int) -> None:
        with Client(served) as client:
            for _ in range(count):
                path = f"/odata/Webhooks/{NS}.TriggerCustom"
                sent.append(client.ok("POST", path, {"Number": len(sent)})["EventId"])

    with receiving() as receiver:
        port = receiver.port
        receiver.delay = 0.02  # so that it is killed in the middle
        with Client(served) as client:
            hook = {"Name": "h", "Url": receiver.url, "Secret": "s", "Enabled": True}
            client.ok("POST", "/odata/Webhooks", hook)
        for _ in range(KILLS):
            before = len(receiver.got)
            trigger(EVENTS)
            receiver.wait("custom", before + 1)
            served.kill()
            served.start()
    trigger(5)  # the receiver is down now
    served.kill()
    with receiving(port) as again:
        served.start()
        with Client(served) as client:
            client.ok("POST", "/_control/clock/advance", {"by": "PT1H"})
        again.wait_for("custom", lambda body: body["EventId"] == sent[-1])
        first = [body["EventId"] for body in receiver.bodies("custom")]
        later = [body["EventId"] for body in again.bodies("custom")]
        assert all(message.signed_with("s") for message in again.got)
    came = Counter(first + later)
    assert list(came) == sent  # all of them, and in order
    assert sum(came.values()) - len(came) <= KILLS + 2  # twice comes only what was on its way
