"""Time zones, by Windows' names (`Romance Standard Time`) and by IANA's (`Europe/Paris`).

Orchestrator calls a zone by its Windows name and shows the IANA one beside it. The table of both
is Unicode's, by way of tzlocal; the rules of each zone are zoneinfo's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from concertmaster.domain import clock
from concertmaster.domain.errors import InvalidTimeZone

#: Offsets of other times are not known, or not of whole minutes.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Zone:
    """A time zone under both of its names."""

    windows: str  #: the IANA name where Windows has none
    iana: str
    rules: ZoneInfo


@cache
def find(name: str) -> Zone:
    """A zone by either name, in any letter case.

    Raises:
        InvalidTimeZone: there is none.
    """
    wanted = name.strip().lower()
    iana = _iana_of_windows().get(wanted) or _iana_names().get(wanted)
    if iana is None:
        raise InvalidTimeZone(zone=name[:80])
    try:
        rules = ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError) as error:  # a newer table than time zone data
        raise InvalidTimeZone(zone=name[:80]) from error
    return Zone(_windows_name(wanted, iana), iana, rules)


def windows_zones() -> Mapping[str, str]:
    """Every Windows name with the IANA name of its largest city."""
    from tzlocal.windows_tz import win_tz

    return win_tz


def from_west_to_east(now: str) -> list[tuple[str, str]]:
    """The offset of every zone at an instant (`+05:30`), and its Windows name."""
    moment = min(max(clock.to_datetime(now), _FIRST), _LAST)
    at = {name: moment.astimezone(find(name).rules) for name in windows_zones()}
    found = sorted(at.items(), key=lambda one: (one[1].utcoffset(), one[0]))
    return [(local.isoformat(timespec="seconds")[19:25], name) for name, local in found]


def _windows_name(wanted: str, iana: str) -> str:
    """As Windows writes it."""
    from tzlocal.windows_tz import tz_win

    for name in windows_zones():
        if name.lower() == wanted:
            return name
    return tz_win.get(iana, iana)


@cache
def _iana_of_windows() -> Mapping[str, str]:
    return {windows.lower(): iana for windows, iana in windows_zones().items()}


@cache
def _iana_names() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}
