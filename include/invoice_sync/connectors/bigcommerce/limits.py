"""What BigCommerce allows a store, and what its answers say of it.

B2B Edition: https://developer.bigcommerce.com/b2b-edition/docs/best-practices ; core:
https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits (the quota of the smaller plans).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from invoice_sync.connectors.http import Answer, retry_after
from invoice_sync.model.ports import Window

B2B, CORE = "call", "core"
"""Kinds of calls; the two APIs are two hosts with a quota each."""

WINDOWS = (
    Window("calls a minute", limit=150, seconds=60, kinds=frozenset({B2B})),
    Window("core calls in 30 seconds", limit=150, seconds=30, kinds=frozenset({CORE})),
)

_TOO_MANY = 429
# seconds, seconds and milliseconds; B2B Edition writes words behind its numbers ("0.397 s")
_WAITS = (("X-Request-Window-Resets-After", 1), ("X-Retry-After", 1), ("X-Rate-Limit-Time-Reset-Ms", 1000))
_NUMBER = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)")


def windows(extra: Mapping[str, object]) -> tuple[Window, ...]:
    """The same for every connection."""
    return WINDOWS


def wait_of(answer: Answer) -> float | None:
    """Seconds that an answer asks to wait: the longest that its headers name; None when they name none.

    A 429 without headers is an overload of the platform: how long it lasts nobody says.
    """
    asked = [wait] if (wait := retry_after(answer.headers)) is not None else []
    if answer.status == _TOO_MANY:
        for name, per_second in _WAITS:
            found = _NUMBER.match(answer.headers.get(name, ""))
            asked += [float(found.group(1)) / per_second] if found else []
    return max(asked, default=None)
