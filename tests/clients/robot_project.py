"""What the project of the robot's tests does: one function for each thing a job may do."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass
class Given:
    number: int = 0
    folder: str = ""


@dataclass
class Made:
    number: int
    text: str = ""


def add(given: Given) -> Made:
    log.info("adding one to %s", given.number)
    return Made(given.number + 1)


def fail(given: Given) -> Made:
    raise ValueError(f"{given.number} is no number to work with")


def wait(given: Given) -> Made:
    (Path(given.folder) / "begun").touch()
    time.sleep(60)
    return Made(given.number)


def count(given: Given) -> Made:
    """Leaves a mark for each time it runs."""
    with (Path(given.folder) / "runs").open("a") as marks:
        marks.write(f"{given.number}\n")
    return Made(given.number)


def use(given: Given) -> Made:
    """Asks for an asset, leaves a queue item and a file in a bucket."""
    from uipath.platform import UiPath

    sdk = UiPath()
    greeting = sdk.assets.retrieve("Greeting").value
    sdk.queues.create_item(
        {"Name": "Work", "SpecificContent": {"said": greeting}, "Reference": f"job-{given.number}"}
    )
    sdk.buckets.upload(name="Shelf", blob_file_path="out/said.txt", content=str(greeting))
    return Made(given.number, str(greeting))


def grow(given: Given) -> Made:
    """More than fits into an argument."""
    return Made(given.number, "x" * 20_000)
