"""Webhooks through the API: subscribing, test messages, every event that can be caused."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from concertmaster.domain import events, jobs, reactions, sessions
from concertmaster.domain.job_states import Mover
from concertmaster.domain.webhook_events import EVENT_TYPES, PING
from concertmaster.entities import Job, JobState, SessionState
from concertmaster.entities import Session as RobotSession
from receiver import Receiver, receiving
from serving import until
from stand_in import Client, StandIn

NS = "UiPath.Server.Configuration.OData"
QS = "UiPathODataSvc"
SECRET = "between us"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def webhook(client: Client, receiver: Receiver) -> dict[str, Any]:
    """A webhook that wants everything, and has had its first message."""
    client.ok("PUT", "/_control/background", json={"paused": True})  # jobs move when told to
    body = {"Name": "all", "Url": receiver.url, "Secret": SECRET, "Enabled": True}
    made: dict[str, Any] = client.ok("POST", "/odata/Webhooks", 201, json=body)
    delivered(client, receiver.wait("ping")[0])
    return made


def delivered(client: Client, message: dict[str, Any]) -> dict[str, Any]:
    """The line of the log for a message, once it tells that it was answered."""
    log = f"/_control/webhooks/deliveries?type={message['Type']}&status=Delivered&limit=100"

    def lines() -> list[dict[str, Any]]:
        return [one for one in client.rows(log) if one["eventId"] == message["EventId"]]

    until(lines)
    return lines()[0]


def path(webhook: dict[str, Any]) -> str:
    return f"/odata/Webhooks({webhook['Id']})"


# --- subscribing ----------------------------------------------------------------------------


def test_without_a_list_it_is_all_events(webhook: dict[str, Any]) -> None:
    assert webhook["SubscribeToAllEvents"] is True
    assert webhook["Events"] == []
    assert webhook["AllowInsecureSsl"] is False
    assert len(webhook["Key"]) == 36


def test_the_secret_is_never_shown(client: Client, webhook: dict[str, Any]) -> None:
    assert webhook["Secret"] is None
    assert client.ok("GET", path(webhook))["Secret"] is None
    client.ok("PATCH", path(webhook), json={"Description": "as it was"})  # and it is kept


def test_event_types_are_those_that_are_known(client: Client) -> None:
    made = client.ok(
        "POST", "/odata/Webhooks", 201,
        json={"Name": "some", "Url": "https://example.org/x", "Enabled": False,
              "Events": [{"EventType": "JOB.faulted"}, {"EventType": "queueItem.added"}]},
    )  # fmt: skip
    assert made["Events"] == [{"EventType": "job.faulted"}, {"EventType": "queueItem.added"}]
    assert made["SubscribeToAllEvents"] is False
    changed = client.ok("GET", path(made)) | {"Events": [{"EventType": "ping"}]}
    answer = client.put(path(made), changed)
    assert (answer.status_code, answer.json()["message"]) == (
        400, "There is no webhook event type 'ping'.",
    )  # fmt: skip
    client.ok("DELETE", path(made), 204)
    assert client.get(path(made)).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"Url": "nowhere"}, {"Url": "ftp://example.org/"}, {"Url": "http://"}, {"Url": None},
        {"Url": "http://a b/"}, {"Url": "http://[::1"}, {"Url": "http://x:99999/"}, {"Name": None},
        {"Name": "n" * 129}, {"Events": [{"EventType": "job.none"}]}, {"Events": [{}]},
        {"Events": "job.created"}, {"Secret": "s" * 101}, {"Events": [None]}, {"Enabled": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_hold_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    body = {"Name": "wrong", "Url": "http://127.0.0.1:1/"} | wrong
    assert client.post("/odata/Webhooks", body).status_code == 400


def test_names_are_unique(client: Client, webhook: dict[str, Any]) -> None:
    body = {"Name": "ALL", "Url": "http://127.0.0.1:1/"}
    assert client.post("/odata/Webhooks", body).status_code == 409


def test_it_takes_permissions(demo: StandIn, webhook: dict[str, Any]) -> None:
    nobody = {"UserName": "unhooked", "Password": "nothing", "RolesList": []}
    demo.client().ok("POST", "/odata/Users", 201, json=nobody)
    client = demo.client("unhooked", "nothing")
    assert client.get("/odata/Webhooks").status_code == 403
    assert client.post(f"{path(webhook)}/{NS}.Ping").status_code == 403
    assert client.get("/_control/webhooks/deliveries").status_code == 403


def test_the_types_have_groups(client: Client) -> None:
    found = client.rows(f"/odata/Webhooks/{NS}.GetEventTypes")
    assert {"Name": "queueItem.transactionFailed", "Group": "queueItem"} in found
    assert len(found) == 46  # as many as are published, but for the ping


def test_whether_a_host_is_there_can_be_asked(client: Client, receiver: Receiver) -> None:
    ask = "/api/Status/VerifyHostAvailibility?url="
    there = {"canConnect": True, "hasBadSsl": False, "connectionError": None}
    assert client.ok("GET", ask + receiver.url) == there
    no_ssl = client.ok("GET", ask + receiver.url.replace("http:", "https:"))
    assert no_ssl == there | {"hasBadSsl": True}
    nobody = client.ok("GET", ask + "http://127.0.0.1:1/")
    assert (nobody["canConnect"], nobody["connectionError"]) == (False, "Connection refused")
    assert client.get(ask + "nonsense").status_code == 400


# --- test messages --------------------------------------------------------------------------


def test_a_new_webhook_is_pinged(receiver: Receiver, webhook: dict[str, Any]) -> None:
    ping = receiver.wait("ping")[0]
    assert ping["Name"] == "all"
    assert (ping["TenantId"], ping["UserId"]) == (1, 1)
    assert receiver.got[0].signed_with(SECRET)


def test_ping(client: Client, receiver: Receiver, webhook: dict[str, Any]) -> None:
    answered = client.ok("POST", f"{path(webhook)}/{NS}.Ping", 202)
    assert answered["Type"] == "ping"
    receiver.wait_for("ping", lambda ping: ping["EventId"] == answered["EventId"])
    assert client.post(f"/odata/Webhooks(999999)/{NS}.Ping").status_code == 404


def test_an_event_of_ones_own(client: Client, receiver: Receiver, webhook: dict[str, Any]) -> None:
    data = {"Amount": 5, "Lines": [{"Sku": "x"}], "Note": "é"}
    answered = client.ok("POST", f"/odata/Webhooks/{NS}.TriggerCustom", 202, json=data)
    got = receiver.wait_for("custom", lambda body: body["EventId"] == answered["EventId"])
    assert got["EventData"] == data == answered["EventData"]
    assert client.post(f"/odata/Webhooks/{NS}.TriggerCustom", [1]).status_code == 400


# --- every event that can be caused ---------------------------------------------------------


@dataclass
class Desk:
    """What the causes of events work with."""

    stand_in: StandIn
    client: Client

    def start_job(self) -> dict[str, Any]:
        release = self.client.rows("/odata/Releases?$top=1")[0]
        body = {"startInfo": {"ReleaseKey": release["Key"], "JobsCount": 1}}
        jobs = self.client.ok("POST", f"/odata/Jobs/{NS}.StartJobs", 201, json=body)["value"]
        return dict(jobs[0])

    def move(self, *states: JobState, **values: Any) -> dict[str, Any]:
        """A job that goes through states, as a robot would report them."""
        job = self.start_job()
        tenant = self.stand_in.tenant
        with tenant.session() as session:
            row = session.get_one(Job, job["Id"])
            for state in states:
                last = values if state is states[-1] else {}
                assert jobs.move(session, row, state, Mover.CONTROL, now=tenant.clock.now(), **last)
            reactions.commit(session)
        return job

    def queue(self) -> dict[str, Any]:
        name = f"q{uuid4().hex[:8]}"
        made = self.client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name})
        return dict(made)

    def add(self, queue: dict[str, Any]) -> dict[str, Any]:
        item = {"Name": queue["Name"], "SpecificContent": {"Amount": 5}, "Reference": "r"}
        added = self.client.ok(
            "POST", f"/odata/Queues/{QS}.AddQueueItem", 201, json={"itemData": item}
        )
        return dict(added)

    def take(self, queue: dict[str, Any]) -> dict[str, Any]:
        body = {"transactionData": {"Name": queue["Name"]}}
        return dict(self.client.ok("POST", f"/odata/Queues/{QS}.StartTransaction", json=body))

    def end(self, item: dict[str, Any], **result: Any) -> None:
        self.client.ok(
            "POST",
            f"/odata/Queues({item['Id']})/{QS}.SetTransactionResult",
            json={"transactionResult": result},
        )


def job_suspended(desk: Desk) -> int:
    return int(desk.move(JobState.Running, JobState.Suspended)["Id"])


def item_taken(desk: Desk) -> dict[str, Any]:
    queue = desk.queue()
    desk.add(queue)
    return desk.take(queue)


def item_failed(desk: Desk, kind: str = "BusinessException") -> dict[str, Any]:
    item = item_taken(desk)
    failure = {"Reason": "no", "Details": "d", "Type": kind}
    desk.end(item, IsSuccessful=False, ProcessingException=failure)
    return item


def item_completed(desk: Desk) -> int:
    item = item_taken(desk)
    desk.end(item, IsSuccessful=True, Output={"Sum": 7})
    return int(item["Id"])


def item_reviewed(desk: Desk) -> int:
    item = item_failed(desk)
    row = desk.client.ok("GET", f"/odata/QueueItems({item['Id']})")
    body = {
        "queueItems": [{"Id": row["Id"], "RowVersion": row["RowVersion"]}],
        "status": "InReview",
    }
    desk.client.ok("POST", f"/odata/QueueItems/{QS}.SetItemReviewStatus", json=body)
    return int(item["Id"])


def item_updated(desk: Desk) -> int:
    item = desk.add(desk.queue())
    desk.client.ok(
        "PUT", f"/odata/QueueItems({item['Id']})", json={"Name": "x", "Priority": "High"}
    )
    return int(item["Id"])


def item_deleted(desk: Desk) -> int:
    item = desk.add(desk.queue())
    desk.client.ok("DELETE", f"/odata/QueueItems({item['Id']})", 204)
    return int(item["Id"])


def release_made(desk: Desk) -> int:
    package = desk.client.rows("/odata/Processes?$top=1")[0]
    body = {
        "Name": f"r{uuid4().hex[:8]}", "ProcessKey": package["Key"].split(":")[0],
        "ProcessVersion": package["Version"],
    }  # fmt: skip
    return int(desk.client.ok("POST", "/odata/Releases", 201, json=body)["Id"])


def robot_made(desk: Desk) -> int:
    machine = desk.client.rows("/odata/Machines?$top=1")[0]["Name"]
    name = f"r{uuid4().hex[:8]}"
    body = {"Name": name, "Type": "Unattended", "Username": f"d\\{name}", "MachineName": machine}
    return int(desk.client.ok("POST", "/odata/Robots", 201, json=body)["Id"])


def changed(desk: Desk, entity_set: str, number: int) -> int:
    path = f"/odata/{entity_set}({number})"
    desk.client.ok("PUT", path, json=desk.client.ok("GET", path) | {"Description": "other"})
    return number


def gone(desk: Desk, entity_set: str, number: int) -> int:
    desk.client.ok("DELETE", f"/odata/{entity_set}({number})", 204)
    return number


def robot_connected(desk: Desk) -> int:
    tenant = desk.stand_in.tenant
    with tenant.session() as session:
        held = session.scalars(sa.select(RobotSession)).first()
        assert held
        state = next(state for state in SessionState if state != held.state)
        sessions.turn(session, held, state, now=tenant.clock.now())
        reactions.commit(session)
        return held.id


def schedule_failed(desk: Desk) -> int:
    release = desk.client.rows("/odata/Releases?$top=1")[0]
    body = {
        "Name": f"s{uuid4().hex[:8]}", "ReleaseId": release["Id"], "ReleaseKey": release["Key"],
        "StartProcessCron": "0 0 6 * * ?", "TimeZoneId": "UTC", "StartStrategy": 1,
    }  # fmt: skip
    made = desk.client.ok("POST", "/odata/ProcessSchedules", 201, json=body)
    tenant = desk.stand_in.tenant
    with tenant.session() as session:
        now = tenant.clock.now()
        events.record(session, "schedule.failed", [made["Id"]], now=now, reason="no robots")
        reactions.commit(session)
    return int(made["Id"])


def file_sent(desk: Desk) -> None:
    body = {"Name": f"b{uuid4().hex[:8]}", "Identifier": str(uuid4())}
    bucket = desk.client.ok("POST", "/odata/Buckets", 201, json=body)
    path = f"/odata/Buckets({bucket['Id']})/{NS}"
    uri = desk.client.ok("GET", f"{path}.GetWriteUri(path='a/b.txt')")["Uri"]
    assert desk.client.put(uri.replace("http://testserver", ""), content=b"x").status_code == 201
    desk.client.ok("DELETE", f"{path}.DeleteFile?path=a/b.txt", 204)


#: Event → what causes it (answers the id of what it is about), and where that id stands in it.
CAUSES: dict[str, tuple[Callable[[Desk], Any], str]] = {
    "job.created": (lambda desk: desk.start_job()["Id"], "Jobs.0.Id"),
    "job.started": (lambda desk: desk.move(JobState.Running)["Id"], "Job.Id"),
    "job.completed": (
        lambda desk: desk.move(JobState.Running, JobState.Successful)["Id"], "Job.Id"),
    "job.faulted": (lambda desk: desk.move(JobState.Running, JobState.Faulted)["Id"], "Job.Id"),
    "job.stopping": (lambda desk: desk.move(JobState.Running, JobState.Stopping)["Id"], "Job.Id"),
    "job.terminating": (
        lambda desk: desk.move(JobState.Running, JobState.Terminating)["Id"], "Job.Id"),
    "job.stopped": (lambda desk: desk.move(JobState.Stopped)["Id"], "Jobs.0.Id"),
    "job.suspended": (job_suspended, "Job.Id"),
    "job.resumed": (
        lambda desk: desk.move(JobState.Running, JobState.Suspended, JobState.Resumed)["Id"],
        "Job.Id"),
    "queue.created": (lambda desk: desk.queue()["Id"], "Queues.0.Id"),
    "queue.updated": (
        lambda desk: changed(desk, "QueueDefinitions", desk.queue()["Id"]), "Queues.0.Id"),
    "queue.deleted": (
        lambda desk: gone(desk, "QueueDefinitions", desk.queue()["Id"]), "Queues.0.Id"),
    "queueItem.added": (lambda desk: desk.add(desk.queue())["Id"], "QueueItems.0.Id"),
    "queueItem.transactionStarted": (lambda desk: item_taken(desk)["Id"], "QueueItem.Id"),
    "queueItem.transactionCompleted": (item_completed, "QueueItem.Id"),
    "queueItem.transactionFailed": (lambda desk: item_failed(desk)["Id"], "QueueItem.Id"),
    "queueItem.reviewStatusChanged": (item_reviewed, "QueueItems.0.Id"),
    "queueItem.updated": (item_updated, "QueueItems.0.Id"),
    "queueItem.deleted": (item_deleted, "QueueItems.0.Id"),
    "process.created": (release_made, "Releases.0.Id"),
    "process.updated": (
        lambda desk: changed(desk, "Releases", release_made(desk)), "Releases.0.Id"),
    "process.deleted": (lambda desk: gone(desk, "Releases", release_made(desk)), "Releases.0.Id"),
    "robot.created": (robot_made, "Robots.0.Id"),
    "robot.updated": (lambda desk: changed(desk, "Robots", robot_made(desk)), "Robots.0.Id"),
    "robot.deleted": (lambda desk: gone(desk, "Robots", robot_made(desk)), "Robots.0.Id"),
    "robot.status": (robot_connected, "Sessions.0.SessionId"),
    "schedule.failed": (schedule_failed, "ProcessSchedule.Id"),
    "blobfile.uploaded": (file_sent, "FullPath"),
    "blobfile.deleted": (file_sent, "FullPath"),
}  # fmt: skip


def at(body: Any, where: str) -> Any:
    for step in where.split("."):
        body = body[int(step) if step.isdigit() else step]
    return body


@pytest.mark.parametrize("type_", CAUSES)
def test_an_event_arrives(
    demo: StandIn, client: Client, receiver: Receiver, webhook: dict[str, Any], type_: str
) -> None:
    cause, where = CAUSES[type_]
    caused = cause(Desk(demo, client)) or "a/b.txt"
    got = receiver.wait_for(type_, lambda body: at(body, where) == caused)
    assert len(got["EventId"]) == 32
    assert (got["TenantId"], got["Name"]) == (1, "all")
    assert got["Timestamp"].endswith("Z")
    assert receiver.got[-1].signed_with(SECRET)


def test_jobs_and_items_are_told_as_documented(
    demo: StandIn, client: Client, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    """Arguments and contents are objects, dates have no zeros behind, nothing is null but those."""
    desk = Desk(demo, client)
    error = {"Code": "E", "Title": "t", "Detail": "d", "Category": "User", "Status": None}
    values = {"info": "broken", "output_arguments": '{"Sum": 5}', "job_error": error}
    number = desk.move(JobState.Running, JobState.Faulted, **values)["Id"]
    job = receiver.wait_for("job.faulted", lambda body: body["Job"]["Id"] == number)["Job"]
    assert job["State"] == "Faulted"
    assert job["OutputArguments"] == {"Sum": 5}
    assert job["Error"]["code"] == "E"
    assert not {name for name, value in job.items() if value is None} - {"OutputArguments"}
    number = item_failed(desk)["Id"]
    failed = receiver.wait_for(
        "queueItem.transactionFailed", lambda body: body["QueueItem"]["Id"] == number
    )
    assert failed["QueueItem"]["SpecificContent"] == {"Amount": 5}
    assert failed["QueueItem"]["ProcessingException"]["Reason"] == "no"
    assert failed["Queue"]["MaxNumberOfRetries"] == 0


def test_what_can_be_caused_is_what_is_tested() -> None:
    """A type of event with a payload has a cause above; the rest nothing here causes yet."""
    told = {name for name, type_ in EVENT_TYPES.items() if type_.told and name != PING}
    elsewhere = {
        "custom",
        "queueItem.deferred",
        "queueItem.retried",
        "queueItem.transactionAbandoned",
    }
    assert told - elsewhere == set(CAUSES)


def test_items_that_are_tried_again_deferred_or_abandoned(
    demo: StandIn, client: Client, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    desk = Desk(demo, client)
    queue = desk.client.ok(
        "POST", "/odata/QueueDefinitions", 201,
        json={"Name": "again", "MaxNumberOfRetries": 1, "AcceptAutomaticallyRetry": True},
    )  # fmt: skip
    first = desk.add(queue)
    item = desk.take(queue)
    failure = {"Reason": "no", "Type": "ApplicationException"}
    desk.end(item, IsSuccessful=False, ProcessingException=failure)
    assert receiver.wait("queueItem.retried")[-1]["QueueItems"][0]["Id"] == first["Id"]
    again = desk.take(queue)
    desk.end(again, IsSuccessful=False, DeferDate="2030-01-01T00:00:00Z")
    assert (
        receiver.wait("queueItem.deferred")[-1]["QueueItem"]["DeferDate"] == "2030-01-01T00:00:00Z"
    )


# --- the log --------------------------------------------------------------------------------


def test_the_log_tells_what_went_and_what_came_back(
    client: Client, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    sent = client.ok("POST", f"/odata/Webhooks/{NS}.TriggerCustom", 202, json={"Logged": 1})
    one = client.ok("GET", f"/_control/webhooks/deliveries/{delivered(client, sent)['id']}")
    assert one["request"]["url"] == receiver.url
    assert json.loads(one["request"]["body"])["Type"] == "custom"
    assert "X-UiPath-Signature" in one["request"]["headers"]
    assert one["response"] | {"headers": {}} == {"status": 200, "headers": {}, "body": "ok"}
    assert one["durationMs"] >= 0


def test_a_message_is_sent_once_more(
    client: Client, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    sent = client.ok("POST", f"{path(webhook)}/{NS}.Ping", 202)
    one = delivered(client, sent)
    again = client.ok("POST", f"/_control/webhooks/deliveries/{one['id']}/redeliver", 202)
    assert again["id"] > one["id"]
    until(lambda: [ping["EventId"] for ping in receiver.bodies("ping")].count(sent["EventId"]) == 2)
    assert (
        client.ok("GET", f"/_control/webhooks/deliveries/{again['id']}")["redeliveryOf"]
        == one["id"]
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/99999999", 404),
        ("/0", 404),
        (f"/{2**70}", 404),
        ("?status=Nothing", 400),
        ("?limit=0", 400),
    ],
)
def test_a_delivery_that_is_not_there(client: Client, path: str, status: int) -> None:
    assert client.get(f"/_control/webhooks/deliveries{path}").status_code == status


def test_nobody_who_subscribes_costs_nothing(stand_in: StandIn, shared: Client) -> None:
    """No statement more, and no row, where there is no webhook."""
    shared.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "quiet"})  # what is remembered
    statements: list[str] = []
    engine = stand_in.tenant.engine

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        shared.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": "silent"})
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    if stand_in.tenant.dialect == "sqlite":  # others are asked for news of replicas once a second
        assert not [
            one
            for one in statements
            if "webhook" in one.lower().split(" where ")[0]
            and not one.lstrip().upper().startswith("SELECT MIN")
        ]
