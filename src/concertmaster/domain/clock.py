"""What time it is for a tenant, and arithmetic on instants.

An instant is UTC text of fixed width, `2018-01-15T18:18:02.7900000Z`: it sorts as the moments do
and keeps all seven digits of a fraction. A tick is 100 ns; ticks count from 0001-01-01, as those
of .NET do.
"""

import os
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

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


class Setting(NamedTuple):
    """How a clock goes: where it stood at a moment of wall time, and how fast it runs since."""

    origin: int = 0  #: ticks
    set_at: int = 0  #: ticks of wall time
    scale: float = 1.0  #: seconds of the tenant in a second on the wall
    frozen: bool = False
    paused: bool = False  #: whether the tenant's background rests


class Clock:
    """A tenant's time: real time, unless it was set to another or stopped."""

    def __init__(self) -> None:
        self._setting = Setting()

    @property
    def setting(self) -> Setting:
        return self._setting

    @setting.setter
    def setting(self, setting: Setting) -> None:
        self._setting = setting

    def forget(self) -> None:
        """Nothing to forget: this one is kept nowhere."""

    @property
    def frozen(self) -> bool:
        return self.setting.frozen

    @property
    def scale(self) -> float:
        """Seconds of the tenant in a second on the wall, while it is not frozen."""
        return self.setting.scale

    @property
    def paused(self) -> bool:
        return self.setting.paused

    @staticmethod
    def wall() -> int:
        return _UNIX_EPOCH + time.time_ns() // 100

    def ticks(self) -> int:
        origin, set_at, scale, frozen, _ = self.setting
        if frozen:
            return origin
        passed = self.wall() - set_at
        return min(origin + (passed if scale == 1 else int(passed * scale)), _LAST)

    def now(self) -> str:
        """The instant it is for the tenant."""
        return instant(self.ticks())

    def reset(self) -> None:
        """Back to real time, at work."""
        self.setting = Setting()

    def set(
        self, moment: str | None = None, *, scale: float | None = None, frozen: bool | None = None
    ) -> None:
        """Make it `moment` now, and let it go on at a pace; what is None stays as it is."""
        before = self.setting
        self.setting = Setting(
            origin=self.ticks() if moment is None else ticks(moment),
            set_at=self.wall(),
            scale=before.scale if scale is None else scale,
            frozen=before.frozen if frozen is None else frozen,
            paused=before.paused,
        )

    def freeze(self, moment: str | None = None) -> None:
        self.set(moment, frozen=True)

    def thaw(self, *, scale: float = 1) -> None:
        self.set(scale=scale, frozen=False)

    def advance(self, by: float | timedelta) -> str:
        """Move ahead; answers the new now. Runs nothing: `work/advancing.py` does."""
        self.set(instant_within(self.ticks() + _span(by)))
        return self.now()

    def pause(self, paused: bool = True) -> None:
        """Let the background rest, or work again."""
        self.setting = self.setting._replace(paused=paused)


# --- instants and ticks -------------------------------------------------------------------


def instant(ticks: int) -> str:
    """Ticks → text."""
    seconds, fraction = divmod(ticks, SECOND)
    return f"{_to_the_second(seconds)}.{fraction:07}Z"


@lru_cache(1024)  # of this second and of midnights there are many
def _to_the_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def short(instant: str) -> str:
    """An instant as it stands in JSON: without trailing zeros."""
    return instant[:-1].rstrip("0").rstrip(".") + "Z"


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


#: RFC 9562, 4.1: the two highest bits are 1 and 0.
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def new_guid() -> str:
    """36 lower-case characters that nobody has had before (RFC 9562, version 4)."""
    number = os.urandom(16).hex()  # as uuid.uuid4() does it, in a third of the time
    variant = _VARIANT[number[16]]
    return f"{number[:8]}-{number[8:12]}-4{number[13:16]}-{variant}{number[17:20]}-{number[20:]}"


def new_trace() -> str:
    """A trace id as a W3C traceparent writes it: `00-<32 hex>-<16 hex>-00`."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
