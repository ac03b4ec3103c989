"""export: sends what is planned, and finds out what became of writes whose answer was lost."""

from __future__ import annotations

from collections import Counter

from invoice_sync.connectors.base import DELIVERIES
from invoice_sync.model.documents import DOCUMENTS
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.matching import block_invoices


def export(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`.

    Invoices before credit memos, and of each what is new before what changes or takes back.
    """
    done: Counter[str] = Counter()
    for entity in DOCUMENTS:
        for operation in DELIVERIES:
            if context.destination.can(entity, operation):
                done.update(context.door_to_destination().deliver(entity, operation).as_counts())
        with context.transaction() as session:
            block_invoices(session, context, entity)
    return dict(done)
