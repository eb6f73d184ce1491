"""The rows that every contestant holds: robots, releases and jobs, the same in every run.

Rows are by attribute, in storage values (an Instant is text, an enumeration a number). Of every
500 consecutive jobs each combination of state and robot has one, so 100,000 jobs give 200 of each.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from concertmaster.entities import JobState, RobotType

Row = dict[str, Any]

ROBOTS = 100
RELEASES = 50
STATES = ("Pending", "Running", "Faulted", "Successful", "Stopped")

_FOLDER = {"organization_unit_id": 1}
_PLACE = {**_FOLDER, "organization_unit_fully_qualified_name": "Shared"}
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def robot_name(number: int) -> str:
    return f"Robot{number}"


def robots() -> list[Row]:
    return [
        {
            "id": number,
            "name": robot_name(number),
            "machine_name": f"MACHINE-{number:03}",
            "username": f"ACME\\robot{number:03}",
            "type": int(RobotType.Unattended),
            "robot_key": _guid("robot", number),
            "creation_time": _instant(number),
            **_FOLDER,
        }
        for number in range(1, ROBOTS + 1)
    ]


def releases() -> list[Row]:
    return [
        {
            "id": number,
            "key": _guid("release", number),
            "process_key": f"Invoices.{number}",
            "process_version": f"1.0.{number}",
            "name": f"Invoices {number}",
            "description": "Reads invoices and files them.",
            "is_latest_version": True,
            "creation_time": _instant(number),
            **_PLACE,
        }
        for number in range(1, RELEASES + 1)
    ]


def jobs(count: int) -> Iterator[Row]:
    for index in range(count):
        state = STATES[index // ROBOTS % len(STATES)]
        release = index // 7 % RELEASES + 1
        started = state != "Pending"
        ended = state in ("Faulted", "Successful", "Stopped")
        yield {
            "id": index + 1,
            "key": job_key(index),
            "state": int(JobState[state]),
            "start_time": _instant(index, 5) if started else None,
            "end_time": _instant(index, 65) if ended else None,
            "creation_time": _instant(index),
            "source": "Manual",
            "batch_execution_key": _guid("batch", index // 10),
            "info": "Invoice could not be read" if state == "Faulted" else None,
            "release_name": f"Invoices {release}",
            "input_arguments": f'{{"invoice":{index}}}',
            "host_machine_name": f"MACHINE-{index % ROBOTS + 1:03}" if started else None,
            "runtime_type": int(RobotType.Unattended),
            "robot_id": index % ROBOTS + 1,
            "release_id": release,
            **_PLACE,
        }


def job_key(index: int) -> str:
    return _guid("job", index)


def _guid(what: str, number: int) -> str:
    """A GUID that says what it is of: quicker to make than a random one, and always the same."""
    return f"{zlib.crc32(what.encode()):08x}-0000-4000-8000-{number:012x}"


def _instant(number: int, seconds: int = 0) -> str:
    moment = _BEGIN + timedelta(seconds=number * 30 + seconds)
    # Three digits behind the point, the last no zero: CAP keeps no more and drops no zeros.
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{number % 100:02}10000Z"
