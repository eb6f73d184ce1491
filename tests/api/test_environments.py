"""Environments: their robots, and the text on a robot that names them."""

import pytest

from stand_in import Client, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def shared(start_stand_in: Start) -> Client:
    client = start_stand_in("empty").client(folder="Shared")
    client.ok("POST", "/odata/Machines", 201, json={"Name": "HOST"})
    return client


def robot(client: Client, name: str) -> int:
    body = {"Name": name, "MachineName": "HOST", "Type": "Unattended"}
    return int(client.ok("POST", "/odata/Robots", 201, json=body)["Id"])


def text(client: Client, robot_id: int) -> str:
    return str(client.ok("GET", f"/odata/Robots({robot_id})")["RobotEnvironments"])


def test_the_text_on_robots_keeps_in_step(shared: Client) -> None:
    one, two = robot(shared, "one"), robot(shared, "two")
    first = {"Name": "e1", "Robots": [{"Id": one}]}
    e1 = shared.ok("POST", "/odata/Environments", 201, json=first)["Id"]
    e2 = shared.ok("POST", "/odata/Environments", 201, json={"Name": "e2"})["Id"]
    for number in (one, two):
        path = f"/odata/Environments({e2})/{ODATA}.AddRobot"
        shared.ok("POST", path, 204, json={"robotId": str(number)})
    assert (text(shared, one), text(shared, two)) == ("e1,e2", "e2")

    shared.ok("PUT", f"/odata/Environments({e1})", json={"Name": "renamed"})
    assert text(shared, one) == "renamed,e2"
    path = f"/odata/Environments({e2})/{ODATA}.SetRobots"
    shared.ok("POST", path, 204, json={"addedRobotIds": [], "removedRobotIds": [one]})
    assert text(shared, one) == "renamed"
    assert shared.delete(f"/odata/Environments({e1})").status_code == 204
    assert text(shared, one) == ""

    members = shared.rows(f"/odata/Environments/{ODATA}.GetRobotsForEnvironment(key={e2})")
    assert [row["Id"] for row in members] == [two]
    ids = shared.ok("GET", f"/odata/Environments/{ODATA}.GetRobotIdsForEnvironment(key={e2})")
    assert ids["value"] == [two]


def test_a_robot_that_is_not_there_is_refused(shared: Client) -> None:
    body = {"Name": "nobody", "Robots": [{"Id": 999_999}]}
    assert shared.post("/odata/Environments", body).status_code == 404
    assert shared.rows("/odata/Environments?$filter=Name eq 'nobody'") == []
