"""`/_control/outcomes`: what becomes of jobs that no real robot runs.

A process is named by its name or its key. Names are looked for in the folder that the headers
name, or in all folders where there is no header.
"""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Body
from sqlalchemy.orm import Session

from concertmaster.control.admission import AdministratorInAFolder
from concertmaster.domain import outcomes, reactions
from concertmaster.domain.call import Call
from concertmaster.domain.errors import Conflict, ItemNotFound
from concertmaster.domain.outcome_words import Move, NextResult, Outcome
from concertmaster.edge.calls import CallRoute
from concertmaster.entities import (
    Job,
    JobOutcome,
    OutcomeMode,
    ProcessOutcome,
    QueuedResult,
    Release,
)
from concertmaster.odata.declare import same_name

router = APIRouter(route_class=CallRoute, prefix="/_control/outcomes", tags=["Control"])

#: How many results may wait for the next jobs of a process.
MOST = 10_000


# --- what is shown --------------------------------------------------------------------------


@router.get("", operation_id="control_outcomes")
def read(call: AdministratorInAFolder) -> dict[str, Any]:
    """What becomes of the jobs of each process, and of those that have not ended."""
    session = call.session
    here = sa.true() if call.folder_id is None else Release.organization_unit_id == call.folder_id
    processes = session.scalars(sa.select(Release).where(here).order_by(Release.id)).all()
    columns = sa.select(Job, JobOutcome).join(JobOutcome, JobOutcome.job_id == Job.id)
    if call.folder_id is not None:
        columns = columns.where(Job.organization_unit_id == call.folder_id)
    return {
        "processes": [_process(session, release) for release in processes],
        "jobs": [_job(job, outcome) for job, outcome in session.execute(columns.order_by(Job.id))],
    }


def _process(session: Session, release: Release) -> dict[str, Any]:
    said = session.get(ProcessOutcome, release.id)
    queued = sa.select(QueuedResult).where(QueuedResult.release_id == release.id)
    return {
        "process": release.name,
        "key": release.key,
        "folder": release.organization_unit_fully_qualified_name,
        **_outcome(said or outcomes.of_process(session, release)),
        "default": said is None,
        "next": [
            {**one.result, **({} if one.when is None else {"when": one.when})}
            for one in session.scalars(queued.order_by(QueuedResult.id))
        ],
    }


def _outcome(one: ProcessOutcome | JobOutcome) -> dict[str, Any]:
    return {
        "mode": one.mode.name.lower(),
        "seconds": one.seconds,
        "failures": one.failures,
        "result": one.result,
    }


def _job(job: Job, outcome: JobOutcome) -> dict[str, Any]:
    about = {"key": job.key, "id": job.id, "process": job.release_name, "state": job.state.name}
    after = outcome.mode is OutcomeMode.After
    return {**about, **_outcome(outcome), "endsAt": outcome.ends_at if after else None}


# --- what is said ---------------------------------------------------------------------------


@router.put("/{process}", operation_id="control_set_outcome")
def say(call: AdministratorInAFolder, process: str, outcome: Outcome) -> dict[str, Any]:
    """Say what becomes of the jobs that are started from now on."""
    with _writing(call) as session:
        release = _find(session, call, process)
        outcomes.say(session, release, outcome)
        return _process(session, release)


@router.delete("/{process}", operation_id="control_forget_outcome", status_code=204)
def forget(call: AdministratorInAFolder, process: str) -> None:
    """Back to what holds by itself, with nothing queued."""
    with _writing(call) as session:
        outcomes.forget(session, _find(session, call, process))


@router.post("/{process}/next", operation_id="control_queue_outcomes", status_code=201)
def queue(
    call: AdministratorInAFolder,
    process: str,
    results: Annotated[list[NextResult], Body(max_length=MOST)],
) -> dict[str, Any]:
    """How the next jobs end, one after the other; `when` picks them by input arguments."""
    with _writing(call) as session:
        release = _find(session, call, process)
        outcomes.queue(session, release, results)
        return _process(session, release)


@router.post("/jobs/{key}", operation_id="control_move_job")
def move(call: AdministratorInAFolder, key: str, asked: Move) -> dict[str, Any]:
    """Move a manual job to another state, or say who else is to run it while it waits."""
    with _writing(call) as session:
        job = session.scalars(sa.select(Job).where(Job.key == key.strip("{} ").lower())).first()
        if job is None:
            raise ItemNotFound(f"There is no job with the key {key[:50]}.")
        outcomes.move(session, job, asked, now=call.now)
    with call.tenant.reader() as session:
        job, left = session.get_one(Job, job.id), session.get(JobOutcome, job.id)
        if left is not None:
            return _job(job, left)
        return {"key": job.key, "id": job.id, "process": job.release_name, "state": job.state.name}


@contextmanager
def _writing(call: Call) -> Iterator[Session]:
    """A unit of work of the control's own: committed with what follows from it."""
    with call.tenant.session() as session:
        yield session
        reactions.commit(session, by=call.caller.user_id)


def _find(session: Session, call: Call, process: str) -> Release:
    """The process of a key or a name, in the folder of the call or in whichever has it alone.

    Raises:
        ItemNotFound: there is none; says which there are.
        Conflict: several folders have one of that name.
    """
    wanted = process.strip("{} ")
    named = sa.or_(Release.key == wanted.lower(), same_name(Release.name, wanted))
    query = sa.select(Release).where(named).order_by(Release.id)
    if call.folder_id is not None:
        query = query.where(Release.organization_unit_id == call.folder_id)
    found = session.scalars(query).all()
    if not found:
        raise ItemNotFound(_missing(session, call, wanted))
    if len(found) > 1:
        folders = ", ".join(str(one.organization_unit_fully_qualified_name) for one in found)
        raise Conflict(
            f"The process {wanted} exists in several folders: {folders}. Say which one with "
            "X-UIPATH-FolderPath, or by its key."
        )
    return found[0]


def _missing(session: Session, call: Call, wanted: str) -> str:
    """Why there is no such process, and which one was perhaps meant."""
    rows = session.execute(
        sa.select(
            Release.name,
            Release.organization_unit_fully_qualified_name.label("folder"),
            Release.organization_unit_id,
        ).order_by(Release.id)
    ).all()
    elsewhere = [row.folder for row in rows if row.name.lower() == wanted.lower()]
    if elsewhere:
        return f"There is no process {wanted} in this folder; there is one in {elsewhere[0]}."
    here = [row.name for row in rows if call.folder_id in (None, row.organization_unit_id)]
    close = difflib.get_close_matches(wanted, here, n=3, cutoff=0.5) or here[:10]
    hint = f" Is one of these meant: {', '.join(close)}?" if close else ""
    return f"There is no process {wanted[:100]}.{hint}"
