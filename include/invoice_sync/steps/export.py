"""export: sends the planned invoices, and finds out what became of those whose answer was lost."""

from __future__ import annotations

from invoice_sync.steps.context import Counts, StepContext


def export(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    return context.door_to_destination().deliver("invoice", "create").as_counts()
