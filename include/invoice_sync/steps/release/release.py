"""release: posts the invoice; from now on it is carried to the store."""

from __future__ import annotations

from invoice_sync.connectors.fulfilment import RELEASE
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.advancing import advance


def release(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    return advance(context, RELEASE)
