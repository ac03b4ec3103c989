"""What Intuit allows one app in one realm.

https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles ; a batch is taken to count once.
"""

from __future__ import annotations

from collections.abc import Mapping

from invoice_sync.model.ports import Window

BATCH = "batch"

WINDOWS = (
    Window("calls a second", limit=10, seconds=1),
    Window("calls a minute", limit=500, seconds=60),
    Window("batches a minute", limit=40, seconds=60, kinds=frozenset({BATCH})),
)


def windows(extra: Mapping[str, object]) -> tuple[Window, ...]:
    """The same for every connection."""
    return WINDOWS
