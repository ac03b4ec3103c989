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
    write = _BY_TYPE.get(type(value))
    if write is None:
        # a type of somebody's own counts as what it is made from
        write = next((one for kind, one in _WRITERS if isinstance(value, kind)), _plain)
    return write(value)


def _object(value: dict[Any, Any]) -> str:
    return "{" + ",".join(f"{_text(key)}:{dumps(item)}" for key, item in value.items()) + "}"


def _list(value: list[Any] | tuple[Any, ...]) -> str:
    return "[" + ",".join(map(dumps, value)) + "]"


def _text(value: Any) -> str:
    return _quoted(value) if type(value) is str else json.dumps(str(value))


def _plain(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


_quoted = json.encoder.encode_basestring_ascii

# datetime before date, since every datetime is a date too
_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (dict, _object),
    (list, _list),
    (tuple, _list),
    (Decimal, lambda value: format(value, "f")),
    (datetime, lambda value: f'"{stamp(value)}"'),
    (date, lambda value: f'"{value.isoformat()}"'),
)
_BY_TYPE: dict[type, Callable[[Any], str]] = {
    **dict(_WRITERS),
    str: _quoted,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
}
