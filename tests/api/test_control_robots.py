"""`/_control/robots`: keys of robots, for whoever writes automations on a desk."""

from stand_in import Client, StandIn


def test_an_administrator_sees_the_keys(client: Client) -> None:
    robots = client.ok("GET", "/_control/robots")["value"]
    assert robots
    key = robots[0]["robotKey"]
    answer = client.stand_in.http.get(
        "/odata/Assets?$top=1",
        headers={"authorization": f"UiRobot {key}", "x-uipath-folderpath": "Shared"},
    )
    assert answer.status_code == 200


def test_nobody_else_does(demo: StandIn) -> None:
    assert demo.http.get("/_control/robots").status_code == 401
    (robot, *_) = demo.client().ok("GET", "/_control/robots")["value"]
    headers = {"authorization": f"UiRobot {robot['robotKey']}"}
    assert demo.http.get("/_control/robots", headers=headers).status_code == 403
