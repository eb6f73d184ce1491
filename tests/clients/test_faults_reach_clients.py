"""Each fault reaches the official SDKs as that failure; the journal shows what they made of it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.running import ClientError, Interpreter, Server, node_driver, python_driver
from clients.test_uipath_python import PRELUDE as PYTHON
from clients.test_uipath_typescript import PRELUDE as TYPESCRIPT
from clients.test_uipath_typescript import VERSION

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(600),  # installing takes its time
    pytest.mark.xdist_group("faults"),
]

ASSETS = "/odata/Assets"


class Controls:
    """Rules for requests to assets, and what the journal says of them."""

    def __init__(self, server: Server) -> None:
        settings = dict(line.split("=", 1) for line in server.env("python").splitlines())
        token = settings["UIPATH_ACCESS_TOKEN"].strip('"')
        self.http = httpx.Client(
            base_url=f"{server.url}/orchestrator_/_control",
            headers={"authorization": f"Bearer {token}"},
        )
        self.settings = {name: value.strip('"') for name, value in settings.items()}

    def stand(self, **rule: Any) -> None:
        made = self.http.post("/faults", json={"path": ASSETS, **rule})
        assert made.status_code == 201, made.text

    @property
    def entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/journal", params={"path": ASSETS}).json()[
            "value"
        ]
        return found

    @property
    def statuses(self) -> list[int | None]:
        return [entry["status"] for entry in self.entries]

    def clear(self) -> None:
        for noun in ("faults", "journal"):
            assert self.http.delete(f"/{noun}").status_code == 204


@pytest.fixture
def controls(server: Server) -> Iterator[Controls]:
    made = Controls(server)
    made.clear()
    yield made
    made.clear()
    made.http.close()


# --- the Python SDK -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def python(
    pip: Callable[..., Path], server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Any]]:
    """Reads an asset."""
    settings = Controls(server).settings
    sdk: Interpreter = python_driver(
        pip("uipath", "uipath>=2.14"), PYTHON, cwd=tmp_path_factory.mktemp("sdk"), env=settings
    )
    yield lambda: sdk("sdk.assets.retrieve('Greeting').value")
    sdk.stop()


#: At once: the SDK waits as long as it is told, and up to ten seconds where it is not.
NOW = {"retryAfter": 0}


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504, 524])
def test_python_tries_again(python: Callable[[], Any], controls: Controls, status: int) -> None:
    controls.stand(status=status, times=2, **NOW)
    assert python()
    assert controls.statuses == [status, status, 200]


def test_python_gives_up(python: Callable[[], Any], controls: Controls) -> None:
    controls.stand(status=503, **NOW)
    with pytest.raises(ClientError) as failure:
        python()
    assert failure.value.status == 503
    assert failure.value.message == "Service Unavailable"
    assert controls.statuses == [503] * 5


def test_python_waits_as_long_as_it_is_told(python: Callable[[], Any], controls: Controls) -> None:
    controls.stand(status=429, retryAfter=2, times=1)
    assert python()
    assert controls.statuses == [429, 200]
    first, second = (datetime.fromisoformat(entry["at"]) for entry in controls.entries)
    assert 2 <= (second - first).total_seconds() < 4


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "1000", "Invalid request!"),
        (401, "0", "You are not authenticated!"),
        (403, "0", "You are not authorized!"),
        (404, "1002", "Asset does not exist."),
        (409, "0", "The current state does not allow this."),
        (500, "0", "An error has occurred."),
    ],
)
def test_python_gives_up_at_once(
    python: Callable[[], Any], controls: Controls, status: int, code: str, message: str
) -> None:
    controls.stand(status=status)
    with pytest.raises(ClientError) as failure:
        python()
    said = failure.value
    assert (said.status, said.code, said.message) == (status, code, message)
    assert said.trace
    assert controls.statuses == [status]


def test_python_and_a_token_that_expires(python: Callable[[], Any], controls: Controls) -> None:
    controls.stand(expireToken=True, times=1)
    for _ in range(2):  # it knows no other token
        with pytest.raises(ClientError) as failure:
            python()
        assert failure.value.status == 401
    assert controls.statuses == [401, 401]


@pytest.mark.parametrize(
    ("rule", "status"),
    [({"drop": True}, None), ({"drop": "after"}, None), ({"truncate": True}, 200)],
)
def test_python_and_a_broken_connection(
    python: Callable[[], Any], controls: Controls, rule: dict[str, Any], status: int | None
) -> None:
    controls.stand(**rule, times=1)
    with pytest.raises(ClientError) as failure:
        python()
    assert failure.value.type in ("RemoteProtocolError", "ReadError")  # closed, or reset
    assert controls.statuses == [status]
    assert python()


def test_python_and_a_slow_answer(python: Callable[[], Any], controls: Controls) -> None:
    controls.stand(delayMs=300)
    assert python()
    (entry,) = controls.entries
    assert (entry["status"], entry["ms"] >= 300) == (200, True)


def test_python_and_a_page_of_a_proxy(python: Callable[[], Any], controls: Controls) -> None:
    controls.stand(status=200, body="<html>Please sign in to the network</html>")
    with pytest.raises(ClientError) as failure:
        python()
    assert failure.value.type == "JSONDecodeError"


# --- the TypeScript SDK ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def typescript(npm: Callable[..., Path], server: Server) -> Iterator[Callable[[], Any]]:
    """Lists assets."""
    prelude = TYPESCRIPT.replace("CONSTRUCTOR", server.env("typescript"))
    sdk = node_driver(npm("uipath", VERSION), prelude, env={})
    yield lambda: sdk("assets.getAll({ folderId: 1 })")["items"]
    sdk.stop()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "ValidationError"),
        (401, "AuthenticationError"),
        (403, "AuthorizationError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (502, "ServerError"),
        (503, "ServerError"),
    ],
)
def test_typescript_gives_up_at_once(
    typescript: Callable[[], Any], controls: Controls, status: int, kind: str
) -> None:
    controls.stand(status=status)
    with pytest.raises(ClientError) as failure:
        typescript()
    assert (failure.value.type, failure.value.status) == (kind, status)
    assert controls.statuses == [status]


@pytest.mark.parametrize(
    ("rule", "status"),
    [({"drop": True}, None), ({"drop": "after"}, None), ({"truncate": True}, 200)],
)
def test_typescript_and_a_broken_connection(
    typescript: Callable[[], Any], controls: Controls, rule: dict[str, Any], status: int | None
) -> None:
    controls.stand(**rule, times=1)
    with pytest.raises(ClientError) as failure:
        typescript()
    assert failure.value.status in (None, 0)
    assert controls.statuses == [status]
    assert typescript()


def test_typescript_and_a_slow_answer(typescript: Callable[[], Any], controls: Controls) -> None:
    controls.stand(delayMs=300)
    assert typescript()
    (entry,) = controls.entries
    assert (entry["status"], entry["ms"] >= 300) == (200, True)
