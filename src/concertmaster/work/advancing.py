"""A tenant's time moved ahead, with everything that falls due on the way."""

from concertmaster.domain.errors import InvalidArgument
from concertmaster.store import Tenant
from concertmaster.work.due import Fired, Kind
from concertmaster.work.turns import Turns
from concertmaster.work.working import Working


def advance(working: Working, to: str) -> list[Fired]:
    """Go from moment to moment until `to`; what was done, in order.

    At each moment the clock stands while the work is done, as if that took no time; at the end it
    goes on as it went before. While this lasts nobody else works on the tenant.

    Raises:
        InvalidArgument: `to` has passed.
    """
    tenant: Tenant = working.tenant
    time = tenant.clock
    with tenant.own(Turns).alone():
        before, now = time.setting, time.now()
        if to < now:
            raise InvalidArgument(f"It is {now} already: the clock cannot be advanced to {to}.")
        fired: list[Fired] = []
        working.look_afresh()
        try:
            while ready := _soonest(working.due(), to):
                now = max(now, *(moment for moment, _ in ready))
                time.freeze(now)
                fired += working.do(ready, now)
            now = to
            time.freeze(now)
            fired += working.do_due(now)  # what is only kept fresh
        finally:
            time.set(now, frozen=before.frozen)
    tenant.bell.ring()
    return fired


def _soonest(due: list[tuple[str, Kind]], to: str) -> list[tuple[str, Kind]]:
    """What falls due first, if that is by `to`; what is only kept fresh makes no stop."""
    moments = (moment for moment, kind in due if not kind.refreshes)
    first = min(moments, default=None)
    if first is None or first > to:
        return []
    return [(moment, kind) for moment, kind in due if moment <= first and not kind.refreshes]
