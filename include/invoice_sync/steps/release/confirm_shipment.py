"""confirm_shipment: the goods have left."""

from __future__ import annotations

from invoice_sync.connectors.fulfilment import CONFIRM
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.advancing import advance


def confirm_shipment(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    return advance(context, CONFIRM)
