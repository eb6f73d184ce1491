"""Many workers on one queue of a real server: each item goes to one of them, and none is lost.

Each test accounts for every item. By default a few workers do little; CONCERTMASTER_TEST_LONG=1
has 50 of them work off 2,000 items.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from load.served import Client, Lost, Served, at_once

LONG = bool(os.environ.get("CONCERTMASTER_TEST_LONG"))
WORKERS, ITEMS, KILLS = (50, 2000, 4) if LONG else (8, 80, 1)

pytestmark = pytest.mark.timeout(900 if LONG else 120)

QUEUE = "Work"
LEFT = ("NumberOfRemainingTransactions", "NumberOfInProgressTransactions")
ADD, BULK, START = (
    f"/odata/Queues/UiPathODataSvc.{name}"
    for name in ("AddQueueItem", "BulkAddQueueItems", "StartTransaction")
)
SUCCESS = {"IsSuccessful": True, "Output": {"done": True}}
BROKEN = {"IsSuccessful": False, "ProcessingException": {"Type": "ApplicationException"}}
REFUSED = {"IsSuccessful": False, "ProcessingException": {"Type": "BusinessException"}}


# --- what workers do ------------------------------------------------------------------------


@dataclass
class Shift:
    """Workers on one queue, and what they know of it together."""

    served: Served
    handed_out: list[int] = field(default_factory=list)  #: ids, as answers had them
    told: set[int] = field(default_factory=set)  #: ids whose result was taken
    added: set[str] = field(default_factory=set)  #: references that are in the queue
    lost_starts: int = 0  #: requests for an item whose answer never came
    all_added: bool = False

    def work(self) -> None:
        """Take items and end them until there are none."""
        with Client(self.served) as client:
            while True:
                item = self.take(client)
                if item is not None:
                    self.end(client, item)
                elif self.all_added:
                    return
                else:
                    time.sleep(0.02)

    def take(self, client: Client) -> dict[str, Any] | None:
        try:
            status, item = client.ask("POST", START, {"transactionData": {"Name": QUEUE}})
        except Lost:
            self.lost_starts += 1
            return None
        assert status in (200, 204), item
        if status == 200:
            self.handed_out.append(item["Id"])
        return item if status == 200 else None

    def end(self, client: Client, item: dict[str, Any]) -> None:
        """Tell a result, as often as it takes to know that it was told."""
        number = int(item["Reference"]) % 10
        result = {0: BROKEN, 1: REFUSED}.get(number, SUCCESS)
        path = f"/odata/Queues({item['Id']})/UiPathODataSvc.SetTransactionResult"
        lost = False
        while item["Id"] not in self.told:
            try:
                status, answer = client.ask("POST", path, {"transactionResult": result})
            except Lost:
                lost = True
                continue
            # What has reached its end was ended by us, in the request that was lost.
            assert status == 200 or (lost and status == 409), answer
            self.told.add(item["Id"])

    def add(self, numbers: range) -> None:
        """Add an item for each number, as often as it takes to know that it was added."""
        with Client(self.served) as client:
            for number in numbers:
                data, lost = {"Name": QUEUE, "Reference": str(number)}, False
                while data["Reference"] not in self.added:
                    try:
                        status, answer = client.ask("POST", ADD, {"itemData": data})
                    except Lost:
                        lost = True
                        continue
                    # A reference that is taken was taken by us, in the request that was lost.
                    assert status == 201 or (lost and answer["errorCode"] == 1016), answer
                    self.added.add(data["Reference"])


# --- what the server says afterwards --------------------------------------------------------


def every(client: Client, path: str) -> list[dict[str, Any]]:
    """All rows of a set, page by page."""
    rows: list[dict[str, Any]] = []
    while True:
        page = client.ok("GET", f"{path}&$orderby=Id&$top=1000&$skip={len(rows)}")["value"]
        rows += page
        if len(page) < 1000:
            return rows


def items(client: Client) -> dict[int, dict[str, Any]]:
    columns = "Id,Status,Reference,RetryNumber,AncestorId"
    return {row["Id"]: row for row in every(client, f"/odata/QueueItems?$select={columns}")}


def histories(client: Client) -> dict[int, list[str]]:
    told: dict[int, list[str]] = {}
    for row in every(client, "/odata/QueueItemEvents?$select=Id,QueueItemId,Action,Status"):
        told.setdefault(row["QueueItemId"], []).append(f"{row['Action']} {row['Status']}")
    return told


def figures(client: Client, queue_id: int) -> Counter[str]:
    """The hours of a queue, added up; what is left is what the last hour says."""
    path = (
        "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveLastDaysProcessingRecords"
        f"(daysNo=9,queueDefinitionId={queue_id})"
    )
    total: Counter[str] = Counter()
    for row in sorted(client.ok("GET", path)["value"], key=lambda row: str(row["ProcessingTime"])):
        for name in LEFT:
            total[name] = 0
        total.update({name: n for name, n in row.items() if name.startswith(("Number", "Total"))})
    return total


def settled_figures(client: Client, queue_id: int) -> Counter[str]:
    """The same once what is left was counted, which the background does a second after an end."""
    deadline = time.monotonic() + 10
    while (found := figures(client, queue_id))["NumberOfInProgressTransactions"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return found


# --- the tests ------------------------------------------------------------------------------


def test_every_item_goes_to_one_worker(served: Served) -> None:
    with Client(served) as client:
        members = {"Name": QUEUE, "AcceptAutomaticallyRetry": True, "MaxNumberOfRetries": 1}
        queue_id = client.ok("POST", "/odata/QueueDefinitions", members)["Id"]
        batch = [{"Reference": str(n), "SpecificContent": {"n": n}} for n in range(ITEMS)]
        client.ok("POST", BULK, {"queueName": QUEUE, "queueItems": batch})
    shift = Shift(served, all_added=True)
    at_once([shift.work] * WORKERS)

    with Client(served) as client:
        tenth = ITEMS // 10
        assert max(Counter(shift.handed_out).values()) == 1
        assert len(shift.handed_out) == ITEMS + tenth, "each once, and the broken ones once more"
        found = items(client)
        assert set(found) == set(shift.handed_out) == shift.told
        assert Counter(item["Status"] for item in found.values()) == {
            "Successful": ITEMS - 2 * tenth, "Retried": tenth, "Failed": 2 * tenth,
        }  # fmt: skip
        tries = Counter(item["Reference"] for item in found.values())
        assert sorted(Counter(tries.values()).items()) == [(1, ITEMS - tenth), (2, tenth)]
        for id_, told in histories(client).items():
            status = found[id_]["Status"]
            last = "Retry Retried" if status == "Retried" else f"Edit {status}"
            assert told == ["Create New", "Status InProgress", last]
        assert settled_figures(client, queue_id) == {
            "NumberOfRemainingTransactions": 0,
            "NumberOfInProgressTransactions": 0,
            "NumberOfSuccessfulTransactions": ITEMS - 2 * tenth,
            "NumberOfApplicationExceptions": 2 * tenth,
            "NumberOfBusinessExceptions": tenth,
            "NumberOfRetriedItems": tenth,
            "TotalNumberOfTransactions": ITEMS + tenth,
        }
    assert "Traceback" not in served.log, served.log


def test_a_killed_server_loses_nothing_and_hands_out_nothing_twice(served: Served) -> None:
    """Adders and workers go on at full speed while the server is killed and started again."""
    members = {
        "Name": QUEUE, "EnforceUniqueReference": True, "RetryAbandonedItems": True,
        "MaxNumberOfRetries": 5,
    }  # fmt: skip
    shift = Shift(served)

    def kill() -> None:
        for number in range(1, KILLS + 1):
            while len(shift.told) < ITEMS * number // (KILLS + 2):
                time.sleep(0.003)
            served.kill()
            served.start()
        while len(shift.added) < ITEMS:
            time.sleep(0.01)
        shift.all_added = True

    with Client(served) as client:
        client.ok("POST", "/odata/QueueDefinitions", members)
    adders = [lambda at=at: shift.add(range(at, ITEMS, 4)) for at in range(4)]
    at_once([*adders, *[shift.work] * WORKERS, kill])

    with Client(served) as client:
        assert shift.added == {str(n) for n in range(ITEMS)}
        assert max(Counter(shift.handed_out).values()) == 1
        found = items(client)
        references = [item["Reference"] for item in found.values()]
        assert sorted(references) == sorted(shift.added), "each is there, and once"
        lost = {id_ for id_, item in found.items() if item["Status"] == "InProgress"}
        assert set(found) - lost == set(shift.handed_out) == shift.told
        assert len(lost) <= shift.lost_starts, "only an answer that was lost hands out to nobody"
        ends = {0: "Failed", 1: "Failed"}
        for id_ in shift.told:
            item = found[id_]
            assert item["Status"] == ends.get(int(item["Reference"]) % 10, "Successful")

        # What nobody knows to have is abandoned after a day, and tried again.
        client.ok("POST", "/_control/clock/advance", {"by": "P1DT1H"})
    at_once([shift.work] * 2)
    with Client(served) as client:
        after = items(client)
        assert {id_ for id_, item in after.items() if item["Status"] == "Abandoned"} == lost
        again = {id_: item for id_, item in after.items() if id_ not in found}
        assert sorted(item["AncestorId"] for item in again.values()) == sorted(lost)
        assert set(again) <= shift.told
        assert not {item["Status"] for item in after.values()} & {"New", "InProgress"}
    assert "Traceback" not in served.log, served.log
