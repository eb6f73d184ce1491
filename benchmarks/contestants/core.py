"""What one would write by hand: FastAPI and SQLAlchemy Core, one statement, the same answer.

It parses no OData, knows no users and no folders. `python -m benchmarks.contestants.core` is the
server; the class starts it on a copy of Concertmaster's own database.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import orjson
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.responses import Response

from benchmarks.contestants import Contestant
from benchmarks.load import Endpoint
from benchmarks.processes import Server, free_port
from concertmaster.entities import Job, JobState, Release, Robot
from concertmaster.model import model
from concertmaster.odata.response import writer

_CHECKOUT = Path(__file__).parents[2]


class Core(Contestant):
    """The handler, in a server process of its own."""

    name = "FastAPI + Core"
    #: The copy, in the contestant's folder.
    DATABASE = "rows.db"

    def __init__(self, folder: Path, jobs: int, database: Path) -> None:
        super().__init__(folder, jobs)
        self.database = database

    def start(self, stack: ExitStack) -> None:
        copy = self.folder / self.DATABASE
        shutil.copyfile(self.database, copy)
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.contestants.core", str(copy), str(port)]
        server = Server(
            command, port=port, ready="/ready", log=self.folder / "log", folder=_CHECKOUT
        )
        self.server = stack.enter_context(server)
        self.endpoint = Endpoint(port)


# --- the server ---------------------------------------------------------------------------------

JOBS, ROBOTS, RELEASES = Job.__table__, Robot.__table__, Release.__table__

Write = Callable[[Any], Any] | None


@dataclass(frozen=True)
class Part:
    """Which members of an entity are asked for, and how their values are written."""

    columns: list[sa.Column[Any]]
    writers: list[tuple[str, Write]]

    @classmethod
    def of(cls, entity: type, names: list[str]) -> Self:
        properties = model().type_of(entity).properties
        chosen = [properties[name] for name in names or properties]
        return cls(
            [prop.column for prop in chosen],
            [(prop.name, None if prop.structured else writer(prop)) for prop in chosen],
        )

    def written(self, values: Sequence[Any]) -> dict[str, Any]:
        """Members as they stand in JSON: timestamps and enumerations as text."""
        return {
            name: write(value) if write and value is not None else value
            for (name, write), value in zip(self.writers, values, strict=True)
        }


@cache
def parts(members: str) -> tuple[Part, Part, Part]:
    """Of a job, its robot and its release: `Id,Key;Id,Name;Id`; all members if empty."""
    job, robot, release = (part.split(",") if part else [] for part in (members or ";;").split(";"))
    return Part.of(Job, job), Part.of(Robot, robot), Part.of(Release, release)


@cache
def statement(members: str) -> sa.Select[Any]:
    columns = [column for part in parts(members) for column in part.columns]
    return (
        sa.select(*columns)
        .join_from(JOBS, ROBOTS, ROBOTS.c.id == JOBS.c.robot_id)
        .join(RELEASES, RELEASES.c.id == JOBS.c.release_id, isouter=True)
        .where(*_matching())
        .order_by(JOBS.c.creation_time.desc(), JOBS.c.id)
        .limit(sa.bindparam("top"))
        .offset(sa.bindparam("skip"))
    )


COUNT = sa.select(sa.func.count()).join_from(JOBS, ROBOTS, ROBOTS.c.id == JOBS.c.robot_id)


def _matching() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        JOBS.c.organization_unit_id == 1,
        JOBS.c.state == sa.bindparam("state"),
        ROBOTS.c.name == sa.bindparam("robot"),
    )


def create_app(database: Path) -> FastAPI:
    engine = sa.create_engine(f"sqlite:///{database}")
    count = COUNT.where(*_matching())
    app = FastAPI()

    @app.get("/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.get("/jobs")
    async def jobs(state: str, robot: str, top: int, skip: int, members: str = "") -> Response:
        job, of_robot, of_release = parts(members)
        robot_at = len(job.columns)
        release_at = robot_at + len(of_robot.columns)
        bound = {"state": JobState[state], "robot": robot}
        with engine.connect() as connection:
            found = connection.execute(statement(members), {**bound, "top": top, "skip": skip})
            value = [
                {
                    **job.written(row[:robot_at]),
                    "Robot": of_robot.written(row[robot_at:release_at]),
                    "Release": of_release.written(row[release_at:]),
                }
                for row in found
            ]
            counted = connection.execute(count, bound).scalar()
        body = {"@odata.count": counted, "value": value}
        return Response(orjson.dumps(body), media_type="application/json")

    return app


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(create_app(Path(sys.argv[1])), port=int(sys.argv[2]), log_level="warning")
