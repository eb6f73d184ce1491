"""A tenant's time moved ahead, with everything that falls due on the way."""

from concertmaster.domain.errors import InvalidArgument
from concertmaster.store import Tenant
from concertmaster.work.due import Fired
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
            while (moment := working.next(all_=False)) is not None and moment <= to:
                now = max(now, moment)
                time.freeze(now)
                fired += working.do_due(now)
            now = to
            time.freeze(now)
            fired += working.do_due(now)  # what is only kept fresh
        finally:
            time.set(now, frozen=before.frozen)
    tenant.bell.ring()
    return fired
