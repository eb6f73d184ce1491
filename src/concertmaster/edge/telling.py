"""Events of what is created, updated and deleted through the API: `queue.created` and its like.

The same few lines for every kind of entity that has such events; what else happens, the domain
tells where it happens.
"""

from collections.abc import Callable
from typing import Any

from concertmaster.domain import events, webhooks
from concertmaster.domain.call import Call
from concertmaster.domain.webhook_events import NOUNS


def tell(call: Call, happened: str, *entities: Any) -> None:
    """Entities of one kind were `created` or `updated`."""
    _record(call, happened, entities, lambda *_, **__: {})


def tell_going(call: Call, *entities: Any) -> None:
    """Entities of one kind are about to be deleted: what is told of them is told as they were."""
    _record(call, "deleted", entities, webhooks.remember)


def _record(
    call: Call, happened: str, entities: tuple[Any, ...], facts: Callable[..., dict[str, Any]]
) -> None:
    noun = NOUNS.get(type(entities[0])) if entities else None
    if noun is not None:
        type_, ids, folder = f"{noun}.{happened}", [one.id for one in entities], call.folder_id
        known = facts(call.session, type_, ids, folder=folder)
        events.record(call.session, type_, ids, folder=folder, now=call.now, **known)
