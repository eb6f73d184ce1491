"""JSON and key values → what the database holds: one reader for each Edm type.

The other direction is in `response.py`. A reader raises ValueError with a sentence for the one
who sent the value; `write.py` and key look-ups turn it into an answer.
"""

import base64
import binascii
import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from concertmaster.odata.model import ComplexType, EnumType, Property

Read = Callable[[Any], Any]

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?)?"
    r"\s*([Zz]|[+-]\d\d:?\d\d)?"
)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?")
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,8})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,7})\d*)?S)?)?",
    re.IGNORECASE,
)


def read_string(value: Any) -> str:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("A string must not hold the character NUL.")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError("a string is expected.")


def read_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a boolean is expected.")
    return found


def integer_reader(bits: int) -> Read:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def read_integer(value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,20}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("an integer is expected.")
        if not low <= value <= high:
            raise ValueError(f"{value} is out of the range of Int{bits}.")
        return value

    return read_integer


def read_double(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("a number is expected.")
    named = {"INF": math.inf, "-INF": -math.inf, "NaN": math.nan}
    try:
        return named[value] if value in named else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a number is expected.") from None


def read_decimal(value: Any) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise ValueError("a number is expected.")
    return found


def read_guid(value: Any) -> str:
    if isinstance(value, str):
        text = value.strip().strip("{}")
        if _GUID.fullmatch(text):
            return text.lower()
    raise ValueError("a GUID is expected.")


def read_instant(value: Any) -> str:
    """Any ISO moment → fixed-width UTC text; without an offset it is UTC already."""
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("a date and time in ISO 8601 form is expected.")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = dt.datetime.fromisoformat(
            f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
        )
        if zone and zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            if hours > 14 or minutes > 59:
                raise ValueError
            offset = dt.timedelta(hours=hours, minutes=minutes)
            moment = moment - offset if zone[0] == "+" else moment + offset
    except (ValueError, OverflowError):
        raise ValueError(f"'{value[:40]}' is not a date and time that exists.") from None
    digits = (fraction or "")[:7].ljust(7, "0")
    return f"{moment.isoformat()}.{digits}Z"


def read_date(value: Any) -> str:
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("a date is expected.")
    try:
        dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        raise ValueError(f"'{value}' is not a date that exists.") from None
    return str(value.strip())


def read_time_of_day(value: Any) -> str:
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise ValueError("a time of day is expected.")
    return f"{found[1]}:{found[2]}:{found[3] or '00'}.{(found[4] or '').ljust(7, '0')}"


def read_duration(value: Any) -> int:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or not any(found.groups()[1:]):
        raise ValueError("a duration such as PT1H30M is expected.")
    sign, days, hours, minutes, seconds, fraction = found.groups()
    total = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60
    ticks = (total + int(seconds or 0)) * 10_000_000 + int((fraction or "").ljust(7, "0"))
    if ticks >= 2**63:
        raise ValueError("the duration is too long.")
    return -ticks if sign == "-" else ticks


def read_row_version(value: Any) -> int:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raw = b""
    if not 0 < len(raw) <= 8 or raw[0] > 127:
        raise ValueError("a row version in base64 is expected.")
    return int.from_bytes(raw, "big")


def read_binary(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("binary content in base64 is expected.") from None


def enum_reader(enumeration: EnumType) -> Read:
    """A member by name in any letter case, by number, or by number in quotes; flags as `A, B`."""

    def read_member(value: Any) -> int:
        number: int | None = None
        if isinstance(value, str):
            text = value.strip()
            if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
                number = int(text[:20])
            elif enumeration.flags:
                members = [
                    enumeration.by_name.get(part.strip().lower()) for part in text.split(",")
                ]
                if None not in members:
                    number = sum({member for member in members if member is not None})
            else:
                number = enumeration.by_name.get(text.lower())
        elif isinstance(value, int) and not isinstance(value, bool):
            number = value
        known = number in enumeration.by_number or (
            enumeration.flags
            and number is not None
            and 0 <= number < 2 * max(enumeration.by_number)
        )
        if number is None or not known:
            raise ValueError(f"The string '{value}' is not a valid enumeration type constant.")
        return number

    return read_member


READERS: Mapping[str, Read] = {
    "Edm.String": read_string,
    "Edm.Boolean": read_boolean,
    "Edm.Int16": integer_reader(16),
    "Edm.Int32": integer_reader(32),
    "Edm.Int64": integer_reader(64),
    "Edm.Double": read_double,
    "Edm.Decimal": read_decimal,
    "Edm.Guid": read_guid,
    "Edm.DateTimeOffset": read_instant,
    "Edm.Date": read_date,
    "Edm.TimeOfDay": read_time_of_day,
    "Edm.Duration": read_duration,
}


@lru_cache(maxsize=4096)
def reader(prop: Property) -> Read:
    """What turns a JSON or key value of this property into its stored form."""
    if prop.enumeration:
        return enum_reader(prop.enumeration)
    if prop.structured:
        return structured_reader(prop)
    if prop.edm == "Edm.Binary":
        return read_row_version if prop.words.computed else read_binary
    return READERS[prop.edm]


def structured_reader(prop: Property) -> Read:
    """A complex value, an open one, or a list of either or of scalars."""

    def read_one(value: Any) -> Any:
        if prop.complex is not None:
            return read_complex(prop.complex, value)
        return READERS[prop.edm](value)

    def read(value: Any) -> Any:
        if not prop.words.collection:
            return read_one(value)
        if not isinstance(value, list):
            raise ValueError("a list is expected.")
        return [read_one(item) for item in value]

    return read


def read_complex(declared: ComplexType, value: Any, depth: int = 0) -> Any:
    """A JSON object by a complex type: names in the declared case, unknown members dropped."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or depth > 8:
        raise ValueError("an object is expected.")
    if declared.open:
        return {k: v for k, v in value.items() if "@odata." not in str(k)}
    members = {member.name.lower(): member for member in declared.members}
    found = {member.name: None for member in declared.members}
    for name, given in value.items():
        member = members.get(str(name).lower())
        if member is None or given is None:
            continue
        items = given if member.collection and isinstance(given, list) else [given]
        read: list[Any] = []
        for item in items:
            if member.complex:
                read.append(read_complex(member.complex, item, depth + 1))
            elif member.enumeration:
                number = enum_reader(member.enumeration)(item)
                read.append(member.enumeration.by_number[number])
            else:
                stored = READERS[member.edm](item)
                read.append(stored if member.edm != "Edm.DateTimeOffset" else item)
        found[member.name] = read if member.collection else read[0]  # type: ignore[assignment]
    return found
