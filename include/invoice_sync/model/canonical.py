"""One way to write JSON: sorted, compact, Decimals as numbers; so equal content has equal bytes."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import simplejson

from invoice_sync.model.money import Money


def dumps(value: object) -> str:
    """Canonical JSON text. Decimals keep their digits; NaN and infinity raise ValueError."""
    return _ENCODER.encode(value)


def loads(text: str | bytes) -> Any:
    """JSON with every fractional number as Decimal. Raises ValueError for what is not JSON."""
    found: Any = _OURS.decode(_text(text))
    return found


def loads_of_strangers(text: str | bytes) -> Any:
    """The same, but NaN and Infinity become the texts "NaN" and "Infinity": no amount, and no reason to read nothing.

    One record that holds them is then that record's trouble, and not that of everything it came with.
    """
    found: Any = _STRANGERS.decode(_text(text))
    return found


def content_hash(value: object) -> str:
    """SHA-256 (hex) of a model object or of plain JSON data; equal amounts hash equally however written."""
    return hashlib.sha256(dumps(_plain(value)).encode()).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 (hex) of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _text(text: str | bytes) -> str:
    return text.decode() if isinstance(text, bytes) else text


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number that money could be")


# made once: simplejson would make a new one for every text, which takes longer than reading a small one
_ENCODER = simplejson.JSONEncoder(
    use_decimal=True, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_OURS = simplejson.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)
_STRANGERS = simplejson.JSONDecoder(parse_float=Decimal, parse_constant=str)


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return [value.minor, value.currency]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    if isinstance(value, date):
        return value.isoformat()
    return value
