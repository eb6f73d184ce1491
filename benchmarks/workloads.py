"""What is asked: each workload makes the requests of one worker, for any contestant that can.

Requests come from a seeded generator: the same for every contestant, another literal, `$top` and
`$skip` from request to request, so that no cache of whole answers can win.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

import orjson

from benchmarks import rows
from benchmarks.contestants import Contestant
from benchmarks.contestants.cap import Cap
from benchmarks.contestants.concertmaster import Concertmaster
from benchmarks.contestants.core import Core
from benchmarks.load import Endpoint, Worker, checked

CONNECTIONS = 8
BATCH = 1_000  #: items in one BulkAddQueueItems
LINES = 50  #: lines in one SubmitLogs
QUEUE = "Measured"

_SERVER = "UiPathODataSvc"
#: Numbers that are never given twice in a run: names must be unique.
_numbers = itertools.count(1)

MakeWorker = Callable[[Contestant, Random], Worker]
Prepare = Callable[[Contestant, float], None]


@dataclass(frozen=True)
class Workload:
    """One of the things that are measured."""

    name: str
    title: str
    worker: MakeWorker
    who: tuple[type[Contestant], ...] = (Concertmaster,)
    connections: int = CONNECTIONS
    requests: int = 1  #: how many requests make one unit of work
    rows: int = 1  #: how many rows one unit of work is about
    prepare: Prepare | None = None


# --- reading ------------------------------------------------------------------------------------

#: The members of a careful client: an answer of about 40 KB, as the goals were set for.
_JOB = "Id,Key,State,StartTime,EndTime,CreationTime,Source,Info,ReleaseName"
_ROBOT = "Id,Name,MachineName,Type"
_RELEASE = "Id,Name,ProcessKey,ProcessVersion"

_SELECTED = f"$select={_JOB}&$expand=Robot($select={_ROBOT}),Release($select={_RELEASE})"
_WHOLE = "$expand=Robot,Release"


@dataclass(frozen=True)
class Question:
    """A list request, before it is a URL."""

    state: str
    robot: str
    top: int
    skip: int

    @classmethod
    def any_of(cls, random: Random, jobs: int) -> "Question":
        """About 100 rows; `$skip` stays where so many are left."""
        matching = jobs // (rows.ROBOTS * len(rows.STATES))
        return cls(
            random.choice(rows.STATES),
            rows.robot_name(random.randint(1, rows.ROBOTS)),
            random.randint(96, 104),
            random.randint(0, max(0, min(matching - 104, 90))),
        )

    def url(self, contestant: Contestant, *, whole: bool) -> str:
        if isinstance(contestant, Core):
            members = "" if whole else f"{_JOB};{_ROBOT};{_RELEASE}"
            return (
                f"/jobs?state={self.state}&robot={self.robot}&top={self.top}&skip={self.skip}"
                f"&members={members}"
            )
        query = (
            f"$filter=State eq '{self.state}' and Robot/Name eq '{self.robot}'"
            f"&{_WHOLE if whole else _SELECTED}&$orderby=CreationTime desc"
            f"&$top={self.top}&$skip={self.skip}&$count=true"
        )
        return jobs_of(contestant) + "?" + quote(query, safe="$=&(),/'")


def jobs_of(contestant: Contestant) -> str:
    return "/Jobs" if isinstance(contestant, Cap) else "/odata/Jobs"


def _listing(*, whole: bool) -> MakeWorker:
    def listing(contestant: Contestant, random: Random) -> Worker:
        get = contestant.endpoint.get
        # Made beforehand: the load has no time to spare while it measures.
        questions = [Question.any_of(random, contestant.jobs) for _ in range(500)]
        requests = [get(question.url(contestant, whole=whole)) for question in questions]
        for request in itertools.cycle(requests):
            checked((yield request), 200)

    return listing


def by_key(contestant: Contestant, random: Random) -> Worker:
    get, jobs = contestant.endpoint.get, jobs_of(contestant)
    while True:
        checked((yield get(f"{jobs}({random.randint(1, contestant.jobs)})")), 200)


def paging(contestant: Contestant, random: Random) -> Worker:
    """From the first page of 1,000 to the last."""
    for skip in range(0, contestant.jobs, 1_000):
        url = f"/odata/Jobs?$orderby=Id&$top=1000&$skip={skip}"
        answer = checked((yield contestant.endpoint.get(url)), 200)
        assert answer.body.count(b'"BatchExecutionKey"') == min(1_000, contestant.jobs - skip)


# --- writing ------------------------------------------------------------------------------------


def posting(contestant: Contestant, random: Random) -> Worker:
    post = contestant.endpoint.post
    url = "/QueueDefinitions" if isinstance(contestant, Cap) else "/odata/QueueDefinitions"
    while True:
        value = {
            "Name": f"Queue {next(_numbers)}",
            "Description": "Invoices that wait to be read.",
            "MaxNumberOfRetries": random.randint(0, 5),
            "AcceptAutomaticallyRetry": True,
            "EnforceUniqueReference": False,
        }
        checked((yield post(url, value)), 201)


def adding(contestant: Contestant, random: Random) -> Worker:
    url = f"/odata/Queues/{_SERVER}.AddQueueItem"
    while True:
        data = {"itemData": {"Name": QUEUE, **_item(random)}}
        checked((yield contestant.endpoint.post(url, data)), 201)


def transactions(contestant: Contestant, random: Random) -> Worker:
    """Take an item, say how it went; until there is none."""
    post = contestant.endpoint.post
    start = post(f"/odata/Queues/{_SERVER}.StartTransaction", {"transactionData": {"Name": QUEUE}})
    while (taken := (yield start)).status == 200:
        key = orjson.loads(taken.body)["Id"]
        result = {"IsSuccessful": True, "Output": {"Total": random.randint(1, 10_000)}}
        url = f"/odata/Queues({key})/{_SERVER}.SetTransactionResult"
        checked((yield post(url, {"transactionResult": result})), 200)
    checked(taken, 204)


def bulk(contestant: Contestant, random: Random) -> Worker:
    url = f"/odata/Queues/{_SERVER}.BulkAddQueueItems"
    while True:
        checked((yield contestant.endpoint.post(url, _batch(random))), 200)


def logs(contestant: Contestant, random: Random) -> Worker:
    while True:
        lines = [_line(random) for _ in range(LINES)]
        checked((yield contestant.endpoint.post("/api/Logs/SubmitLogs", lines)), 200)


def _item(random: Random) -> dict[str, object]:
    number = next(_numbers)
    content = {"Invoice": f"INV-{number}", "Amount": random.randint(1, 10_000), "Paid": False}
    return {"Priority": "Normal", "Reference": f"INV-{number}", "SpecificContent": content}


def _batch(random: Random) -> dict[str, object]:
    items = [_item(random) for _ in range(BATCH)]
    return {"queueName": QUEUE, "commitType": "ProcessAllIndependently", "queueItems": items}


def _line(random: Random) -> str:
    number = random.randint(1, rows.ROBOTS)
    line = {
        "message": f"Invoice {next(_numbers)} was read",
        "level": "Information",
        "timeStamp": "2025-06-01T12:00:00.1234567Z",
        "windowsIdentity": f"ACME\\robot{number:03}",
        "processName": "Invoices",
        "robotName": rows.robot_name(number),
        "jobId": rows.job_key(random.randrange(1_000)),
    }
    return orjson.dumps(line).decode()


# --- what must be there first -------------------------------------------------------------------


def a_queue(contestant: Contestant, seconds: float) -> None:
    ask(contestant.endpoint, "/odata/QueueDefinitions", {"Name": QUEUE}, (201, 409))


def items_to_take(contestant: Contestant, seconds: float) -> None:
    """More items than can be taken in the time."""
    a_queue(contestant, seconds)
    random = Random("items")
    url = f"/odata/Queues/{_SERVER}.BulkAddQueueItems"
    for _ in range(1 + int(seconds * 2)):
        ask(contestant.endpoint, url, _batch(random), (200,))


def ask(endpoint: Endpoint, url: str, value: object, expected: tuple[int, ...]) -> bytes:
    """One request outside of any measurement."""
    from benchmarks.load import run

    found: list[bytes] = []

    def once() -> Worker:
        answer = yield endpoint.post(url, value)
        checked(answer, answer.status if answer.status in expected else expected[0])
        found.append(answer.body)

    run(endpoint, [once()], 60)
    return found[0]


# --- all of them --------------------------------------------------------------------------------

EVERYONE = (Concertmaster, Core, Cap)
SERVERS = (Concertmaster, Cap)

LIST = Workload("list", "(1) list, chosen members", _listing(whole=False), EVERYONE)
WHOLE = Workload("whole", "(1) list, all members", _listing(whole=True), EVERYONE)
KEY = Workload("key", "(2) by key", by_key, SERVERS)
POST = Workload("post", "(3) POST an entity", posting, SERVERS)
ADD = Workload("add", "(4) AddQueueItem", adding, prepare=a_queue)
TRANSACTIONS = Workload(
    "transactions", "(5) StartTransaction, SetTransactionResult", transactions, requests=2,
    prepare=items_to_take,
)  # fmt: skip
BULK = Workload(
    "bulk", f"(6) BulkAddQueueItems of {BATCH:,}", bulk, connections=1, rows=BATCH, prepare=a_queue
)
LOGS = Workload("logs", f"(7) SubmitLogs of {LINES}", logs, rows=LINES)

ROUNDS = (LIST, WHOLE, KEY, POST, ADD, TRANSACTIONS, BULK, LOGS)
ON_POSTGRESQL = (LIST, WHOLE, KEY, POST, ADD, TRANSACTIONS)


def workers(workload: Workload, contestant: Contestant, round_: int) -> Iterator[Worker]:
    for connection in range(workload.connections):
        random = Random(f"{workload.name} {round_} {connection}")
        yield workload.worker(contestant, random)
