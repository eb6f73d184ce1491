"""The states of a job: which follow one another, and who may take the step.

Pending ──→ Running ──→ Successful | Faulted | Stopped
   │          │  ├────→ Suspended ──→ Resumed ──→ Running
   │          │  ├────→ Stopping ───→ Successful | Faulted | Stopped | Suspended
   │          │  └────→ Terminating → Faulted | Stopped
   └──→ Stopped | Faulted

Faulted is also a job that failed to start. (API guide, enumerated types; jobs, states.)
"""

from collections.abc import Mapping
from enum import Flag, auto

from concertmaster.entities import JobState, StopStrategy


class Mover(Flag):
    """Who takes a job from one state to another."""

    USER = auto()  #: somebody asks through the API
    ROBOT = auto()  #: a robot says so, a real one or one of ours
    BACKGROUND = auto()  #: Orchestrator by itself: a moment has come, a robot is gone
    CONTROL = USER | ROBOT | BACKGROUND  #: a test, on behalf of whoever may


_USER, _ROBOT, _BACKGROUND = Mover.USER, Mover.ROBOT, Mover.BACKGROUND
_S = JobState

#: Every step that a job may take, and who may take it.
STEPS: Mapping[JobState, Mapping[JobState, Mover]] = {
    _S.Pending: {
        _S.Running: _ROBOT,
        _S.Faulted: _ROBOT | _BACKGROUND,  # it could not be started; its robot is gone
        _S.Stopped: _USER | _BACKGROUND,  # nobody has it: nobody has to be asked
    },
    _S.Running: {
        _S.Successful: _ROBOT,
        _S.Faulted: _ROBOT | _BACKGROUND,
        _S.Stopped: _ROBOT,  # somebody beside the robot stopped it there
        _S.Suspended: _ROBOT,
        _S.Stopping: _USER | _BACKGROUND,
        _S.Terminating: _USER | _BACKGROUND,
    },
    _S.Stopping: {
        _S.Successful: _ROBOT,  # it came to its end before it looked
        _S.Faulted: _ROBOT | _BACKGROUND,
        _S.Stopped: _ROBOT,
        _S.Suspended: _ROBOT,
        _S.Terminating: _USER | _BACKGROUND,
    },
    _S.Terminating: {
        _S.Faulted: _ROBOT | _BACKGROUND,  # the robot did not manage in time
        _S.Stopped: _ROBOT,
    },
    _S.Suspended: {
        _S.Resumed: _USER | _BACKGROUND,
        _S.Faulted: _BACKGROUND,  # what it waits for cannot come any more
        _S.Stopped: _USER | _BACKGROUND,
    },
    _S.Resumed: {
        _S.Running: _ROBOT,
        _S.Faulted: _ROBOT | _BACKGROUND,
        _S.Stopped: _USER | _BACKGROUND,
    },
    _S.Successful: {},
    _S.Faulted: {},
    _S.Stopped: {},
}

FINAL = frozenset(state for state, following in STEPS.items() if not following)

#: Nobody works on it: a robot may yet take it.
WAITING = (_S.Pending, _S.Resumed)

#: A robot has it in hand.
IN_HAND = (_S.Running, _S.Stopping, _S.Terminating)

#: What a request to stop makes of a job: a robot has to be told, or nobody has it yet.
STOPS: Mapping[tuple[JobState, StopStrategy], JobState] = {
    **{
        (state, strategy): _S.Stopped
        for state in (_S.Pending, _S.Suspended, _S.Resumed)
        for strategy in StopStrategy
    },
    (_S.Running, StopStrategy.SoftStop): _S.Stopping,
    (_S.Running, StopStrategy.Kill): _S.Terminating,
    (_S.Stopping, StopStrategy.SoftStop): _S.Stopping,
    (_S.Stopping, StopStrategy.Kill): _S.Terminating,
    (_S.Terminating, StopStrategy.SoftStop): _S.Terminating,
    (_S.Terminating, StopStrategy.Kill): _S.Terminating,
}


def may(job: JobState, to: JobState, mover: Mover) -> bool:
    """Whether somebody may take a job from one state to another."""
    return bool(STEPS[job].get(to, Mover(0)) & mover)
