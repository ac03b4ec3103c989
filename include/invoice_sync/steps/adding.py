"""Adding parties and products: through the door, then the invoices of those refused wait with them."""

from __future__ import annotations

from invoice_sync.connectors.base import CREATE
from invoice_sync.model.documents import Entity
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.matching import block_invoices


def add(context: StepContext, entity: Entity) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    if not context.destination.can(entity, CREATE):
        return {}
    try:
        return context.door_to_destination().deliver(entity, CREATE).as_counts()
    finally:
        with context.transaction() as session:
            block_invoices(session, context, entity)
