"""create_shipment: makes the shipments that chosen orders wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE
from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import intake
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.places import chosen, link, loose, order_of, places_of
from invoice_sync.steps.release.select_orders import SHIPPED
from invoice_sync.steps.release.taking_up import taken_up


def create_shipment(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    with context.transaction() as session:
        rows = _due(session, context)
    orders = context.fulfilment.orders(sorted({order_of(row) for row in rows})) if rows else {}
    shipments = _not_ours(context, orders)
    with context.transaction() as session:
        fresh = documents.fresh(session, rows, DocumentState.WAITING)
        wanted = []
        for row in fresh:
            if not _taken_up(session, context, row, orders.get(order_of(row)), shipments):
                wanted += _wanted(session, context, row, orders.get(order_of(row)))
        intents.plan(session, context.scope, CREATE, context.scope.target_vendor, wanted, context.now)
        documents.move_all(session, [each.row for each in wanted], DocumentState.PLANNED, context.now)
        context.note(session, rows)
    return context.door_to_destination().deliver(SHIPMENT, CREATE).as_counts()


def _due(session: Session, context: StepContext) -> Sequence[DocumentRow]:
    """Planned ones that certainly did not happen are planned anew, by what the order looks like now."""
    taken_up(session, context)
    rows = chosen(session, context, documents.in_state(session, context.scope, SHIPMENT, DocumentState.PLANNED))
    busy = intents.unfinished(session, rows, context.scope.target_vendor, (CREATE,))
    again = [row for row in rows if row.id not in busy or intents.certainly_not_done(busy[row.id])]
    intents.replace_planned(session, again)
    documents.move_all(session, again, DocumentState.WAITING, context.now)
    session.flush()
    return chosen(session, context, documents.in_state(session, context.scope, SHIPMENT, DocumentState.WAITING))


def _not_ours(context: StepContext, orders: Mapping[str, OrderState]) -> Mapping[str, ShipmentState]:
    """Shipments under way that no document stands for, such as one that a person has made by hand as a cure."""
    with context.transaction() as session:
        places = places_of(session, context, orders.values())
    numbers = [number for key, order in orders.items() for number in loose(order, places[key])]
    states = context.fulfilment.shipments(numbers) if numbers else {}
    return {number: state for number, state in states.items() if not state.is_released}


def _taken_up(
    session: Session,
    context: StepContext,
    row: DocumentRow,
    order: OrderState | None,
    shipments: Mapping[str, ShipmentState],
) -> bool:
    """Whether the order has its shipment already, so that none is made."""
    if order is None:
        return False
    free = loose(order, places_of(session, context, [order])[order.key])
    found = next((number for number in free if number in shipments), None)
    if found is None:
        return False
    link(session, context, row, found)
    documents.move(row, DocumentState.LINKED, context.now)
    session.flush()
    return True


def _wanted(session: Session, context: StepContext, row: DocumentRow, order: OrderState | None) -> list[Wanted]:
    problem = _gone(row) if order is None else order.problem
    if problem is not None:
        context.review(session, row, problem)
        return []
    if order is None or not order.is_open:
        intake.ignore(context, [row], *SHIPPED)
        return []
    date = context.options.shipment_date or f"{context.now.astimezone(context.flow.zone):%Y-%m-%d}"
    warehouse = context.options.warehouse or context.flow.options.acumatica.warehouse
    return [Wanted(row, context.fulfilment.create_body(order, warehouse, date), row.number)]


def _gone(row: DocumentRow) -> Problem:
    return Problem("order_unknown", f"Order {row.number} is no longer there.", "Choose another order.")
