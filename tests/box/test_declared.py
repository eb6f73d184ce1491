"""The compose file and the Dockerfile hold together: no engine is needed to see that."""

from typing import Any

import pytest

from box.compose import compose, dockerfile, image_command, image_environment
from concertmaster.cli import COMMANDS
from concertmaster.settings import Settings, variable

SERVICES: dict[str, Any] = compose()["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "concertmaster"}


def test_alone_by_default() -> None:
    assert [name for name, said in SERVICES.items() if "profiles" not in said] == ["concertmaster"]
    profiles = {profile for said in SERVICES.values() for profile in said.get("profiles", ())}
    assert profiles == {"postgres", "robot", "demo"}


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_those_of_this_machine(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", OURS)
def test_variables_and_commands_exist(name: str) -> None:
    known = {variable(field) for field in Settings.model_fields}
    said = {*OURS[name]["environment"], *image_environment()}
    assert {each for each in said if each.startswith("CONCERTMASTER_")} <= known
    command = OURS[name].get("command", image_command())
    if command[0] == "concertmaster":
        assert command[1] in COMMANDS


@pytest.mark.parametrize("name", SERVICES)
def test_who_is_waited_for_says_when_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[other] or other in OURS


def test_volumes_and_configurations_are_declared() -> None:
    named = {v.partition(":")[0] for said in SERVICES.values() for v in said.get("volumes", ())}
    assert {name for name in named if not name.startswith(".")} == set(compose()["volumes"])
    used = {each["source"] for said in SERVICES.values() for each in said.get("configs", ())}
    assert used == set(compose()["configs"])


def test_the_balancer_knows_the_replicas() -> None:
    said = compose()["configs"]["balancer"]["content"]
    replicas = [name for name in OURS if name.startswith("replica")]
    assert len(replicas) > 1
    assert all(f"server {name} {name}:8070" in said for name in replicas)


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = dockerfile().rpartition("\nFROM ")[2]
    assert "\nUSER concertmaster\n" in last
    assert "\nVOLUME /data\n" in last
    assert "\nHEALTHCHECK " in last
    assert "/health/ready" in last
