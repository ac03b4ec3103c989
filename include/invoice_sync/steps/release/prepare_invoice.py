"""prepare_invoice: makes the invoice of a confirmed shipment."""

from __future__ import annotations

from invoice_sync.connectors.fulfilment import PREPARE
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.advancing import advance


def prepare_invoice(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    return advance(context, PREPARE)
