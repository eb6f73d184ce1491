"""Robot logs: how lines come in, and what Elasticsearch would not answer."""

import json

import pytest
import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.entities import Robot, RobotType
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"
SUBMIT = "/api/Logs/SubmitLogs"


def found(client: Client, message: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = client.rows(f"/odata/RobotLogs?$filter=Message eq '{message}'")
    return rows


def test_lines_come_as_texts_or_as_objects(shared: Client) -> None:
    line = {"message": "both", "level": "Information", "robotName": "R", "machineId": 7,
            "timeStamp": "2026-01-02T05:04:05.1234567+02:00", "processName": "P"}  # fmt: skip
    assert shared.ok("POST", SUBMIT, json=[json.dumps(line), line]) == {}
    rows = found(shared, "both")
    assert len(rows) == 2
    assert rows[0]["TimeStamp"] == "2026-01-02T03:04:05.1234567Z"
    assert (rows[0]["Level"], rows[0]["RobotName"], rows[0]["Id"]) == ("Info", "R", 0)
    assert json.loads(str(rows[0]["RawMessage"])) == line


def test_one_line(shared: Client) -> None:
    assert shared.ok("POST", "/api/Logs", json={"Message": "single", "Level": 4}) == {}
    assert found(shared, "single")[0]["Level"] == "Error"


@pytest.mark.parametrize(
    ("level", "name"),
    [("Trace", "Trace"), ("VERBOSE", "Trace"), (1, "Debug"), ("2", "Info"), ("warning", "Warn"),
     ("Critical", "Fatal"), (None, "Info")],
)  # fmt: skip
def test_levels_by_name_and_number(shared: Client, level: object, name: str) -> None:
    message = f"level {level}"
    shared.ok("POST", SUBMIT, json=[{"message": message, "level": level}])
    assert found(shared, message)[0]["Level"] == name


@pytest.mark.parametrize(
    "body",
    [None, {}, "x", ["no json"], [1], [None], [["x"]], [{"level": "loud"}], [{"level": True}],
     [{"timeStamp": "yesterday"}], [{"timeStamp": 5}]],
)  # fmt: skip
def test_bad_lines_are_refused_whole(shared: Client, body: object) -> None:
    total = shared.get("/odata/RobotLogs/$count").text
    sent = [{"message": "good"}, *body] if isinstance(body, list) else body
    assert shared.post(SUBMIT, sent).status_code == 400
    assert shared.get("/odata/RobotLogs/$count").text == total


def test_a_body_that_is_no_json(shared: Client) -> None:
    answer = shared.request("POST", SUBMIT, content=b"{")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)


def test_a_robot_signs_with_its_key(stand_in: StandIn, shared: Client) -> None:
    key = clock.new_guid()
    user = shared.ok("POST", "/odata/Users", 201, json={"UserName": "logger"})["Id"]
    folder = shared.rows("/odata/Folders")[0]["Id"]
    with stand_in.tenant.session() as session:
        robot = Robot(name="logger", type=RobotType.Unattended, user_id=user, robot_key=key,
                      username="acme\\logger")  # fmt: skip
        session.add(robot)
        session.commit()
    headers = {"authorization": f"UiRobot {key}"}
    http = stand_in.http
    assert (
        http.post(SUBMIT, json=[{"organizationUnitId": folder}], headers=headers).status_code == 403
    )
    assignment = {"UserIds": [user], "RolesPerFolder": [{"FolderId": folder, "RoleIds": []}]}
    shared.ok("POST", f"/odata/Folders/{ODATA}.AssignUsers", 204, json={"assignments": assignment})
    assert http.post(SUBMIT, json=[{"message": "mine"}], headers=headers).status_code == 200
    row = found(shared, "mine")[0]
    assert (row["RobotName"], row["WindowsIdentity"]) == ("logger", "acme\\logger")
    assert http.post(SUBMIT, json=[]).status_code == 401


def test_text_that_no_database_holds(shared: Client) -> None:
    line = json.dumps({"message": "a\u0000b\ud800", "robotName": "odd"})
    shared.ok("POST", SUBMIT, json=[line])
    rows = shared.rows("/odata/RobotLogs?$filter=RobotName eq 'odd'")
    assert rows[0]["Message"] == "ab?"


def test_the_total_of_a_folder(shared: Client) -> None:
    total = shared.ok("GET", f"/odata/RobotLogs/{ODATA}.GetTotalCount")["value"]
    assert total == int(shared.get("/odata/RobotLogs/$count").text)


# --- Elasticsearch --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elastic(start_stand_in: Start) -> Client:
    client = start_stand_in("empty", robot_logs="elasticsearch").client(folder="Shared")
    client.ok("POST", SUBMIT, json=[{"message": "m", "level": 3, "robotName": "R", "machineId": 7}])
    return client


@pytest.mark.parametrize("page", ["$skip=10000", "$top=1000&$skip=9001", "$skip=9999&$top=2"])
def test_the_window_ends_at_ten_thousand(elastic: Client, page: str) -> None:
    answer = elastic.get(f"/odata/RobotLogs?{page}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)
    assert answer.json()["message"] == (
        "Depth of pagination is limited in Elasticsearch by the max_result_window index setting. "
        "Make sure skip + take is lower than 10000"
    )


def test_the_last_row_of_the_window(elastic: Client) -> None:
    assert elastic.rows("/odata/RobotLogs?$skip=9999&$top=1") == []


@pytest.mark.parametrize(
    "condition",
    ["RobotName eq 'R'", "MachineId eq 7", "Level ge 'Warn'", "level ge '2'", "(Level ge 2)",
     "TimeStamp gt 2019-10-14T00:00:00Z and RobotName eq 'R'",
     "(RobotName eq 'R') and (MachineId eq 7)"],
)  # fmt: skip
def test_conditions_that_elasticsearch_knows(elastic: Client, condition: str) -> None:
    assert len(elastic.rows(f"/odata/RobotLogs?$filter={condition}")) == 1


@pytest.mark.parametrize(
    "condition",
    ["Message eq 'm'", "RobotName ne 'R'", "Level eq 'Warn'", "TimeStamp ge 2019-10-14T00:00:00Z",
     "RobotName eq 'R' or MachineId eq 7", "contains(RobotName,'R')", "not (MachineId eq 7)"],
)  # fmt: skip
def test_conditions_that_it_does_not_know(elastic: Client, shared: Client, condition: str) -> None:
    answer = elastic.get(f"/odata/RobotLogs?$filter={condition}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)
    assert shared.get(f"/odata/RobotLogs?$filter={condition}").status_code == 200


def test_lines_of_an_unknown_folder_are_seen_by_nobody(stand_in: StandIn, shared: Client) -> None:
    other = shared.ok("POST", "/odata/Folders", 201, json={"DisplayName": "Other"})["Id"]
    line = {"message": "elsewhere", "organizationUnitId": other}
    shared.ok("POST", SUBMIT, json=[line])
    assert found(shared, "elsewhere") == []
    rows = shared.rows(
        "/odata/RobotLogs?$filter=Message eq 'elsewhere'",
        headers={"x-uipath-folderpath": "Other"},
    )
    assert len(rows) == 1


def test_a_hundred_thousand_lines_are_the_most(stand_in: StandIn, shared: Client) -> None:
    from concertmaster.entities import RobotLog

    answer = shared.post(SUBMIT, ["{}"] * 100_001)
    assert answer.status_code == 400
    with stand_in.tenant.reader() as session:
        assert (session.scalar(sa.select(sa.func.count(RobotLog.number))) or 0) < 1000
