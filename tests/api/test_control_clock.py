"""`/_control/clock` and `/_control/background`: a tenant's time, and what happens by itself."""

from typing import Any

import pytest

from concertmaster.domain import clock
from stand_in import Client, StandIn, Start

CLOCK = "/_control/clock"
BACKGROUND = "/_control/background"
THEN = "2030-05-01T08:00:00.0000000Z"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty")


@pytest.fixture
def admin(stand_in: StandIn) -> Client:
    stand_in.tenant.clock.reset()
    return stand_in.client(folder="Shared")


def test_real_time_at_first(admin: Client) -> None:
    told = admin.ok("GET", CLOCK)
    assert (told["frozen"], told["scale"]) == (False, 1)
    assert told["now"] > "2026"


def test_set_freeze_and_go_on(admin: Client) -> None:
    told = admin.ok("PUT", CLOCK, json={"now": "2030-05-01T10:00:00+02:00", "frozen": True})
    assert told == {"now": THEN, "frozen": True, "scale": 1}
    queue = admin.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": f"q-{clock.new_guid()}"})
    assert queue["CreationTime"] == "2030-05-01T08:00:00Z"
    told = admin.ok("PUT", CLOCK, json={"frozen": False, "scale": 3600})
    assert told["now"] >= THEN
    assert (told["frozen"], told["scale"]) == (False, 3600)


def test_advance_by_a_span_and_to_a_moment(admin: Client) -> None:
    admin.ok("PUT", CLOCK, json={"now": THEN, "frozen": True})
    told = admin.ok("POST", f"{CLOCK}/advance", json={"by": "P1DT2H"})
    assert told == {"now": "2030-05-02T10:00:00.0000000Z", "fired": []}
    told = admin.ok("POST", f"{CLOCK}/advance", json={"to": "2030-06-01T00:00:00Z"})
    assert told["now"] == "2030-06-01T00:00:00.0000000Z"


def test_a_token_is_good_whatever_the_tenants_time(admin: Client) -> None:
    admin.ok("PUT", CLOCK, json={"now": "2099-01-01", "frozen": True})
    admin.ok("GET", "/odata/Folders")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", CLOCK, {"now": "soon"}),
        ("PUT", CLOCK, {"scale": 0}),
        ("PUT", CLOCK, {"scale": "NaN"}),
        ("PUT", CLOCK, {"faster": 2}),
        ("PUT", CLOCK, []),
        ("POST", f"{CLOCK}/advance", {}),
        ("POST", f"{CLOCK}/advance", {"by": "PT1H", "to": THEN}),
        ("POST", f"{CLOCK}/advance", {"by": "tomorrow"}),
        ("POST", f"{CLOCK}/advance", {"by": "-PT1H"}),
        ("POST", f"{CLOCK}/advance", {"by": "P9999999D"}),
        ("POST", f"{CLOCK}/advance", {"to": "2001-01-01"}),
        ("PUT", BACKGROUND, {}),
        ("PUT", BACKGROUND, {"paused": "perhaps"}),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    admin: Client, method: str, path: str, body: Any
) -> None:
    admin.ok("PUT", CLOCK, json={"now": THEN, "frozen": True})
    answer = admin.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert admin.ok("GET", CLOCK)["now"] == THEN


def test_only_administrators(stand_in: StandIn, admin: Client) -> None:
    assert stand_in.http.get(CLOCK).status_code == 401
    user = {"UserName": "peter", "Password": "secret-words", "Name": "Peter", "Surname": "P"}
    admin.ok("POST", "/odata/Users", 201, json=user)
    peter = stand_in.client("peter", "secret-words")
    assert peter.get(CLOCK).status_code == 403
    assert peter.put(BACKGROUND, json={"paused": True}).status_code == 403


def test_the_background_can_rest(admin: Client) -> None:
    assert admin.ok("PUT", BACKGROUND, json={"paused": True})["paused"] is True
    assert admin.ok("GET", BACKGROUND)["paused"] is True
    assert admin.ok("PUT", BACKGROUND, json={"paused": False})["paused"] is False


def test_a_robot_is_given_up_when_time_is_moved(admin: Client) -> None:
    admin.ok("PUT", CLOCK, json={"frozen": True})
    key = admin.ok("GET", "/api/robotsservice/getsharedconnectiondata")["licenseKey"]
    host = {"X-ROBOT-LICENSE": key, "X-ROBOT-MACHINE": "desk"}
    robot = admin.ok(
        "POST", "/api/robotsservice/BeginSession", json={"userName": "desk\\me"}, headers=host
    )
    (session,) = admin.rows(f"/odata/Sessions?$filter=Robot/Name eq '{robot['robotName']}'")
    told = admin.ok("GET", BACKGROUND)["next"]
    assert "robot.unresponsive" in [one["what"] for one in told]
    told = admin.ok("POST", f"{CLOCK}/advance", json={"by": "PT1H"})
    (fired,) = [one for one in told["fired"] if one["what"] == "robot.unresponsive"]
    assert fired["id"] == session["Id"]
    assert clock.between(fired["at"], told["now"]) == pytest.approx(3600 - 120, abs=1)


def test_the_guide_scenario_rests(guide: StandIn) -> None:
    assert guide.client().ok("GET", BACKGROUND)["paused"] is True
