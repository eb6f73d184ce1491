"""How a job runs that no real robot runs: it begins, writes its lines, and comes to an end."""

import json
from typing import Any

from sqlalchemy.orm import Session

from concertmaster.domain import clock, jobs, logs, plausible, releases, suspension
from concertmaster.domain.dispatch import DONE
from concertmaster.domain.errors import ItemNotFound
from concertmaster.domain.job_states import FINAL, WAITING, Mover
from concertmaster.domain.outcome_words import Ending, Result
from concertmaster.domain.suspension import Wait
from concertmaster.entities import (
    Job,
    JobOutcome,
    JobState,
    JobTriggerType,
    LogLevel,
    Release,
    StopStrategy,
)
from concertmaster.store import Tenant

#: A line before it is written: seconds from the begin, its level, its text.
Planned = tuple[float, LogLevel, str]

#: By which request a job comes to be stopped.
ASKED = {JobState.Stopping: StopStrategy.SoftStop, JobState.Terminating: StopStrategy.Kill}

#: A job that ends Faulted, and nobody says by which code.
FAULT = "Robot.ProcessFaulted"


def result_of(outcome: JobOutcome) -> Result:
    return Result.model_validate(outcome.result or {})


# --- beginning ------------------------------------------------------------------------------


def begin(session: Session, job: Job, *, now: str) -> bool:
    """Take a waiting job to Running; False where somebody stopped it first."""
    first = job.start_time is None
    values = {} if not first else {"start_time": now}
    if not jobs.move(session, job, JobState.Running, Mover.ROBOT, now=now, **values):
        return False
    word = "execution started" if first else "execution resumed"
    logs.write(session, job, [(now, LogLevel.Info, f"{job.release_name} {word}")])
    return True


def lines_of(said: Ending, seconds: float) -> list[Planned]:
    """What a job writes while it runs, spread evenly over its time."""
    lines = said.logs or []
    step = seconds / (len(lines) + 1)
    return [
        (round(step * number, 3), LogLevel[line.level], line.message)
        for number, line in enumerate(lines, 1)
    ]


def write(session: Session, job: Job, said: Ending, *, now: str) -> None:
    """Everything that a job has to say, at once."""
    logs.write(session, job, [(now, level, text) for _, level, text in lines_of(said, 0)])


# --- ending ---------------------------------------------------------------------------------


def at_once(session: Session, job: Job, outcome: JobOutcome, *, now: str) -> None:
    """From where it waits to its end, in no time."""
    if job.state in WAITING and begin(session, job, now=now):
        said = result_of(outcome)
        write(session, job, said, now=now)
        if said.state != "Stuck":
            conclude(session, job, outcome, now=now)


def conclude(session: Session, job: Job, outcome: JobOutcome, *, now: str) -> None:
    """A job's end as its outcome has it; of one that is being stopped, Stopped."""
    said = result_of(outcome)
    if job.state is not JobState.Running:
        end(session, job, JobState.Stopped, Ending(), now=now)
    elif said.state == "Suspended":
        lay_aside(session, job, said, now=now)
        outcome.result = said.then and said.then.said()
        outcome.next_at = outcome.ends_at = outcome.lines = None
    elif said.state is None and _fails(session, job, outcome):
        fault = plausible.chance(_tenant(session), "fault", job.id).choice(plausible.FAULTS)
        end(session, job, JobState.Faulted, Ending(info=fault), now=now)
    else:
        state = JobState[said.state or "Successful"]
        if state is JobState.Successful and said.output_arguments is None:
            made = _outputs(session, job, outcome)
            said = said.model_copy(update={"output_arguments": made})
        end(session, job, state, said, now=now)


def end(
    session: Session,
    job: Job,
    state: JobState,
    said: Ending,
    *,
    now: str,
    mover: Mover = Mover.ROBOT,
) -> bool:
    """Take a job to a final state with what its robot says; False where somebody was faster."""
    values: dict[str, Any] = {"info": said.info or DONE.get(state)}
    if said.output_arguments is not None:
        values["output_arguments"] = json.dumps(said.output_arguments, ensure_ascii=False)
    if state is JobState.Faulted:
        values |= _error(said, now)
    if not jobs.move(session, job, state, mover, now=now, **values):
        return False
    faulted = state is JobState.Faulted
    level = LogLevel.Error if faulted else LogLevel.Info
    word = values["info"] if faulted else f"{job.release_name} execution ended"
    logs.write(session, job, [(now, level, word)])
    return True


def take_to(session: Session, job: Job, to: JobState, said: Ending, *, now: str) -> bool:
    """Take a job one step further, on behalf of whoever may."""
    if to in FINAL:
        return end(session, job, to, said, now=now, mover=Mover.CONTROL)
    if to is JobState.Running:
        done = begin(session, job, now=now)
    elif to is JobState.Suspended:
        done = lay_aside(session, job, said, now=now)
    elif to is JobState.Resumed:
        suspension.resume(session, job, now=now, mover=Mover.CONTROL)
        done = True
    else:
        done = jobs.move(session, job, to, Mover.CONTROL, now=now, stop_strategy=ASKED[to])
    if done:
        write(session, job, said, now=now)
    return done


def lay_aside(session: Session, job: Job, said: Ending, *, now: str) -> bool:
    """Suspend a job, to wait for what is said; for nothing, it waits for ResumeJob."""
    moved = jobs.move(
        session, job, JobState.Suspended, Mover.ROBOT, now=now, info=said.info,
        persistence_id=clock.new_guid(), dispatched_to=None, dispatched_at=None,
    )  # fmt: skip
    if moved:
        waits = [
            Wait(JobTriggerType[one.type], item_key=one.item_key, timer=one.time)
            for one in said.wait_for or []
        ]
        suspension.wait_for(session, job, waits, now=now)
    return moved


def _error(said: Ending, now: str) -> dict[str, Any]:
    info = said.info or "The process failed."
    code = said.error_code or FAULT
    error = jobs.error(code, info.partition("\n")[0], info, now=now, category="User")
    return {"info": info, **error}


def _fails(session: Session, job: Job, outcome: JobOutcome) -> bool:
    """By chance; of a job that works off a queue it is the items that fail."""
    return (
        not outcome.worked
        and plausible.chance(_tenant(session), "job", job.id).random() < outcome.failures
    )


def _outputs(session: Session, job: Job, outcome: JobOutcome) -> dict[str, Any] | None:
    release = session.get(Release, job.release_id) if job.release_id is not None else None
    if release is None:
        return None
    try:
        metadata = releases.arguments_at(session, release, job.entry_point_path)
    except ItemNotFound:  # the process has another version by now
        return None
    made = plausible.outputs(metadata, plausible.chance(_tenant(session), "output", job.id))
    if made and outcome.worked:  # whole numbers count what was worked on
        made = {name: outcome.worked if type(v) is int else v for name, v in made.items()}
    return made


def _tenant(session: Session) -> Tenant:
    tenant: Tenant = session.info["tenant"]
    return tenant
