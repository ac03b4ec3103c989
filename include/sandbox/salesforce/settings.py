"""The switches of this vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DEFAULTS: dict[str, Any] = {
    # org session settings; two hours is Salesforce's own default
    "session_seconds": 7200,
    # None = 2000, or what Sforce-Query-Options asks for
    "page_size": None,
    "cursor_seconds": 900,
    # Rootstock Financials installed: rstkf__ objects are there
    "financials": False,
    # the package's trigger refuses changes of a transferred invoice, except acknowledgement fields
    "locked_when_transferred": True,
    "daily_limit": 100_000,
    # field-level security: "object.field" names that the integration user may not see
    "hidden_fields": [],
}


def checked(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, all of them fit, or ValueError."""
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ValueError(f"unknown setting {name!r}; there are {', '.join(DEFAULTS)}")
        wanted, fits = _RULES[name]
        if not fits(value):
            raise ValueError(f"{name} must be {wanted}, not {value!r}")
    return changes


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _page(value: Any) -> bool:
    return value is None or (_count(value) and value > 0)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "session_seconds": ("a whole number", _count),
    "page_size": ("a whole number above 0, or null", _page),
    "cursor_seconds": ("a whole number", _count),
    "financials": ("true or false", _flag),
    "locked_when_transferred": ("true or false", _flag),
    "daily_limit": ("a whole number", _count),
    "hidden_fields": ("a list of texts", _names),
}
