"""What time it is for a tenant, and arithmetic on instants.

An instant is UTC text of fixed width, `2018-01-15T18:18:02.7900000Z`: it sorts as the moments do
and keeps all seven digits of a fraction. A tick is 100 ns; ticks count from 0001-01-01, as those
of .NET do.
"""

import re
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from concertmaster.domain.errors import InvalidArgument

SECOND: Final = 10_000_000  #: ticks
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)
_UNIX_EPOCH: Final = 621_355_968_000_000_000  #: 1970-01-01 in ticks
_LAST: Final = 3_155_378_975_999_999_999  #: 9999-12-31T23:59:59.9999999 in ticks

_TEXT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


class Clock:
    """A tenant's time: real time, unless it was set to another or stopped.

    Wall time is read through `wall` (in ticks); what the tenant sees is an origin plus the wall
    time passed since it was set, times `scale`. A frozen clock has scale 0.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to real time."""
        self._origin = self._set_at = 0
        self.scale = 1.0

    @property
    def frozen(self) -> bool:
        return self.scale == 0

    @staticmethod
    def wall() -> int:
        return _UNIX_EPOCH + time.time_ns() // 100

    def ticks(self) -> int:
        passed = self.wall() - self._set_at
        return self._origin + (passed if self.scale == 1 else int(passed * self.scale))

    def now(self) -> str:
        """The instant it is for the tenant."""
        return instant(self.ticks())

    def set(self, moment: str, *, scale: float | None = None) -> None:
        """Make it `moment` now; time goes on from there, `scale` times as fast as on the wall."""
        self._start_at(ticks(moment), self.scale if scale is None else scale)

    def freeze(self, moment: str | None = None) -> None:
        self._start_at(self.ticks() if moment is None else ticks(moment), 0)

    def thaw(self, *, scale: float = 1) -> None:
        self._start_at(self.ticks(), scale)

    def advance(self, by: float | timedelta) -> str:
        """Move ahead; answers the new now."""
        self._start_at(_within(self.ticks() + _span(by)), self.scale)
        return self.now()

    def _start_at(self, origin: int, scale: float) -> None:
        self._origin, self._set_at, self.scale = origin, self.wall(), scale


# --- instants and ticks -------------------------------------------------------------------


def instant(ticks: int) -> str:
    """Ticks → text."""
    seconds, fraction = divmod(ticks, SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.isoformat()[:19]}.{fraction:07}Z"


def ticks(instant: str) -> int:
    """Text of fixed width → ticks."""
    whole = datetime.fromisoformat(f"{instant[:19]}Z")
    return _whole_seconds(whole) * SECOND + int(instant[20:27])


def parse(text: str) -> str:
    """ISO 8601 text, with or without a fraction, with any offset (none is UTC) → instant."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise InvalidArgument(f"'{text[:50]}' is not a date and time.")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=UTC,
        )  # fmt: skip
    except ValueError as error:
        raise InvalidArgument(f"'{text[:50]}' is not a date and time.") from error
    part = int((fraction or "")[:7].ljust(7, "0"))
    return instant_within(_whole_seconds(moment) * SECOND + part - _offset(offset))


def instant_within(ticks: int) -> str:
    """Ticks → text; refuses what lies outside the calendar."""
    return instant(_within(ticks))


def add(instant_: str, by: float | timedelta) -> str:
    """An instant moved by seconds (or a timedelta)."""
    return instant_within(ticks(instant_) + _span(by))


def between(earlier: str, later: str) -> float:
    """Seconds from one instant to another."""
    return (ticks(later) - ticks(earlier)) / SECOND


def of_datetime(moment: datetime) -> str:
    """A datetime (naive is UTC) → instant."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return instant(_whole_seconds(moment) * SECOND + moment.microsecond * 10)


def to_datetime(instant: str) -> datetime:
    """An instant → an aware datetime; the seventh digit is lost."""
    return datetime.fromisoformat(instant[:26]).replace(tzinfo=UTC)


def _whole_seconds(moment: datetime) -> int:
    passed = moment - _EPOCH
    return passed.days * 86_400 + passed.seconds


def _span(by: float | timedelta) -> int:
    if isinstance(by, timedelta):
        return (by.days * 86_400 + by.seconds) * SECOND + by.microseconds * 10
    return round(by * SECOND)


def _offset(text: str | None) -> int:
    if text is None or text in "Zz":
        return 0
    sign = -1 if text[0] == "-" else 1
    return sign * (int(text[1:3]) * HOUR + int(text[-2:]) * MINUTE)


def _within(ticks: int) -> int:
    if not 0 <= ticks <= _LAST:
        raise InvalidArgument("The moment lies outside the calendar.")
    return ticks


# --- identifiers --------------------------------------------------------------------------


def new_guid() -> str:
    """36 lower-case characters that nobody has had before."""
    return str(uuid.uuid4())


def new_trace() -> str:
    """A trace id as a W3C traceparent writes it: `00-<32 hex>-<16 hex>-00`."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
