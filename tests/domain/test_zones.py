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
