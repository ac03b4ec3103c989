"""What goes over the wire: amounts, times and JSON as BigCommerce writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sandbox import exact_json

Record = dict[str, Any]

_FOUR = Decimal("0.0001")
_TOO_BIG = Decimal(10) ** 16
_DIGITS = re.compile(r"-?[0-9]{1,16}")
encode = exact_json.dumps


def decode(text: str) -> Any:
    """Parse JSON without ever passing through a binary float."""
    return exact_json.loads(text)


def four(value: Decimal) -> str:
    """An amount as reads show it: always four decimals."""
    return format(value.quantize(_FOUR, ROUND_HALF_UP), "f")


def kept(value: Decimal) -> Decimal:
    """An amount as it is stored: four decimals, half up."""
    return value.quantize(_FOUR, ROUND_HALF_UP)


def exact(value: Any) -> Any:
    """Turn floats of an operator's call into Decimals, at any depth."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return value


def epoch(moment: datetime) -> int:
    """Unix seconds, the B2B API's times."""
    return int(moment.timestamp())


def rfc2822(moment: datetime) -> str:
    """The V2 API's times: Tue, 05 Mar 2024 21:40:11 +0000."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def iso(moment: datetime) -> str:
    """The V3 API's times."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """RFC 2822 or ISO 8601, as the V2 filters take them; None when it is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def decimal_of(value: Any) -> Decimal | None:
    """A number or its text as a Decimal of a size that a column could hold; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number) < _TOO_BIG else None


def whole_of(value: Any) -> int | None:
    """A whole number or its plain digits; None when it is none."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value.strip()):
        return None
    number = decimal_of(value)
    return int(number) if number is not None and number == number.to_integral_value() else None
