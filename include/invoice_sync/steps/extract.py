"""extract: what changed at the source goes into the inbox, page by page, the cursor with the page."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from invoice_sync.connectors.base import Stub, StubPage
from invoice_sync.ledger import documents, runs
from invoice_sync.model.crash_points import reached
from invoice_sync.steps import intake
from invoice_sync.steps.context import Counts, StepContext

log = logging.getLogger("invoice_sync.extract")

STREAM = "invoice"


def extract(context: StepContext) -> Counts:
    """`read`: offered by the source; `changed`: new to us or changed since we saw it."""
    read = changed = 0
    with context.transaction() as session:
        position = runs.cursor(session, context.scope, STREAM)
    for page in context.source.changed(position, context.options):
        read += len(page.stubs)
        changed += _store_page(context, page)
        log.info("%d documents read, %d of them new or changed", read, changed)
    return {"read": read, "changed": changed}


def _store_page(context: StepContext, page: StubPage) -> int:
    """Fetches outside the transaction, then stores the page and its position in one."""
    fresh = _unknown(context, page.stubs)
    records = context.source.fetch("invoice", [stub.source_id for stub in fresh]) if fresh else []
    records = [record for record in records if record.in_queue]
    needed = intake.take_in(context, records)
    reached("K0")
    with context.transaction() as session:
        changed = intake.store(session, context, [*needed, *records])
        context.note(session, changed)
        if context.options.is_selective:
            chosen = [stub.source_id for stub in page.stubs]
            context.note(session, list(documents.by_source(session, context.scope, "invoice", chosen).values()))
        if context.options.moves_cursor:
            runs.move_cursor(session, context.scope, STREAM, page.position, context.now)
    return sum(row.entity == "invoice" for row in changed)


def _unknown(context: StepContext, stubs: Sequence[Stub]) -> list[Stub]:
    """Stubs whose version stamp moved since we stored it; a full sweep looks at all."""
    if context.options.full_sweep:
        return list(stubs)
    with context.transaction() as session:
        known = documents.by_source(session, context.scope, "invoice", [stub.source_id for stub in stubs])
    return [stub for stub in stubs if stub.source_id not in known or known[stub.source_id].stamp != stub.stamp]
