"""select_orders: which orders, and what would happen to each of them. The preview of a dry run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE
from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import intake
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release import preview
from invoice_sync.steps.release.places import Assigned, assigned, document_id, link, places_of

log = logging.getLogger("invoice_sync.release")

SHIPPED = ("shipped", "Nothing of the order is left to ship.")


def select_orders(context: StepContext) -> Counts:
    """`orders` that were chosen, `shipments` to be made or to go on, `review`. Reads only; a dry run keeps nothing."""
    fulfilment, keys = context.fulfilment, _chosen(context)
    orders = fulfilment.orders(keys) if keys else {}
    shipments = fulfilment.shipments([number for order in orders.values() for number in order.shipments])
    unknown = [key for key in keys if key not in orders]
    preview.show(orders.values(), shipments, unknown)
    with context.transaction() as session:
        entries = _entries(session, context, orders, shipments)
        rows = [] if context.options.dry_run else _stored(session, context, entries, unknown)
        context.note(session, rows)
    going = sum(not entry.is_over for entry in entries)
    return {"orders": len(keys), "shipments": going, "review": len(unknown)}


def _chosen(context: StepContext) -> list[str]:
    """Keys of the orders of the form, or of those that the saved filter finds."""
    limit, saved = context.options.limit, context.flow.options.acumatica.saved_filter
    keys = list(dict.fromkeys(context.fulfilment.key(order) for order in context.options.documents))[:limit]
    keys = keys or (context.fulfilment.chosen(saved, limit) if saved else [])
    if not keys:
        log.info("No order was chosen: name orders in the form, or set options.acumatica.saved_filter.")
    return keys


@dataclass(frozen=True, slots=True)
class _Entry:
    """One document of a chosen order. `shipment`: its number if it is there; `is_over`: nothing is left to be done."""

    order: OrderState
    place: int
    shipment: str = ""
    is_over: bool = False


def _entries(
    session: Session, context: StepContext, orders: Mapping[str, OrderState], shipments: Mapping[str, ShipmentState]
) -> list[_Entry]:
    places = places_of(session, context, orders.values())
    under_way = {number for number, state in shipments.items() if not state.is_released}
    entries = []
    for key, order in orders.items():
        found = assigned(order, places[key], under_way)
        going = [_Entry(order, place, number) for place, number in found.there.items()]
        if _gets_one_more(order, found):
            going.append(_Entry(order, found.spare))
        held = {place.shipment: place.number for place in places[key]}
        last = order.shipments[-1] if order.shipments else ""
        entries += going or [_Entry(order, held.get(last, found.spare), last, is_over=True)]
    return entries


def _gets_one_more(order: OrderState, found: Assigned) -> bool:
    """What the order stops while a shipment of it is under way is left to a later run; the report says so."""
    return found.is_busy or (order.is_open and not (found.there and order.problem))


def _stored(
    session: Session, context: StepContext, entries: Sequence[_Entry], unknown: Sequence[str]
) -> list[DocumentRow]:
    seen = [_unknown(key) for key in unknown] + [_seen(entry.order, entry.place) for entry in entries]
    rows = [row for row, _ in documents.store(session, context.scope, seen, context.now)]
    session.flush()
    by_id = {document_id(entry.order.key, entry.place): entry for entry in entries}
    busy = intents.unfinished(session, rows, context.scope.target_vendor, (CREATE,))
    for row in rows:
        if row.source_id not in by_id:
            documents.put_in_review(row, documents.problem_of(row), context.step, context.now)
        elif row.id not in busy:  # what is under way in the ledger is left to its own step
            _go_on(session, context, row, by_id[row.source_id])
    return rows


def _go_on(session: Session, context: StepContext, row: DocumentRow, entry: _Entry) -> None:
    """A shipment that is there already is taken up before a new one is made."""
    if entry.shipment:
        link(session, context, row, entry.shipment)
        documents.move(row, DocumentState.SETTLED if entry.is_over else DocumentState.LINKED, context.now)
    elif entry.is_over:
        intake.ignore(context, [row], *SHIPPED)
    else:
        documents.move(row, DocumentState.WAITING, context.now)


def _seen(order: OrderState, place: int) -> Seen:
    content = {"order": order.key, "place": place}
    return Seen(
        SHIPMENT, document_id(order.key, place), "", canonical.content_hash(content), canonical.dumps(content),
        order.number, order.customer, order.total.minor, order.total.currency,
    )  # fmt: skip


def _unknown(key: str) -> Seen:
    content = {"order": key, "place": 1, "known": False}
    number = key.rpartition("/")[2]
    problem = Problem(
        "order_unknown",
        f"There is no order {number} of this type, or the API user does not see it.",
        "Start another run with the right number; or give the user access to the order's branch, then clear this task.",
    )
    text = canonical.dumps(content)
    return Seen(SHIPMENT, document_id(key, 1), "", canonical.content_hash(content), text, number, problem=problem)
