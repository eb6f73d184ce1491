"""Events of what is created, updated and deleted through the API: `queue.created` and its like.

The same few lines for every kind of entity that has such events; what else happens, the domain
tells where it happens.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from concertmaster.domain import webhooks
from concertmaster.domain.call import Call
from concertmaster.domain.events import Event
from concertmaster.domain.webhook_events import NOUNS


def tell(call: Call, happened: str, *entities: Any) -> None:
    """Entities of one kind were `created` or `updated`."""
    noun = NOUNS.get(type(entities[0])) if entities else None
    if noun is not None:
        _note(call, f"{noun}.{happened}", [one.id for one in entities], {})


def tell_going(call: Call, *entities: Any) -> None:
    """Entities of one kind are about to be deleted: what is told of them is told as they were."""
    noun = NOUNS.get(type(entities[0])) if entities else None
    if noun is not None:
        type_, ids = f"{noun}.deleted", [one.id for one in entities]
        facts = webhooks.remember(call.session, type_, ids, folder=call.folder_id)
        _note(call, type_, ids, facts)


def _note(call: Call, type_: str, ids: Sequence[int], facts: Mapping[str, Any]) -> None:
    call.happened.append(Event(type_, tuple(ids), call.folder_id, call.now, facts))
