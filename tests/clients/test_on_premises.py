"""Older npm clients, which sign in with a password and speak to the root of the server.

`uipath-orchestrator` (UiPath's own, once) writes `authorization: bearer …` in lower case;
`uipath-orchestrator-api-node` takes any answer with an `errorCode` for an error.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clients.running import ClientError, Interpreter, Server, node_driver

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),  # installing takes its time
    pytest.mark.xdist_group("on-premises"),
]

PRELUDE = """
const { promisify } = require('node:util');
const Old = require('uipath-orchestrator');
const { default: OrchestratorApi } = require('uipath-orchestrator-api-node');

const old = new Old({ tenancyName: 'Default', usernameOrEmailAddress: 'admin',
  password: 'concertmaster', hostname: '127.0.0.1', isSecure: false, port: PORT });
old.switchOrganizationUnitId(1);
const call = (method, ...words) => promisify(old[method]).apply(old, words);

const userinfo = { tenancyName: 'Default', usernameOrEmailAddress: 'admin',
  password: 'concertmaster', organizationUnit: '1' };
const node = new OrchestratorApi({ serverinfo: { servername: 'http://127.0.0.1:PORT' }, userinfo });
node.organizationUnitId = 1;
await node.authenticate();
return { call, node };
"""


@pytest.fixture(scope="session")
def js(npm: Callable[..., Path], server: Server) -> Iterator[Interpreter]:
    home = npm("on-premises", "uipath-orchestrator@1.1.3", "uipath-orchestrator-api-node@0.8.3")
    port = server.base.rpartition(":")[2]
    started = node_driver(home, PRELUDE.replace("PORT", port), env={})
    yield started
    started.stop()


# --- uipath-orchestrator 1.1.3 --------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["Robots", "Jobs", "Users", "Machines", "Releases", "QueueDefinitions", "QueueItems", "Assets"],
)
def test_lists_of_the_old_client(js: Interpreter, path: str) -> None:
    found = js("call('get', '/odata/' + path, { $top: 3, $count: true })", path=path)
    assert 0 < len(found["value"]) <= 3 <= found["@odata.count"]


def test_work_of_the_old_client(js: Interpreter) -> None:
    item = {"itemData": {"Name": "Work", "Priority": "Low", "SpecificContent": {"by": "node"}}}
    added = js("call('post', '/odata/Queues/UiPathODataSvc.AddQueueItem', item)", item=item)
    assert added["Status"] == "New"
    changed = {"Name": "Work", "Priority": "High", "SpecificContent": {"by": "node", "n": 2}}
    path = f"/odata/QueueItems({added['Id']})"
    js("call('put', path, changed)", path=path, changed=changed)
    assert js("call('get', path, {})", path=path)["Priority"] == "High"
    js("call('delete', path)", path=path)


def test_errors_of_the_old_client(js: Interpreter) -> None:
    with pytest.raises(ClientError) as failure:
        js("call('get', '/odata/Jobs(999999)', {})")
    assert failure.value.status == 404


# --- uipath-orchestrator-api-node 0.8.3 -----------------------------------------------------


@pytest.mark.parametrize(
    "service",
    ["robot", "job", "user", "role", "machine", "release", "process", "folder", "tenant",
     "queueDefinition", "queueItem", "log", "asset"],
)  # fmt: skip
def test_lists(js: Interpreter, service: str) -> None:
    assert js("node[service].findAll({ $top: 3 })", service=service)


def test_look_ups(js: Interpreter) -> None:
    release = js("node.release.findByProcessKey('MailTriage')")
    assert release["ProcessKey"] == "MailTriage"
    assert js("node.robot.findByRobotName('Cello')")["Name"] == "Cello"
    assert js("node.queueDefinition.findByName('Work')")["Name"] == "Work"
    rows = js("node.log.findAll({ $filter: \"Level eq 'INFO'\", $top: 2 })")
    assert [row["Level"] for row in rows] == ["Info", "Info"]


def test_start_and_stop(js: Interpreter) -> None:
    started = js("node.job.startJobs('DailyReport', [], 2)")["value"]
    assert len(started) == 2
    for job, force in zip(started, ("false", "true"), strict=True):
        js(f"node.job.stopJob(id, {force})", id=job["Id"])
    assert js("node.job.find(id)", id=started[0]["Id"])["State"] == "Stopped"


def test_transaction(js: Interpreter) -> None:
    taken = js("node.queueOperation.getQueueAndStartTransaction('CustomerRequests')")
    assert taken["Status"] == "InProgress"
    result = {"transactionResult": {"IsSuccessful": True}}
    js("node.queueOperation.setTransactionResult(id, result)", id=taken["Id"], result=result)
    assert js("node.queueItem.find(id)", id=taken["Id"])["Status"] == "Successful"


def test_wrong_password(js: Interpreter, server: Server) -> None:
    code = """new node.constructor({ ...node.config,
        userinfo: { ...node.config.userinfo, password: 'wrong' } }).authenticate()"""
    with pytest.raises(ClientError):
        js(code)
