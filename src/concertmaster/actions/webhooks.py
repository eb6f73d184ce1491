"""What can be asked of webhooks: the types of events, a test message, an event of one's own."""

from collections.abc import Mapping
from typing import Any

from concertmaster.domain import webhooks
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.domain.events import Event
from concertmaster.domain.webhook_events import CUSTOM, EVENT_TYPES, PING
from concertmaster.entities import Webhook
from concertmaster.model import NAMESPACE
from concertmaster.odata.operations import Body, action, function
from concertmaster.odata.service import Complex, Values
from concertmaster.odata.write import Change, hook


@hook("before_create", Webhook)
def before_create(call: Call, webhook: Webhook, change: Change) -> None:
    """Without a list of events it is all of them."""
    webhook.events = webhooks.check(webhook.url, webhook.events or [])
    if not change.gives("subscribe_to_all_events"):
        webhook.subscribe_to_all_events = not webhook.events


@hook("before_update", Webhook)
def before_update(call: Call, webhook: Webhook, change: Change) -> None:
    values = change.values
    given = values.get("events")
    checked = webhooks.check(values.get("url") or webhook.url, given or [])
    if given is not None:
        values["events"] = checked
        values.setdefault("subscribe_to_all_events", not checked)


@hook("after_create", Webhook)
@hook("after_update", Webhook)
def after_change(call: Call, webhook: Webhook, change: Change) -> None:
    """Whether the receiver is there is seen at once: it may be another from now on."""
    webhooks.changed(call.session)
    webhooks.no_longer_paused(call.session, webhook.id)
    if webhook.enabled:
        _ping(call, webhook)


@hook("before_delete", Webhook)
def before_delete(call: Call, webhook: Webhook) -> None:
    webhooks.changed(call.session)


@function("Webhooks", "GetEventTypes", permission="Webhooks.View")
def get_event_types(call: Call) -> Values:
    """The types of events that a webhook can subscribe to, with their groups."""
    return Values(
        f"{NAMESPACE}.WebhookEventTypeDto",
        [
            {"Name": type_.name, "Group": type_.group}
            for type_ in EVENT_TYPES.values()
            if type_.name != PING
        ],
    )


@action("Webhooks", "Ping", key=True, status=202, permission="Webhooks.View")
def ping(call: Call, key: int) -> Complex:
    """Send a test message, whether the webhook is enabled or not."""
    webhook = call.session.get(Webhook, key)
    if webhook is None:
        raise ItemNotFound(entity="Webhook")
    return Complex(f"{NAMESPACE}.PingEventDto", _ping(call, webhook))


@action("Webhooks", "TriggerCustom", status=202, permission="Webhooks.View")
def trigger_custom(call: Call, body: Body) -> Complex:
    """Send whatever the body holds as an event of the type `custom`."""
    event = Event(CUSTOM, (), None, call.now, {"EventData": body.members()})
    message = webhooks.send_to_all(call.session, event, by=call.caller.user_id)
    return Complex(f"{NAMESPACE}.CustomEventDto", message)


def _ping(call: Call, webhook: Webhook) -> Mapping[str, Any]:
    event = Event(PING, (), None, call.now)
    return webhooks.send(call.session, webhook, event, by=call.caller.user_id)
