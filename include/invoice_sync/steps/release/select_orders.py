"""select_orders: which orders, and what would happen to each of them. The preview of a dry run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy.orm import Session
from tabulate import tabulate

from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import Counts, StepContext

log = logging.getLogger("invoice_sync.release")

COLUMNS = (
    "Order Nbr.", "Inventory ID", "Warehouse", "Location", "UOM", "Shipped Qty", "Ordered Qty", "Open Qty", "Next",
)  # fmt: skip
"""Those of the shipment screen that its users know."""

FOUND = "found at the source"


def select_orders(context: StepContext) -> Counts:
    """`orders` that were chosen, `shipments` to be made or to go on, `review`. Reads only."""
    fulfilment, options = context.fulfilment, context.options
    keys = list(dict.fromkeys(fulfilment.key(order) for order in options.documents))
    saved = context.flow.options.acumatica.saved_filter
    keys = keys or (fulfilment.chosen(saved, options.limit) if saved else [])
    if not keys:
        log.info("No order was chosen: name orders in the form, or set options.acumatica.saved_filter.")
    orders = fulfilment.orders(keys) if keys else {}
    shipments = fulfilment.shipments([number for order in orders.values() for number in order.shipments])
    _show(orders.values(), shipments)
    with context.transaction() as session:
        rows = _stored(session, context, keys, orders, shipments)
        context.note(session, rows)
        review = sum(row.state == DocumentState.REVIEW for row in rows)
    return {"orders": len(keys), "shipments": len(rows), "review": review}


def document_id(order: str, place: int) -> str:
    """One document for each shipment that an order has or gets; the first is number 1."""
    return f"{order}/{place}"


def order_of(row: DocumentRow) -> str:
    """The key of the order that a document belongs to."""
    return row.source_id.rpartition("/")[0]


def _stored(
    session: Session,
    context: StepContext,
    keys: Sequence[str],
    orders: Mapping[str, OrderState],
    shipments: Mapping[str, ShipmentState],
) -> list[DocumentRow]:
    seen = [_unknown(key) for key in keys if key not in orders]
    found: dict[str, str] = {}
    for order in orders.values():
        going = [number for number in order.shipments if number in shipments and not shipments[number].is_released]
        found |= {document_id(order.key, order.shipments.index(number) + 1): number for number in going}
        if order.is_open:
            seen.append(_seen(order, len(order.shipments) + 1))
        seen += [_seen(order, order.shipments.index(number) + 1) for number in going]
    rows = [row for row, _ in documents.store(session, context.scope, seen, context.now)]
    session.flush()
    _go_on(session, context, rows, found)
    return rows


def _go_on(session: Session, context: StepContext, rows: Sequence[DocumentRow], found: Mapping[str, str]) -> None:
    """Shipments that are there already are taken up; what is under way in the ledger is left to its own step."""
    linked = links.of_rows(session, context.scope, rows)
    busy = intents.unfinished(session, rows, context.scope.target_vendor, ("create",))
    for row in rows:
        if row.id in busy or row.cause == "order_unknown":
            continue
        number = found.get(row.source_id)
        if number is not None and row.id not in linked:
            link = Link(number, "", number, FOUND, f"shipment {number}", "select_orders")
            links.renew(session, context.scope, row.entity, row.source_id, link, context.now, None)
        is_there = number is not None or row.id in linked
        documents.move(row, DocumentState.LINKED if is_there else DocumentState.WAITING, context.now)


def _seen(order: OrderState, place: int) -> Seen:
    content = {"order": order.key, "place": place}
    return Seen(
        SHIPMENT, document_id(order.key, place), "", canonical.content_hash(content), canonical.dumps(content),
        order.number, order.customer, order.total.minor, order.total.currency,
    )  # fmt: skip


def _unknown(key: str) -> Seen:
    content = {"order": key, "place": 1, "known": False}
    problem = Problem(
        "order_unknown",
        f"There is no order {key.rpartition('/')[2]} of this type, or the API user does not see it.",
        "Correct the number in the form, or give the user access to the order's branch.",
    )
    text = canonical.dumps(content)
    number = key.rpartition("/")[2]
    return Seen(SHIPMENT, document_id(key, 1), "", canonical.content_hash(content), text, number, problem=problem)


def _show(orders: Iterable[OrderState], shipments: Mapping[str, ShipmentState]) -> None:
    rows = [row for order in orders for row in _rows(order, shipments)]
    if rows:
        log.info("What would happen:\n%s", tabulate(rows, COLUMNS, tablefmt="grid", disable_numparse=True))


def _rows(order: OrderState, shipments: Mapping[str, ShipmentState]) -> list[tuple[str, ...]]:
    told = _next(order, shipments)
    return [
        (order.number, line.sku, line.warehouse, line.location, line.unit, _plain(line.shipped), _plain(line.ordered),
         _plain(line.open), told)
        for line in order.lines
    ]  # fmt: skip


def _plain(quantity: Decimal) -> str:
    """2 and not 2.0."""
    return f"{quantity.normalize():f}"


def _next(order: OrderState, shipments: Mapping[str, ShipmentState]) -> str:
    going = [shipments[number] for number in order.shipments if number in shipments]
    parts = [f"{each.number}: {_step_of(each)}" for each in going if not each.is_released]
    if order.is_open:
        parts.append(f"review: {order.problem.cause}" if order.problem else "Create Shipment")
    return ", ".join(parts) or "nothing: released"


def _step_of(shipment: ShipmentState) -> str:
    if shipment.problem:
        return f"review: {shipment.problem.cause}"
    return "Release" if shipment.invoice else "Prepare Invoice" if shipment.is_confirmed else "Confirm Shipment"
