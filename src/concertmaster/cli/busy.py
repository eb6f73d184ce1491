"""`concertmaster busy`: people who work with a running stand-in, for demonstrations.

They add items to its queues and start its processes, a few at a time, for as long as it is told.
What becomes of them is the stand-in's affair: its robots work them off.
"""

import argparse
import itertools
import json
import random
import time
from typing import Any
from urllib.parse import quote

from concertmaster.cli._running import Session, add_connection, call, sign_in

NAMESPACE = "UiPath.Server.Configuration.OData"
#: No more of a process's jobs than this wait to be run.
WAITING = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    add_connection(parser)
    parser.add_argument("--every", type=float, default=3.0, help="seconds a round (%(default)s)")
    parser.add_argument("--rounds", type=int, help="how many; without it, until it is stopped")


def run(options: argparse.Namespace) -> int:
    session = sign_in(options)
    chance = random.Random()  # noqa: S311 - which queue is next is no secret
    for number in itertools.count(1):
        folders = _ask(session, "GET", "/odata/Folders?$select=Id,DisplayName")["value"]
        did = [done for folder in folders for done in _round(session, folder, chance)]
        print(f"{time.strftime('%T')} {', '.join(did) or 'nothing to do'}", flush=True)
        if number == options.rounds:
            return 0
        time.sleep(max(0.0, options.every))
    return 0


def _round(session: Session, folder: dict[str, Any], chance: random.Random) -> list[str]:
    """What is done in a folder: some items for one of its queues, a job of one of its processes."""

    def ask(method: str, path: str, body: object = None) -> Any:
        return _ask(session, method, path, body, folder=str(folder["Id"]))

    done = []
    queues = ask("GET", "/odata/QueueDefinitions?$select=Name")["value"]
    if queues:
        name, added = chance.choice(queues)["Name"], chance.randint(1, 3)
        for _ in range(added):
            number = f"C-{time.time_ns() // 1000}"  # some queues want references of their own
            case = {"Number": number, "Amount": round(chance.uniform(5, 5000), 2)}
            item = {"Name": name, "Reference": number, "SpecificContent": case}
            ask("POST", "/odata/Queues/UiPathODataSvc.AddQueueItem", {"itemData": item})
        done.append(f"{added} for {name}")
    releases = ask("GET", "/odata/Releases?$select=Key,Name,Arguments")["value"]
    ready = [release for release in releases if not _asks_for_arguments(release)]
    if ready:
        release = chance.choice(ready)
        pending = quote(f"State eq 'Pending' and Release/Key eq {release['Key']}")
        if ask("GET", f"/odata/Jobs/$count?$filter={pending}") < WAITING:
            start = {"ReleaseKey": release["Key"], "Strategy": "ModernJobsCount", "JobsCount": 1}
            ask("POST", f"/odata/Jobs/{NAMESPACE}.StartJobs", {"startInfo": start})
            done.append(f"{release['Name']} started")
    return done


def _asks_for_arguments(release: dict[str, Any]) -> bool:
    """Whether a job of it needs some: they are told as a list, or as a JSON schema."""
    told = json.loads((release.get("Arguments") or {}).get("Input") or "[]")
    if isinstance(told, dict):
        return bool(told.get("required"))
    return any(each.get("required") and not each.get("hasDefault") for each in told)


def _ask(
    session: Session, method: str, path: str, body: object = None, folder: str | None = None
) -> Any:
    where = {"X-UIPATH-OrganizationUnitId": folder} if folder else {}
    return call(method, session.tenant_url + path, body, token=session.token, headers=where)
