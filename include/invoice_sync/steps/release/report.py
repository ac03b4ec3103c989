"""report: what became of each order, and red while one of them waits."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.ledger import links, runs
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.places import order_of
from invoice_sync.steps.release.preview import plain

log = logging.getLogger("invoice_sync.release")

HEADINGS = ("order", "customer", "shipment", "shipment is", "invoice", "invoice is", "waits for", "left open")
DONE = (DocumentState.SETTLED, DocumentState.IGNORED)
TURNS = ("select_orders", "create_shipment", "confirm_shipment", "prepare_invoice", "release")


def report(context: StepContext) -> Counts:
    """Documents of the run by state. Raises ReviewNeeded while one is not at its end, unless the run is a dry one."""
    with context.transaction() as session:
        rows = runs.documents_of(session, context.run, (SHIPMENT,))
        linked = links.of_rows(session, context.scope, rows)
    numbers = {key: link.remote_id for key, link in linked.items()}
    shipments = context.fulfilment.shipments(sorted(set(numbers.values()))) if numbers else {}
    orders = context.fulfilment.orders(sorted({order_of(row) for row in rows if row.id in numbers})) if numbers else {}
    if rows:
        table = [_row(row, shipments.get(numbers.get(row.id, "")), orders.get(order_of(row))) for row in rows]
        text = tabulate(table, HEADINGS, disable_numparse=True)
        log.info("Orders of %s\n\n%s", context.task.run_id, text)
    waiting = [row for row in rows if row.state not in DONE]
    if waiting and not context.options.dry_run:
        raise _red(waiting, rows)
    return dict(Counter(str(row.state) for row in rows))


def _row(row: DocumentRow, shipment: ShipmentState | None, order: OrderState | None) -> tuple[str, ...]:
    told = ("", "", "", "")
    if shipment is not None:
        invoice = shipment.invoice.replace("/", " ")
        told = (shipment.number, shipment.status, invoice, shipment.invoice_status)
    waits = row.cause if row.state != DocumentState.SETTLED else ""
    return (row.number, row.party, *told, waits or ("" if row.state in DONE else row.state), _left(order))


def _left(order: OrderState | None) -> str:
    """What stays open of the order, such as goods that were short."""
    lines = order.lines if order is not None else ()
    return ", ".join(f"{plain(line.open)} {line.unit} {line.sku}".replace("  ", " ") for line in lines if line.open > 0)


def _red(waiting: Sequence[DocumentRow], rows: Sequence[DocumentRow]) -> ReviewNeeded:
    turns: Mapping[str, int] = {name: turn for turn, name in enumerate(TURNS)}
    steps = sorted({row.step for row in waiting if row.step}, key=lambda name: turns.get(name, 0))
    return ReviewNeeded(
        f"{len(waiting)} of {len(rows)} shipment(s) are not released; the table above says where each of them is.",
        cure=f"Do what the log of {', '.join(steps) or TURNS[1]} says, then clear the first of them with downstream.",
    )
