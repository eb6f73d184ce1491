"""Everything that is done in the background, in the order in which it is done at one moment."""

from concertmaster.settings import Settings
from concertmaster.work import (
    exports,
    job_timeouts,
    queues,
    silence,
    simulated,
    triggers,
    waiting,
    webhooks,
)
from concertmaster.work.due import Kind


def kinds(settings: Settings) -> tuple[Kind, ...]:
    return (
        silence.watch(settings.robot_timeout),
        queues.ABANDONMENT,
        queues.DEADLINES,
        queues.RETENTION,
        queues.FIGURES,
        waiting.KIND,
        triggers.TIME_LIMITS,
        triggers.TRIGGERS,
        *simulated.KINDS,
        *job_timeouts.KINDS,
        exports.KIND,
        webhooks.kind(settings),
    )
