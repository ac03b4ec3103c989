"""match_customers: linked, found, to be added, or in review with the reason. Reads only."""

from __future__ import annotations

from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.matching import match


def match_customers(context: StepContext) -> Counts:
    """How many customers of the flow are linked, to be added, in review."""
    return match(context, "customer")
