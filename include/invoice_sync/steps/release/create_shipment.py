"""create_shipment: makes the shipments that chosen orders wait for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE
from invoice_sync.connectors.fulfilment import OrderState
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import intake
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.select_orders import order_of
from invoice_sync.steps.release.taking_up import taken_up


def create_shipment(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    with context.transaction() as session:
        rows = _due(session, context)
    orders = context.fulfilment.orders(sorted({order_of(row) for row in rows})) if rows else {}
    with context.transaction() as session:
        fresh = documents.fresh(session, rows, DocumentState.WAITING)
        wanted = [each for row in fresh if (each := _wanted(session, context, row, orders.get(order_of(row))))]
        intents.plan(session, context.scope, CREATE, context.scope.target_vendor, wanted, context.now)
        documents.move_all(session, [each.row for each in wanted], DocumentState.PLANNED, context.now)
        context.note(session, rows)
    return context.door_to_destination().deliver(SHIPMENT, CREATE).as_counts()


def _due(session: Session, context: StepContext) -> Sequence[DocumentRow]:
    """Planned ones that certainly did not happen are planned anew, by what the order looks like now."""
    taken_up(session, context)
    rows = documents.in_state(session, context.scope, SHIPMENT, DocumentState.PLANNED)
    busy = intents.unfinished(session, rows, context.scope.target_vendor, (CREATE,))
    again = [row for row in rows if row.id not in busy or intents.certainly_not_done(busy[row.id])]
    intents.replace_planned(session, again)
    documents.move_all(session, again, DocumentState.WAITING, context.now)
    session.flush()
    return context.mine(session, documents.in_state(session, context.scope, SHIPMENT, DocumentState.WAITING))


def _wanted(session: Session, context: StepContext, row: DocumentRow, order: OrderState | None) -> Wanted | None:
    problem = _gone(row) if order is None else order.problem
    if problem is not None:
        context.review(session, row, problem)
        return None
    if order is None or not order.is_open:
        intake.ignore(context, [row], "shipped", "Nothing of the order is left to ship.")
        return None
    date = context.options.shipment_date or f"{context.now.astimezone(context.flow.zone):%Y-%m-%d}"
    warehouse = context.options.warehouse or context.flow.options.acumatica.warehouse
    return Wanted(row, context.fulfilment.create_body(order, warehouse, date), row.number)


def _gone(row: DocumentRow) -> Problem:
    return Problem("order_unknown", f"Order {row.number} is no longer there.", "Choose another order.")
