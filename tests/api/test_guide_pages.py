"""The pages of the API guide followed from top to bottom, on one and the same tenant."""

from typing import Any

from guide_examples import FOLDER, QUEUES, SERVER
from stand_in import Start

START = f"/odata/Jobs/{SERVER}.StartJobs"
SESSIONS = "/odata/Sessions?$top=10&$filter="
HISTORY = f"{SERVER}.GetQueueItemEventsHistory(queueItemId=1050203)?$orderby=Timestamp&$top=10"
COMMENTS = f"{SERVER}.GetQueueItemCommentsHistory(queueItemId=1050204)?$orderby=CreationTime desc"
STATUS = f"{QUEUES}.RetrieveQueuesProcessingStatus?$filter=QueueDefinitionName eq 'DocQueue'"
BUSY = "$top=10&$expand=Robot&$filter=Status eq 'InProgress' and Robot/Id eq 749"
EXPORT = f"{SERVER}.Export?$top=1000&$expand=Robot,Machine,Release&$orderby=CreationTime desc"
NEW = {"Name": "DocQueue", "Priority": "High", "SpecificContent": {"Name": "O'Brian"}}
ITEMS = {"queueName": "DocTest", "commitType": "AllOrNothing"}

#: method, path, status, body, in the order of the pages on transactions, jobs and robots.
REQUESTS: list[tuple[str, str, int, Any]] = [
    ("GET", f"/odata/QueueItemEvents/{HISTORY}", 200, None),
    ("GET", f"/odata/QueueProcessingRecords/{STATUS}", 200, None),
    ("POST", f"/odata/QueueItems/{QUEUES}.SetItemReviewer", 200,
     {"queueItems": [{"Id": 1050200, "RowVersion": "AAAAAABDIK8="}], "userId": 583}),
    ("GET", "/odata/QueueItems?$filter=ReviewStatus eq 'InReview'&$top=2", 200, None),
    ("POST", f"/odata/Queues/{QUEUES}.AddQueueItem", 201,
     {"itemData": NEW}),
    ("POST", f"/odata/Queues/{QUEUES}.BulkAddQueueItems", 200,
     {**ITEMS, "queueItems": [{"Priority": "High", "Reference": "ref4"}]}),
    ("POST", f"/odata/Queues/{QUEUES}.BulkAddQueueItems", 200,
     {**ITEMS, "queueItems": [{"Priority": "High"}]}),
    ("GET", f"/odata/QueueItems?{BUSY}", 200, None),
    ("GET", f"/odata/QueueItemComments/{COMMENTS}", 200, None),
    ("GET", "/odata/Jobs?$top=3&$filter=Robot/Id eq 749", 200, None),
    ("POST", START, 201, {"startInfo": {
        "ReleaseKey": "795cbab2-8008-4a54-b1cb-f9ff1ece139e", "Strategy": "All", "RobotIds": [],
        "NoOfRobots": 0}}),
    ("POST", START, 201, {"startInfo": {
        "ReleaseKey": "429cf1cc-283c-424f-a935-43f72c2ca719", "RobotIds": [121], "JobsCount": 0,
        "Strategy": "Specific", "InputArguments": '{"age":33}'}}),
    ("POST", f"/odata/Jobs/{SERVER}.StopJobs", 200,
     {"jobIds": [22450719, 22450728], "strategy": "1"}),
    ("POST", f"/odata/Jobs/{EXPORT}", 200, None),
    ("GET", "/odata/Exports(8661)", 200, None),
    ("GET", f"{SESSIONS}Robot/Id eq 749&$select=State", 200, None),
    ("GET", f"{SESSIONS}State eq 'Disconnected'&$expand=Robot", 200, None),
    ("GET", "/odata/Robots(216)", 200, None),
    ("GET", "/odata/RobotLogs?$top=100&$skip=200&$filter=RobotName eq 'DocBot'", 200, None),
    ("PUT", "/odata/Robots(749)", 200,
     {"MachineName": "MBOBOC", "Name": "DocBot", "Type": "Development", "Id": 749,
      "Username": "UIPATH\\JustAnotherRobot"}),
    ("DELETE", "/odata/Robots(79)", 204, None),
    ("POST", f"/odata/Robots/{SERVER}.DeleteBulk", 204, {"robotIds": [119, 120]}),
    ("PATCH", "/odata/Users(88)", 200, {"UnattendedRobot": {"Password": "newUnattendedRobotP@ss"}}),
]  # fmt: skip


def test_no_example_stands_in_the_way_of_another(start_stand_in: Start) -> None:
    client = start_stand_in("guide").client()
    for method, path, status, body in REQUESTS:
        answer = client.request(method, path, json=body, headers=FOLDER)
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
