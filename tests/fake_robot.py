"""A robot as the server sees one: the calls of a robot, without the robot."""

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stand_in import StandIn

BASE = "/acme/Default/orchestrator_/api/robotsservice"


class FakeRobot:
    """Connects when it is made."""

    def __init__(
        self, stand_in: "StandIn", name: str = "one", user: str = "admin",
        capabilities: str | None = "function/python,api",
    ) -> None:  # fmt: skip
        self._stand_in = stand_in
        self._bearer = {"authorization": f"Bearer {stand_in.token(user)}"}
        encoded = base64.b64encode(f"autogen\\{name}_local".encode()).decode()
        self.headers = {
            "x-robot-version": "26.0",
            "x-robot-machine": "vm-py",
            "x-robot-machine-encoded": base64.b64encode(b"vm-py").decode(),
            "x-robot-agent": "OS=Windows",
            "x-robot-service-username-encoded": encoded,
        }
        if capabilities is not None:
            self.headers["x-robot-capabilities"] = capabilities
        self.license = self.ok("GET", "getsharedconnectiondata", self._bearer)["licenseKey"]
        self.headers["x-robot-license"] = self.license
        self.begin()

    def begin(self) -> None:
        self.ok("POST", "startservice", json={})
        told = self.ok("POST", "BeginSession", self._bearer, json={"userName": "autogen\\x_local"})
        assert told["hasLicense"] is True
        self.key, self.name = told["robotKey"], told["robotName"]

    def call(self, method: str, path: str, more: dict[str, str] | None = None, **words: Any) -> Any:
        headers = {**self.headers, **(more or {})}
        return self._stand_in.http.request(method, f"{BASE}/{path}", headers=headers, **words)

    def ok(self, method: str, path: str, more: dict[str, str] | None = None, **words: Any) -> Any:
        answer = self.call(method, path, more, **words)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def beat(self) -> list[dict[str, Any]]:
        """What the robot is to do."""
        told = self.ok("POST", "heartbeatv2", json={"CommandState": "All", "Heartbeats": []})
        assert {"commands", "serviceSettingsStamp", "isUnattended", "isUnattendedLicensed"} == set(
            told
        )
        commands: list[dict[str, Any]] = told["commands"]
        return commands

    def given(self) -> str | None:
        """The key of the job it is to start."""
        for command in self.beat():
            if command["data"]["type"] == "StartProcess":
                return str(command["data"]["jobKey"])
        return None

    def say(self, job_key: str, state: str | int, **more: Any) -> None:
        busy = state in ("Running", 1)
        said = {"robotKey": self.key, "jobKey": job_key, "jobState": state, **more}
        said["robotState"] = "Busy" if busy else "Available"
        self.ok("POST", "SubmitJobState", json=[said])

    def do(self, job_key: str, state: str | int = "Successful", **more: Any) -> None:
        self.say(job_key, "Running")
        self.say(job_key, state, **more)
