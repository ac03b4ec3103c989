"""JSON without binary floats: amounts stay the decimals they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def loads(text: str | bytes) -> Any:
    """Parse JSON; numbers with a fraction become Decimal."""
    return json.loads(text, parse_float=Decimal)


def stamp(moment: datetime) -> str:
    """A moment as Salesforce writes it: 2026-10-05T10:00:00.000+0000."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def dumps(value: Any) -> str:
    """Write JSON; a Decimal becomes a JSON number with exactly its digits."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return json.dumps(value, allow_nan=False)


# datetime before date, since every datetime is a date too
_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Decimal, lambda value: format(value, "f")),
    (datetime, lambda value: f'"{stamp(value)}"'),
    (date, lambda value: f'"{value.isoformat()}"'),
)
