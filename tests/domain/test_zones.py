"""Time zones under their two names."""

import pytest

from concertmaster.domain import zones
from concertmaster.domain.errors import InvalidTimeZone


@pytest.mark.parametrize(
    ("name", "windows", "iana"),
    [
        ("Romance Standard Time", "Romance Standard Time", "Europe/Paris"),
        ("romance standard time", "Romance Standard Time", "Europe/Paris"),
        ("UTC", "UTC", "Etc/UTC"),
        ("Europe/Berlin", "W. Europe Standard Time", "Europe/Berlin"),
        ("europe/vienna", "W. Europe Standard Time", "Europe/Vienna"),
        (" Asia/Tokyo ", "Tokyo Standard Time", "Asia/Tokyo"),
        ("Antarctica/Troll", "Antarctica/Troll", "Antarctica/Troll"),  # Windows knows none
    ],
)
def test_either_name_is_understood(name: str, windows: str, iana: str) -> None:
    found = zones.find(name)
    assert (found.windows, found.iana, found.rules.key) == (windows, iana, iana)


@pytest.mark.parametrize(
    "name", ["", "Mars Standard Time", "../../etc/passwd", "Europe/", "/", "x" * 500]
)
def test_no_other_is(name: str) -> None:
    with pytest.raises(InvalidTimeZone, match="not a valid windows time zone id"):
        zones.find(name)


def test_every_windows_zone_has_rules() -> None:
    assert all(zones.find(name).windows == name for name in zones.windows_zones())


def test_the_list_goes_round_the_world() -> None:
    summer = zones.from_west_to_east("2026-07-01T12:00:00.0000000Z")
    assert summer[0] == ("-12:00", "Dateline Standard Time")
    assert summer[-1] == ("+14:00", "Line Islands Standard Time")
    assert ("+02:00", "Romance Standard Time") in summer
    winter = zones.from_west_to_east("2026-01-01T12:00:00.0000000Z")
    assert ("+01:00", "Romance Standard Time") in winter
