"""What goes over the wire: exact JSON numbers, QuickBooks' XML, time stamps."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

Record = dict[str, Any]

# Intuit prints every time in the Pacific zone unless the company moved it.
PACIFIC = ZoneInfo("America/Los_Angeles")
CENT = Decimal("0.01")
_XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_NAMESPACE = "http://schema.intuit.com/finance/v3"
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_XML_ATTRIBUTES = frozenset({"domain", "sparse", "status", "bId", "startPosition", "maxResults", "totalCount"})


def money(value: Decimal) -> Decimal:
    """Round half up to cents, as QuickBooks does; zero is printed bare."""
    cents = value.quantize(CENT, rounding=ROUND_HALF_UP)
    return cents if cents else Decimal(0)


def encode(value: Any) -> str:
    """JSON text in which a Decimal is an exact JSON number."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_name(k)}:{encode(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return "[" + ",".join([encode(item) for item in value]) + "]"
    if isinstance(value, Mapping):
        return encode(dict(value))
    return json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _name(key: Any) -> str:
    """A property's name; there are a few hundred."""
    return json.dumps(str(key))


def decode(text: str) -> Any:
    """Parse JSON without ever passing through a binary float."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def exact(value: Any) -> Any:
    """Turn floats (an operator's control call may carry them) into Decimals, at any depth."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return value


def stamp(moment: datetime) -> str:
    """A record's time stamp: no fraction, Pacific offset."""
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def stamp_millis(moment: datetime) -> str:
    """The envelope's time stamp: milliseconds, Pacific offset."""
    return moment.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def to_xml(payload: Record, time: str) -> str:
    """The answer a caller gets who did not ask for JSON."""
    inside = "".join(_element(name, value) for name, value in payload.items() if name != "time")
    return f'{_XML_HEAD}<IntuitResponse time="{time}" xmlns="{_NAMESPACE}">{inside}</IntuitResponse>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if value is None:
        return ""
    if isinstance(value, dict):
        return _complex(name, value)
    return f"<{name}>{_text(value)}</{name}>"


def _complex(name: str, value: Record) -> str:
    if name.endswith("Ref") and "value" in value:
        label = f" name={quoteattr(_text(value['name'], raw=True))}" if value.get("name") else ""
        return f"<{name}{label}>{_text(value['value'])}</{name}>"
    attributes = _XML_ATTRIBUTES | ({"code", "element"} if name == "Error" else set())
    attributes |= {"type"} if name == "Fault" else set()
    head = "".join(f" {key}={quoteattr(_text(item, raw=True))}" for key, item in value.items() if key in attributes)
    inside = "".join(_element(key, item) for key, item in value.items() if key not in attributes)
    return f"<{name}{head}>{inside}</{name}>"


def _text(value: Any, raw: bool = False) -> str:
    shown = encode(value) if isinstance(value, bool | int | Decimal) else str(value)
    clean = _XML_FORBIDDEN.sub("", shown)
    return clean if raw else escape(clean)
