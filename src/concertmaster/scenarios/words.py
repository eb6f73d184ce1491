"""Members of a row that are no columns: who may go where, and with what role."""

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from concertmaster.domain.outcome_words import Outcome
from concertmaster.domain.outcomes import columns
from concertmaster.domain.passwords import hash_password
from concertmaster.domain.webhooks import check
from concertmaster.entities import (
    Environment,
    Folder,
    Machine,
    Permission,
    PermissionScope,
    ProcessOutcome,
    ProcessSchedule,
    Release,
    Robot,
    Role,
    User,
    UserRole,
    Webhook,
    environment_robots,
    folder_machines,
    folder_user_roles,
    folder_users,
    process_schedule_robots,
)
from concertmaster.scenarios.generators import REPEAT, Point, maker
from concertmaster.scenarios.reading import Template

if TYPE_CHECKING:
    from concertmaster.scenarios.building import Row, World

Word = Callable[["World", "Row", Any], None]


def find(cls: type[Any], name: str) -> Word | None:
    return _WORDS.get((cls, name.lower()))


def catalogue(templates: Iterable[Template]) -> dict[str, PermissionScope]:
    """All permissions by name: the rows that are given to no role."""
    found: dict[str, PermissionScope] = {}
    for template in templates:
        said = template.said
        # What is wrong with a row is told when its turn comes.
        with suppress(ValueError, TypeError, LookupError):
            if {"Role", "RoleId"}.isdisjoint(said):
                make, scope = maker(said["Name"]), said.get("Scope", "GlobalOrFolder")
                for n in range(1, said.get(REPEAT, 1) + 1):
                    found[str(make(Point(0, n)))] = PermissionScope[scope]
    return found


def _password(world: "World", user: "Row", value: Any) -> None:
    user["password"] = None
    user["password_hash"] = None if value is None else hash_password(str(value))


def _roles(world: "World", user: "Row", names: Any) -> None:
    for name in _list(names):
        role = world.rows[Role][world.look_up(Role, name)]
        world.new(UserRole, user_id=user["id"], role_id=role["id"])
        user.offer("roles_list", [*user["roles_list"], role["name"]])


def _user_folders(world: "World", user: "Row", folders: Any) -> None:
    given = folders if isinstance(folders, Mapping) else dict.fromkeys(_list(folders), ())
    for path, roles in given.items():
        pair = {"folder_id": world.look_up(Folder, path), "user_id": user["id"]}
        world.links[folder_users].append(pair)
        for role in _list(roles or ()):
            link = {**pair, "role_id": world.look_up(Role, role)}
            world.links[folder_user_roles].append(link)


def _machine_folders(world: "World", machine: "Row", folders: Any) -> None:
    for path in _list(folders):
        link = {"folder_id": world.look_up(Folder, path), "machine_id": machine["id"]}
        world.links[folder_machines].append(link)


def _robots(world: "World", environment: "Row", names: Any) -> None:
    for name in _list(names):
        robot = world.rows[Robot][world.look_up(Robot, name)]
        link = {"environment_id": environment["id"], "robot_id": robot["id"]}
        world.links[environment_robots].append(link)
        before = robot["robot_environments"]
        together = f"{before},{environment['name']}" if before else environment["name"]
        robot.offer("robot_environments", together)


def _executor_robots(world: "World", schedule: "Row", names: Any) -> None:
    for name in _list(names):
        link = {"process_schedule_id": schedule["id"], "robot_id": world.look_up(Robot, name)}
        world.links[process_schedule_robots].append(link)


def _permissions(world: "World", role: "Row", patterns: Any) -> None:
    granted: dict[str, None] = {}
    for pattern in _list(patterns):
        found = fnmatch.filter(world.catalogue, pattern) if "*" in pattern else [pattern]
        granted.update(dict.fromkeys(found))
    for name in granted:
        row = world.new(Permission, name=name, role_id=role["id"], is_granted=True)
        row["scope"] = world.catalogue.get(name, row["scope"])


def _events(world: "World", webhook: "Row", names: Any) -> None:
    """Types of events by name; `*` is all of them."""
    wanted = [one["EventType"] if isinstance(one, Mapping) else str(one) for one in _list(names)]
    webhook["subscribe_to_all_events"] = "*" in wanted
    named = [{"EventType": one} for one in wanted if one != "*"]
    webhook["events"] = check(str(webhook["url"]), named)


def _list(said: Any) -> Iterable[Any]:
    if isinstance(said, str) or not isinstance(said, Iterable):
        return [said]
    return said


def _outcome(world: "World", release: "Row", said: Any) -> None:
    """What becomes of the jobs of a process: a mode, or the words of /_control/outcomes."""
    try:
        outcome = Outcome.model_validate({"mode": said} if isinstance(said, str) else said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {message}" if where else message) from error
    world.new(ProcessOutcome, release_id=release["id"], **columns(outcome))


_WORDS: Mapping[tuple[type[Any], str], Word] = {
    (User, "password"): _password,
    (User, "roles"): _roles,
    (User, "folders"): _user_folders,
    (Machine, "folders"): _machine_folders,
    (Environment, "robots"): _robots,
    (ProcessSchedule, "executorrobots"): _executor_robots,
    (Role, "permissions"): _permissions,
    (Release, "outcome"): _outcome,
    (Webhook, "events"): _events,
}
