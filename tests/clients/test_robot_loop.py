"""A real robot runs real jobs: `uipath` publishes and invokes, `uipath-robot` executes.

Both come from PyPI, unmodified, into an environment of their own; `uv`, which the robot calls,
makes the environment of the job.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.running import HERE, Server, environment, run

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("robot"),
]

ODATA = "UiPath.Server.Configuration.OData"
#: Seconds of silence after which the server gives up a robot; it is heard of every five.
TIMEOUT = 15
FUNCTIONS = ("add", "fail", "wait", "count", "use", "grow")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    running = Server(folder, CONCERTMASTER_ROBOT_TIMEOUT=str(TIMEOUT))
    yield running
    running.stop()
    assert "unexpected error" not in running.log, running.log[-4000:]


@pytest.fixture(scope="module")
def env(server: Server, pip: Callable[..., Path]) -> dict[str, str]:
    """What `concertmaster env` prints, with the installed commands on the path."""
    python = pip("robot", "uipath>=2.14", "uipath-robot>=0.0.20", "uv")
    lines = (line.partition("=") for line in server.env("python").splitlines())
    told = {name: value.strip('"') for name, _, value in lines}
    return environment(**told, PATH=f"{python.parent}{os.pathsep}{os.environ['PATH']}")


@dataclass
class Tenant:
    """The server, as the test looks at it."""

    http: httpx.Client

    def get(self, path: str, folder: str = "Shared", /, **query: Any) -> Any:
        answer = self.http.get(path, params=query, headers={"x-uipath-folderpath": folder})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200, folder: str = "Shared") -> Any:
        answer = self.http.post(path, json=body, headers={"x-uipath-folderpath": folder})
        assert answer.status_code == status, answer.text
        return answer.json()

    def start(self, entry: str, process: str = "worker", **given: Any) -> str:
        """The key of a new job."""
        info = {"ReleaseName": process, "EntryPointPath": entry}
        body = {"startInfo": {**info, "InputArguments": json.dumps(given)}}
        (job,) = self.post(f"odata/Jobs/{ODATA}.StartJobs", body, 201)["value"]
        return str(job["Key"])

    def job(self, key: str) -> Any:
        return self.get(f"odata/Jobs/{ODATA}.GetByKey(identifier={key})")

    def wait(self, key: str, *states: str, seconds: float = 180) -> Any:
        """The job, once it is in one of the states."""
        until = time.monotonic() + seconds
        while (job := self.job(key))["State"] not in states:
            assert time.monotonic() < until, f"{job['State']}, not {states}: {job}"
            time.sleep(0.2)
        return job

    def ended(self, key: str, seconds: float = 180) -> Any:
        return self.wait(key, "Successful", "Faulted", "Stopped", seconds=seconds)

    def sessions(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get("odata/Sessions", **{"$orderby": "Id desc"})["value"]
        return [row for row in rows if row["Version"] == "26.0"]


@pytest.fixture(scope="module")
def tenant(server: Server, env: dict[str, str]) -> Iterator[Tenant]:
    headers = {"authorization": f"Bearer {env['UIPATH_ACCESS_TOKEN']}"}
    with httpx.Client(base_url=f"{server.url}/", headers=headers, timeout=30) as http:
        yield Tenant(http)


PYPROJECT = """
[project]
name = "{name}"
version = "0.0.1"
description = "What it does"
authors = [{{ name = "Ada" }}]
requires-python = ">=3.11"
dependencies = ["uipath"]
"""
#: The runtime of jobs that wait is found by an entry point, so the project has to be installed.
INSTALLED = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["patient_runtime", "patient_project"]

[project.entry-points."uipath.runtime.factories"]
patient = "patient_runtime:register"
"""


def packed(
    folder: Path, name: str, module: str, functions: tuple[str, ...], env: dict[str, str]
) -> Path:
    """A project of functions, with its package."""
    shutil.copy(HERE / f"{module}.py", folder)
    listed = {function: f"{module}.py:{function}" for function in functions}
    (folder / "uipath.json").write_text(json.dumps({"functions": listed}))
    with (folder / "pyproject.toml").open("a") as pyproject:
        pyproject.write(PYPROJECT.format(name=name))
    for command in (("init",), ("pack", "--nolock")):
        run("uipath", *command, cwd=folder, env=env, timeout=120)
    return folder


@pytest.fixture(scope="module")
def project(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("project"), "worker", "robot_project", FUNCTIONS, env)


@pytest.fixture(scope="module")
def patient(env: dict[str, str], tenant: "Tenant", tmp_path_factory: pytest.TempPathFactory) -> str:
    """A process whose jobs wait."""
    folder = tmp_path_factory.mktemp("patient")
    (folder / "pyproject.toml").write_text(INSTALLED)
    shutil.copy(HERE / "patient_runtime.py", folder)
    (folder / "patient.json").write_text("{}")
    packed(folder, "patient", "patient_project", ("ask", "order"), env)
    run("uipath", "publish", "--tenant", cwd=folder, env=env)
    body = {"Name": "patient", "ProcessKey": "patient", "ProcessVersion": "0.0.1"}
    tenant.post("odata/Releases", body, 201)
    return "patient"


@pytest.fixture(scope="module")
def published(project: Path, env: dict[str, str], tenant: Tenant) -> str:
    """The project in both feeds, and a process of it in Shared."""
    for feed in ("--my-workspace", "--tenant"):
        said = run("uipath", "publish", feed, cwd=project, env=env)
        assert "published successfully" in said, said
        assert "Failed" not in said
    body = {"Name": "worker", "ProcessKey": "worker", "ProcessVersion": "0.0.1"}
    tenant.post("odata/Releases", body, 201)
    return "worker"


class Robot:
    """`uipath-robot`, in a process of its own."""

    def __init__(self, folder: Path, env: dict[str, str], name: str) -> None:
        folder.mkdir()
        self.log = folder / "robot.log"
        with self.log.open("w") as out:
            self._process = subprocess.Popen(
                ["uipath-robot"], cwd=folder, stdout=out, stderr=out, start_new_session=True,
                # Whoever runs the tests in the background ignores it, and so would the robot.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
                env={**env, "UIPATH_ROBOT_USERNAME": f"autogen\\{name}_local"},
            )  # fmt: skip

    def stop(self) -> None:
        """As Ctrl+C does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)

    def kill(self) -> None:
        """It and all it started, at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)


@pytest.fixture(scope="module")
def robots(
    env: dict[str, str], published: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Robot]]:
    started: list[Robot] = []
    folder = tmp_path_factory.mktemp("robots")

    def start(name: str) -> Robot:
        started.append(Robot(folder / name, env, name))
        return started[-1]

    yield start
    for robot in started:
        robot.stop()


@pytest.fixture(scope="module")
def robot(robots: Callable[[str], Robot]) -> Robot:
    return robots("one")


def test_publish_invoke_execute(
    tenant: Tenant, project: Path, env: dict[str, str], robot: Robot
) -> None:
    said = run("uipath", "invoke", "add", '{"number": 41}', cwd=project, env=env)
    key = re.search(r"jobs/([0-9a-f-]{36})/details", said)
    assert key, said
    begun = time.monotonic()
    job = tenant.ended(key.group(1))
    print(f"from invoke to Successful: {time.monotonic() - begun:.1f} s")
    assert (job["State"], json.loads(job["OutputArguments"])["number"]) == ("Successful", 42), job
    assert job["StartTime"] and job["EndTime"] and job["HostMachineName"]
    workspace = job["OrganizationUnitFullyQualifiedName"]
    query = {"$filter": f"JobKey eq {job['Key']}"}
    until = time.monotonic() + 15
    while not (logs := tenant.get("odata/RobotLogs", workspace, **query)["value"]):
        assert time.monotonic() < until, "no logs came"
        time.sleep(0.2)
    assert "adding one to 41" in [line["Message"] for line in logs]
    (session,) = tenant.sessions()
    assert (session["State"], session["IsUnresponsive"]) == ("Available", False)
    assert session["MachineName"] == "admin's workspace machine"


def test_what_raises_ends_faulted(tenant: Tenant, robot: Robot) -> None:
    job = tenant.ended(tenant.start("fail", number=7))
    assert job["State"] == "Faulted"
    assert "7 is no number to work with" in job["Info"]
    assert job["JobError"]["Code"]


def test_a_stopped_job_ends_stopped(tenant: Tenant, robot: Robot, tmp_path: Path) -> None:
    key = tenant.start("wait", folder=str(tmp_path))
    job = tenant.wait(key, "Running")
    wait_for(tmp_path / "begun")
    tenant.post(f"odata/Jobs/{ODATA}.StopJobs", {"jobIds": [job["Id"]], "strategy": "SoftStop"})
    assert tenant.job(key)["State"] in ("Stopping", "Stopped")
    assert tenant.ended(key)["State"] == "Stopped"


def test_a_job_works_with_assets_queues_and_buckets(tenant: Tenant, robot: Robot) -> None:
    shelf = {"Name": "Shelf", "Identifier": "5e1f0000-0000-0000-0000-000000000001"}
    bucket = tenant.post("odata/Buckets", shelf, 201)
    job = tenant.ended(tenant.start("use", number=5))
    assert job["State"] == "Successful", job
    (item,) = tenant.get("odata/QueueItems", **{"$filter": "Reference eq 'job-5'"})["value"]
    said = json.loads(job["OutputArguments"])["text"]
    assert item["SpecificContent"]["said"] == said
    asked = f"odata/Buckets({bucket['Id']})/{ODATA}.GetReadUri"
    assert httpx.get(tenant.get(asked, path="out/said.txt")["Uri"]).text == said


def test_a_large_output_comes_as_a_file(tenant: Tenant, robot: Robot) -> None:
    job = tenant.ended(tenant.start("grow", number=3))
    assert (job["State"], job["OutputArguments"]) == ("Successful", None), job
    file = tenant.get(f"odata/Attachments({job['OutputFile']})")
    output = httpx.get(file["BlobFileAccess"]["Uri"]).json()
    assert output == {"number": 3, "text": "x" * 20_000}


def test_a_job_is_suspended_and_resumed(
    tenant: Tenant, robot: Robot, patient: str, tmp_path: Path
) -> None:
    key = tenant.start("ask", patient, number=40, folder=str(tmp_path))
    job = tenant.wait(key, "Suspended", "Faulted")
    assert job["State"] == "Suspended", job
    assert tenant.sessions()[0]["State"] == "Available"
    found = tenant.get("odata/JobTriggers", **{"$filter": f"JobId eq {job['Id']}"})["value"]
    (trigger,) = found
    assert (trigger["TriggerType"], trigger["Status"]) == ("Api", "New")
    body = {"payload": {"count": 2}}
    answer = tenant.http.post(f"api/JobTriggers/DeliverPayload/{trigger['ItemKey']}", json=body)
    assert answer.status_code == 202
    job = tenant.ended(key)
    assert job["State"] == "Successful", job
    assert json.loads(job["OutputArguments"])["text"] == "42 after .."


def test_a_job_waits_for_another_and_for_a_moment(
    tenant: Tenant, robot: Robot, patient: str
) -> None:
    """One robot does both: it is free while the first job waits."""
    key = tenant.start("order", patient, number=6)
    job = tenant.ended(key, seconds=300)
    assert job["State"] == "Successful", job
    assert json.loads(job["OutputArguments"])["text"] == "the other job made 7"
    assert job["ResumeVersion"] == 2


def test_two_robots_never_do_the_same(
    tenant: Tenant, robot: Robot, robots: Callable[[str], Robot], tmp_path: Path
) -> None:
    keys = [tenant.start("count", number=number, folder=str(tmp_path)) for number in range(10)]
    second = robots("two")
    jobs = [tenant.ended(key, seconds=200) for key in keys]
    assert {job["State"] for job in jobs} == {"Successful"}
    runs = (tmp_path / "runs").read_text().split()
    assert sorted(map(int, runs)) == list(range(10))
    assert len({session["Id"] for session in tenant.sessions()}) == 2
    for one in (robot, second):
        assert "Job " in one.log.read_text()
    second.stop()
    states = [session["State"] for session in tenant.sessions()]
    assert sorted(states) == ["Available", "Disconnected"]


def test_a_robot_that_is_killed_leaves_no_job_hanging(
    tenant: Tenant, robots: Callable[[str], Robot], robot: Robot, tmp_path: Path
) -> None:
    robot.stop()
    doomed = robots("doomed")
    key = tenant.start("wait", folder=str(tmp_path))
    tenant.wait(key, "Running")
    wait_for(tmp_path / "begun")
    doomed.kill()
    job = tenant.ended(key, seconds=TIMEOUT + 20)
    assert (job["State"], job["ErrorCode"]) == ("Faulted", "Robot.Lost")
    assert tenant.sessions()[0]["IsUnresponsive"]


# --- what the consoles say ------------------------------------------------------------------

NO_TOKEN = {"UIPATH_ACCESS_TOKEN": "wrong"}


@pytest.mark.parametrize(
    ("command", "changed", "said"),
    [
        (("publish", "--tenant"), NO_TOKEN, "Status code: 401 .*You are not authenticated"),
        (("publish", "--my-workspace"), NO_TOKEN, "Status Code: 401.*You are not authenticated"),
        (("invoke", "add", "{}"), NO_TOKEN, "Status Code: 401.*You are not authenticated"),
        (("buckets", "list"), NO_TOKEN, "Authentication failed .401.*token may have expired"),
        (("publish", "--tenant"), {}, "409 .*The package worker 0.0.1 already exists."),
        (("publish", "--folder", "Nowhere"), {}, "Folder 'Nowhere' not found"),
        (("buckets", "list", "--folder-path", "Nowhere"), {}, "Folder does not exist or the user"),
        (("invoke", "nothing", "{}"), {}, "404 .*The entry point nothing does not exist."),
        (("invoke", "add", '{"number": "x"}'), {}, "400 .*input argument 'number' is not of type"),
    ],
)
def test_what_the_command_line_says(
    published: str, project: Path, env: dict[str, str], command: tuple[str, ...],
    changed: dict[str, str], said: str,
) -> None:  # fmt: skip
    done = subprocess.run(
        ["uipath", *command], check=False, capture_output=True, text=True, timeout=180,
        cwd=project, env={**env, **changed},
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert re.search(said, told, re.DOTALL), told
    assert "An error has occurred" not in told


def test_what_is_not_published_is_said_to_be_missing(
    env: dict[str, str], tenant: Tenant, tmp_path: Path
) -> None:
    folder = packed(tmp_path, "unheard", "robot_project", ("add",), env)
    done = subprocess.run(
        ["uipath", "invoke", "add", "{}"], check=False, capture_output=True, text=True,
        timeout=180, cwd=folder, env=env,
    )  # fmt: skip
    assert "No process with name 'unheard' found in your workspace" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("token", "said"),
    [("wrong", "Unauthorized: Invalid or expired token"), (None, "Conflict error occurred.*user")],
)
def test_what_the_robot_says(
    tenant: Tenant, env: dict[str, str], tmp_path: Path, token: str | None, said: str
) -> None:
    """With a token that is none, and with one of an application, which has no robot."""
    if token is None:
        form = {
            "grant_type": "client_credentials", "client_id": "concertmaster",
            "client_secret": "concertmaster-secret",
        }  # fmt: skip
        token = tenant.http.post("identity_/connect/token", data=form).json()["access_token"]
    done = subprocess.run(
        ["uipath-robot"], check=False, capture_output=True, text=True, timeout=180, cwd=tmp_path,
        env={**env, "UIPATH_ACCESS_TOKEN": token},
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert re.search(said, told, re.DOTALL), told
    assert "Failed to get connection data" in told


def test_a_machine_signs_in_by_the_robots_own_code(
    tenant: Tenant, env: dict[str, str], tmp_path: Path
) -> None:
    made = tenant.post("odata/Machines", {"Name": "signs in", "UnattendedSlots": 1}, 201)
    code = (
        "import asyncio; from uipath.robot.services import IdentityService as I, "
        "OrchestratorService as O; i = I(); t = asyncio.run(i.get_token()); "
        "o = O(); o.access_token = t; print(asyncio.run(o.get_shared_connection_data()))"
    )
    python = shutil.which("python", path=env["PATH"])
    credentials = {
        "MACHINE_CLIENT_ID": made["LicenseKey"], "MACHINE_CLIENT_SECRET": made["ClientSecret"],
    }  # fmt: skip
    said = run(str(python), "-c", code, cwd=tmp_path, env={**env, **credentials})
    assert said.split()[-1] == made["LicenseKey"]


def wait_for(path: Path, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.1)
