"""add_products: adds the products that planned invoices need and that the destination lacks."""

from __future__ import annotations

from invoice_sync.steps.adding import add
from invoice_sync.steps.context import Counts, StepContext


def add_products(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    return add(context, "product")
