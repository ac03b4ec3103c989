"""Two JSON documents side by side, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.placeholders import MARK


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` or `after` is empty when the field was not there."""

    field: str
    before: str
    after: str


def differences(before: Any, after: Any) -> list[Difference]:
    """What differs, in the order of the newer one; fields of nested parts as "Line[1].Amount"."""
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [*new, *(name for name in old if name not in new)]
    return [Difference(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _flat(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, part in enumerate(value, 1):
            yield from _flat(part, f"{path}[{place}]")
    elif value is not None:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).replace(MARK, "→ ")
