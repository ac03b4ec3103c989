"""Single values: the {"value": ...} wrappers of the wire, and what a request may write into a field."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sandbox.acumatica.errors import Refused

Record = dict[str, Any]
_TENTH = Decimal("0.1")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(T.*)?")


def wrapped(value: Any) -> Record:
    """A field as it is answered: nothing at all is an empty object."""
    return {} if value is None or value == "" else {"value": plain(value)}


def plain(value: Any) -> Any:
    """A stored value as JSON has it; a Decimal always shows a decimal place."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00+00:00"
    return decimal(value) if isinstance(value, Decimal) else value


def decimal(value: Decimal) -> Decimal:
    """2 is answered as 2.0 and 2.50 as 2.5."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(_TENTH) if isinstance(exponent, int) and exponent >= 0 else short


def moment(value: datetime) -> str:
    """Milliseconds and offset: 2023-12-14T19:57:21.193+00:00."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def parsed(kind: str, value: Any) -> Any:
    """What a request writes into a field of this type; Refused when it does not fit."""
    if value is None or value == "":
        return None
    try:
        return _PARSERS[kind](value)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise Refused(f"The value '{value}' cannot be converted to the type of the field.") from error


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise ValueError("no text")
    return str(value).rstrip()


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("no number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("no number")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("not whole")
    return int(number)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError("neither true nor false")


def day(value: Any) -> date:
    """The date part as it is written, whatever offset follows (facts 16)."""
    match = _DAY.fullmatch(str(value))
    if match is None:
        raise ValueError("no date")
    return date(int(match[1]), int(match[2]), int(match[3]))


def instant(value: Any, offset_hours: float = 0.0) -> datetime:
    """A moment; without an offset of its own it is read in the user's time zone."""
    read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    if read.tzinfo is None:
        read = read.replace(tzinfo=timezone(timedelta(hours=offset_hours)))
    return read.astimezone(UTC)


_PARSERS: dict[str, Any] = {
    "s": _text,
    "d": _number,
    "b": _truth,
    "i": _whole,
    "day": day,
    "dt": instant,
    "g": lambda value: str(uuid.UUID(str(value))),
}
