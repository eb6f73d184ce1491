"""Alerts: raised by what goes wrong, read by each user for themselves."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock, job_timeouts, jobs, reactions, sessions
from concertmaster.domain.job_states import Mover
from concertmaster.entities import Job, JobState, SessionState
from concertmaster.entities import Session as RobotSession
from stand_in import Client, StandIn

NS = "UiPath.Server.Configuration.OData"


@pytest.fixture(autouse=True, scope="module")
def paused(client: Client) -> None:
    client.ok("PUT", "/_control/background", json={"paused": True})  # jobs move when told to


def fault(demo: StandIn, client: Client) -> dict[str, Any]:
    release = client.rows("/odata/Releases?$top=1")[0]
    body = {"startInfo": {"ReleaseKey": release["Key"], "JobsCount": 1}}
    job = client.ok("POST", f"/odata/Jobs/{NS}.StartJobs", 201, json=body)["value"][0]
    with demo.tenant.session() as session:
        row = session.get_one(Job, job["Id"])
        now = demo.tenant.clock.now()
        for state in (JobState.Running, JobState.Faulted):
            assert jobs.move(session, row, state, Mover.CONTROL, now=now, info="it broke")
        reactions.commit(session)
    return dict(job)


def newest(client: Client, where: str) -> dict[str, Any]:
    return client.rows(f"/odata/Alerts?$top=1&$filter={where}")[0]


def unread(client: Client) -> int:
    return int(client.ok("GET", f"/odata/Alerts/{NS}.GetUnreadCount")["value"])


def test_a_job_that_fails_is_an_alert(demo: StandIn, client: Client) -> None:
    before = unread(client)
    job = fault(demo, client)
    assert unread(client) == before + 1
    alert = newest(client, "Component eq 'Jobs'")
    assert (alert["Severity"], alert["State"]) == ("Error", "Unread")
    assert alert["NotificationName"] == "Job.StatusChanged.Faulted"
    assert json.loads(alert["Data"])["JobKey"] == job["Key"]
    assert json.loads(alert["Data"])["Info"] == "it broke"
    assert job["Key"] in alert["DeepLinkRelativeUrl"]


def test_a_job_that_takes_longer_than_expected_is_an_alert(demo: StandIn, client: Client) -> None:
    release = client.rows("/odata/Releases?$top=1")[0]
    info = {"ReleaseKey": release["Key"], "AlertPendingExpression": "60"}
    (job,) = client.ok("POST", f"/odata/Jobs/{NS}.StartJobs", 201, json={"startInfo": info})[
        "value"
    ]
    with demo.tenant.session() as session:
        row, now = session.get_one(Job, job["Id"]), demo.tenant.clock.now()
        assert clock.between(row.creation_time, row.overdue_at or "") == 60
        row.overdue_at = now
        session.flush()
        assert job_timeouts.tell_overdue(session, now=now) == [job["Id"]]
        reactions.commit(session)
    alert = newest(client, "NotificationName eq 'Job.Overdue'")
    assert (alert["Severity"], alert["Component"]) == ("Warn", "Jobs")
    assert json.loads(alert["Data"])["JobKey"] == job["Key"]


def test_it_is_read_by_one_and_new_for_another(demo: StandIn, client: Client) -> None:
    made = {"UserName": "other", "Password": "nothing", "RolesList": ["Administrator"]}
    demo.client().ok("POST", "/odata/Users", 201, json=made)
    other = demo.client("other", "nothing")
    fault(demo, client)
    mine = newest(client, "Component eq 'Jobs'")
    before = unread(client)
    path = f"/odata/Alerts/{NS}.MarkAsRead"
    ids = {"ids": [mine["UserNotificationId"]]}
    assert client.ok("POST", path, json=ids)["value"] == before - 1
    assert newest(client, "Component eq 'Jobs'")["State"] == "Read"
    theirs = newest(other, "Component eq 'Jobs'")
    assert (theirs["Id"], theirs["State"]) == (mine["Id"], "Unread")
    assert theirs["UserNotificationId"] != mine["UserNotificationId"]
    other.ok("POST", path, json=ids)  # not theirs
    assert newest(other, "Component eq 'Jobs'")["State"] == "Unread"
    assert other.ok("POST", path, json={"ids": [mine["Id"]]})["value"] == unread(other)
    assert newest(other, "Component eq 'Jobs'")["State"] == "Read"


def test_who_has_turned_them_off_gets_none(demo: StandIn, client: Client) -> None:
    made = {
        "UserName": "deaf", "Password": "nothing", "RolesList": ["Administrator"],
        "NotificationSubscription": {"Jobs": False, "Robots": True},
    }  # fmt: skip
    demo.client().ok("POST", "/odata/Users", 201, json=made)
    fault(demo, client)
    assert unread(demo.client("deaf", "nothing")) == 0


@pytest.mark.parametrize(
    ("states", "names"),
    [
        ((SessionState.Busy, SessionState.Available), []),
        ((SessionState.Unknown, SessionState.Available), ["NotResponding", "Available"]),
        ((SessionState.Disconnected,), ["Offline"]),
    ],
    ids=str,
)
def test_robots_that_go_and_come_are_alerts(
    demo: StandIn, client: Client, states: tuple[SessionState, ...], names: list[str]
) -> None:
    where = "/odata/Alerts?$filter=Component eq 'Robots'&$orderby=CreationTime"
    before = len(client.rows(where))
    with demo.tenant.session() as session:
        held = session.scalars(sa.select(RobotSession).order_by(RobotSession.id)).first()
        assert held
        held.state = SessionState.Available
        for state in states:
            sessions.turn(session, held, state, now=demo.tenant.clock.now())
            reactions.settle(session)
        reactions.commit(session)
    found = client.rows(where)[before:]
    assert [one["NotificationName"] for one in found] == [
        f"Robot.StatusChanged.{name}" for name in names
    ]


def test_a_process_raises_one_of_its_own(client: Client) -> None:
    path = f"/odata/Alerts/{NS}.RaiseProcessAlert"
    alert = {"Message": "look", "Severity": "Warn", "RobotName": "r", "ProcessName": "p"}
    client.ok("POST", path, json={"processAlert": alert})
    got = newest(client, "Component eq 'Process'")
    assert got["Severity"] == "Warn"
    assert json.loads(got["Data"]) == {"Message": "look", "RobotName": "r", "ProcessName": "p"}
    assert client.post(path, {"processAlert": alert | {"Message": "m" * 513}}).status_code == 400
    assert client.post(path, {"processAlert": {"Message": "m"}}).status_code == 400
    assert client.post(path, {}).status_code == 400


def test_what_is_no_id_is_refused(client: Client) -> None:
    assert client.post(f"/odata/Alerts/{NS}.MarkAsRead", {"ids": ["x"]}).status_code == 400
    assert client.post(f"/odata/Alerts/{NS}.MarkAsRead", {}).status_code == 400


def test_it_takes_a_permission(demo: StandIn) -> None:
    made = {"UserName": "blind", "Password": "nothing", "RolesList": []}
    demo.client().ok("POST", "/odata/Users", 201, json=made)
    assert demo.client("blind", "nothing").get("/odata/Alerts").status_code == 403
