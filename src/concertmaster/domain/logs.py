"""Lines that robots write: read from whatever form they come in, and where they belong.

A line names its job, its folder, its robot; what it does not name follows from the job, and
then from who sends it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.access import Caller
from concertmaster.domain.errors import InvalidArgument, NotAuthorized, NullArgument
from concertmaster.entities import Job, LogLevel, Machine, Robot, RobotLog, RobotType
from concertmaster.odata.inserting import insert_all

#: The most lines that one call may bring.
MOST: Final = 100_000
PERMISSION: Final = "Logs.Create"

#: Levels by every name that a robot was seen to use.
LEVELS: Final[Mapping[str, LogLevel]] = {
    **{level.name.lower(): level for level in LogLevel},
    **{str(level.value): level for level in LogLevel},
    "verbose": LogLevel.Trace,
    "information": LogLevel.Info,
    "warning": LogLevel.Warn,
    "critical": LogLevel.Fatal,
}


def submit(session: Session, caller: Caller, lines: Any, *, folder_id: int | None, now: str) -> int:
    """Keep lines, all of them or none; how many there were.

    Raises:
        NullArgument: there is no list. InvalidArgument: one of them cannot be read.
        NotAuthorized: one belongs to a folder in which the caller may not write.
    """
    if not isinstance(lines, list):
        raise NullArgument(name="logs")
    if len(lines) > MOST:
        raise InvalidArgument(f"The field logs must not hold more than {MOST} lines.")
    read = [_read(line, index) for index, line in enumerate(lines)]
    places = _Places(session, caller, read)
    rows = [places.row(line, raw, folder_id, now) for line, raw in read]
    insert_all(session.connection(), RobotLog, rows)
    return len(rows)


# --- lines of ours --------------------------------------------------------------------------


def write(session: Session, job: Job, lines: Sequence[tuple[str, LogLevel, str]]) -> None:
    """Lines of a job that no real robot runs: (moment, level, message), as its robot would send."""
    if not lines:
        return
    robot = session.get(Robot, job.robot_id) if job.robot_id is not None else None
    machine = session.get(Machine, job.machine_id) if job.machine_id is not None else None
    rows = [
        {
            "level": level,
            "windows_identity": robot.username if robot else None,
            "process_name": job.release_name,
            "time_stamp": moment,
            "message": message,
            "job_key": job.key,
            "robot_name": robot.name if robot else None,
            "host_machine_name": job.host_machine_name,
            "machine_id": job.machine_id,
            "machine_key": machine.key if machine else None,
            "runtime_type": job.runtime_type,
            "organization_unit_id": job.organization_unit_id,
            "id": 0,
        }
        for moment, level, message in lines
    ]
    insert_all(session.connection(), RobotLog, [{**row, "raw_message": raw(row)} for row in rows])


def raw(row: Mapping[str, Any]) -> str:
    """A line as a robot sends it, made from what is kept of it."""
    level, runtime = LogLevel(row["level"]), row["runtime_type"]
    sent = {
        "message": row["message"],
        "level": "Information" if level is LogLevel.Info else level.name,
        "logType": "Default",
        "timeStamp": row["time_stamp"],
        "windowsIdentity": row["windows_identity"],
        "machineName": row["host_machine_name"],
        "processName": row["process_name"],
        "jobId": row["job_key"],
        "robotName": row["robot_name"],
        "runtimeType": None if runtime is None else RobotType(runtime).name,
        "machineId": row["machine_id"],
        "organizationUnitId": row["organization_unit_id"],
        "fileName": "Main",
    }
    return json.dumps(sent, ensure_ascii=False)


# --- lines of robots ------------------------------------------------------------------------


def _read(line: Any, index: int) -> tuple[dict[str, Any], str]:
    """A line by the names of its members in lower case, and as it was sent."""
    raw = line
    if isinstance(line, str):
        try:
            line = json.loads(line)
        except (ValueError, RecursionError):
            line = None
    else:
        raw = json.dumps(line, ensure_ascii=False)
    if not isinstance(line, dict):
        raise InvalidArgument(f"The value of logs[{index}] is not valid: an object is expected.")
    return {str(name).lower(): value for name, value in line.items()}, raw


#: What lines take from their jobs.
_JOBS = sa.select(Job.key, Job.release_name, Job.runtime_type, Job.organization_unit_id)


class _Places:
    """What the lines of one call refer to, looked up once."""

    def __init__(self, session: Session, caller: Caller, read: Sequence[tuple[Any, str]]) -> None:
        self.caller = caller
        keys = {_guid(line.get("jobid") or line.get("jobkey")) for line, _ in read} - {None}
        self.jobs: dict[str, sa.Row[Any]] = {}
        wanted = sorted(key for key in keys if key)
        for at in range(0, len(wanted), 500):
            of_keys = _JOBS.where(Job.key.in_(wanted[at : at + 500]))
            self.jobs |= {job.key: job for job in session.execute(of_keys)}
        self.robot = session.get(Robot, caller.robot_id) if caller.robot_id is not None else None
        machines = session.execute(sa.select(Machine.id, Machine.key))
        self.machines = {row.id: row.key for row in machines}
        self._allowed: dict[int, bool] = {}

    def row(
        self, line: Mapping[str, Any], raw: str, folder_id: int | None, now: str
    ) -> dict[str, Any]:
        key = _guid(line.get("jobid") or line.get("jobkey"))
        job = self.jobs.get(key) if key else None
        machine_id = _number(line.get("machineid"))
        if machine_id is None and self.robot is not None:
            machine_id = self.robot.machine_id
        return {
            "level": _level(line.get("level")),
            "windows_identity": _text(line.get("windowsidentity"))
            or (self.robot.username if self.robot else None),
            "process_name": _text(line.get("processname")) or (job.release_name if job else None),
            "time_stamp": _moment(line.get("timestamp"), now),
            "message": _text(line.get("message")),
            "job_key": key,
            "raw_message": raw,
            "robot_name": _text(line.get("robotname")) or (self.robot.name if self.robot else None),
            "host_machine_name": _text(line.get("machinename")),
            "machine_id": machine_id,
            "machine_key": self.machines.get(machine_id) if machine_id is not None else None,
            "runtime_type": job.runtime_type if job else None,
            "organization_unit_id": self._folder(job, line, folder_id),
            "id": 0,
        }

    def _folder(
        self, job: sa.Row[Any] | None, line: Mapping[str, Any], folder_id: int | None
    ) -> int | None:
        """The job's folder, the one that is named, the request's, the only one of the caller."""
        found = job.organization_unit_id if job else _number(line.get("organizationunitid"))
        if found not in self.caller.tree.by_id:
            found = folder_id
        if found is None and len(self.caller.folders) == 1:
            found = next(iter(self.caller.folders))
        if found is None:
            return None
        if found not in self._allowed:
            self._allowed[found] = self.caller.may(PERMISSION, found)
        if not self._allowed[found]:
            raise NotAuthorized
        return found


def _level(value: Any) -> LogLevel:
    if value is None:
        return LogLevel.Info
    level = LEVELS.get(str(value).strip().lower())
    if level is None or isinstance(value, bool):
        raise InvalidArgument(f"The level '{str(value)[:50]}' is not known.")
    return level


def _moment(value: Any, now: str) -> str:
    if value is None:
        return now
    if not isinstance(value, str):
        raise InvalidArgument("The field timeStamp must be a date and time.")
    return clock.parse(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    # A database holds neither half a surrogate pair nor a NUL.
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _number(value: Any) -> int | None:
    """A number that fits the column; anything else names nothing."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:20])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    return None


def _guid(value: Any) -> str | None:
    text = value.strip().strip("{}").lower() if isinstance(value, str) else ""
    plain = text.replace("-", "")
    if len(text) != 36 or len(plain) != 32 or plain.strip("0123456789abcdef"):
        return None
    return text
