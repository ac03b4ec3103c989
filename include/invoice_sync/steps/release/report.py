"""report: what became of each order, and red while one of them waits."""

from __future__ import annotations

import logging
from collections import Counter

from tabulate import tabulate

from invoice_sync.ledger import links, runs
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import Counts, StepContext

log = logging.getLogger("invoice_sync.release")

HEADINGS = ("order", "customer", "shipment", "shipment is", "invoice", "invoice is", "waits for")
DONE = (DocumentState.SETTLED, DocumentState.IGNORED)


def report(context: StepContext) -> Counts:
    """Documents of the run by state. Raises ReviewNeeded while one is not at its end, unless the run is a dry one."""
    with context.transaction() as session:
        rows = runs.documents_of(session, context.run, (SHIPMENT,))
        linked = links.of_rows(session, context.scope, rows)
    numbers = {key: link.remote_id for key, link in linked.items()}
    states = context.fulfilment.shipments(sorted(set(numbers.values()))) if numbers else {}
    table = []
    for row in rows:
        state = states.get(numbers.get(row.id, ""))
        told = ("", "", "", "") if state is None else (state.number, state.status, state.invoice, state.invoice_status)
        table.append((row.number, row.party, *told, row.cause or ("" if row.state in DONE else row.state)))
    if table:
        log.info("Orders of %s\n\n%s", context.task.run_id, tabulate(table, HEADINGS, disable_numparse=True))
    waiting = [row for row in rows if row.state not in DONE]
    if waiting and not context.options.dry_run:
        steps = ", ".join(sorted({row.step for row in waiting if row.step})) or "create_shipment"
        raise ReviewNeeded(
            f"{len(waiting)} of {len(rows)} order(s) are not released; the table above says where each of them is.",
            cure=f"Do what the log of {steps} says, then clear it with downstream.",
        )
    return dict(Counter(str(row.state) for row in rows))
